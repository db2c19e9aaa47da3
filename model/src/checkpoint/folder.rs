//! The folder of a checkpoint of several files.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::output;
use crate::error::{Context, Result, bail};

/// What can be told before any work: it is a folder, or it can become one.
///
/// # Errors
/// Why it cannot be the output.
pub(super) fn check(folder: &Path) -> Result<()> {
    if folder.extension().is_some_and(|extension| extension == "safetensors") {
        bail!(
            "output {} would be a folder of files; name it without .safetensors, or for one file \
             leave out --max-shard-size and --tensor-parallel and take --rank 0 --world-size 1",
            folder.display()
        );
    }
    let parent = output::folder_of(folder);
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => bail!("output {} is not a folder; choose another name", folder.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("the folder {} does not exist; create it first", parent.display())
        }
        Err(error) => Err(error).with_context(|| format!("output {}", folder.display())),
    }
}

/// Creates it, unless it is there: another process may be the first.
///
/// # Errors
/// A parent that cannot be written to.
pub(super) fn create(folder: &Path) -> Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("output {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Files of checkpoints in a folder that are none of `expected`: whoever loads the folder would
/// take them for a part of this one. A sibling is another rank's business.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn strangers(
    folder: &Path,
    expected: &HashSet<&str>,
    is_sibling: impl Fn(&str) -> bool,
) -> Result<Vec<PathBuf>> {
    let failed = || format!("output {}", folder.display());
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(failed)?,
    };
    let mut strangers = Vec::new();
    for entry in entries {
        let name = entry.with_context(failed)?.file_name();
        let Some(name) = name.to_str().filter(|name| !expected.contains(name)) else { continue };
        let is_model = name == "model.safetensors"
            || name.starts_with("model-") && name.ends_with(".safetensors")
            || name.starts_with("model") && name.ends_with(".safetensors.index.json");
        if is_model && !is_sibling(name) {
            strangers.push(folder.join(name));
        }
    }
    strangers.sort();
    Ok(strangers)
}
