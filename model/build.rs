//! Lists the recipes, so that one more is one more file.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("recipes");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    walk(&folder, "", &mut names)?;
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        let path = folder.join(format!("{name}.toml"));
        writeln!(list, "    BuiltIn {{ name: {name:?}, text: include_str!({path:?}) }},")?;
    }
    list += "]\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("recipes.rs"), list)?;
    Ok(())
}

/// Names of the recipes under a folder, with slashes whatever the system's separator is.
fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.is_dir() {
            walk(&path, &format!("{prefix}{stem}/"), names)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            names.push(format!("{prefix}{stem}"));
        }
    }
    Ok(())
}
