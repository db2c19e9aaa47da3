//! The files of a checkpoint that is there already: one, or those of an index.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    error::{Context, Result, bail, ensure},
    safetensors::MAX_HEADER,
};

/// What is needed of an index.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The safetensors files of a file, an index or a folder.
///
/// # Errors
/// A folder without a checkpoint, or an index that cannot be read.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_dir() {
        // In the order in which transformers looks.
        let found = ["model.safetensors", "model.safetensors.index.json"].map(|it| path.join(it));
        return match found.iter().find(|path| path.exists()) {
            Some(found) => files_of(found),
            None => bail!(
                "folder {} has neither model.safetensors nor model.safetensors.index.json; name a \
                 file in it, or go on with `init --resume` where it is unfinished",
                path.display()
            ),
        };
    }
    if !path.to_string_lossy().ends_with(".index.json") {
        return Ok(vec![path.into()]);
    }
    let read = || {
        let mut text = Vec::new();
        File::open(path)?.take(MAX_HEADER + 1).read_to_end(&mut text)?;
        ensure!(text.len() as u64 <= MAX_HEADER, "it is longer than 100 MB");
        let index: Index = serde_json::from_slice(&text).context("it is no index of files")?;
        let names: BTreeSet<String> = index.weight_map.into_values().collect();
        ensure!(!names.is_empty(), "it names no files");
        // An index from elsewhere must not lead out of its folder.
        let strange = names.iter().find(|name| Path::new(name).file_name() != Some(name.as_ref()));
        if let Some(name) = strange {
            bail!("{name:?} is not the name of a file in its folder");
        }
        Ok(names.into_iter().map(|name| path.with_file_name(name)).collect())
    };
    read().with_context(|| format!("index {}", path.display()))
}
