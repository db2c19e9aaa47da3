//! The output before any work: what stands there, and what has to go.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    folder,
    options::CheckpointOptions,
    output,
    resume::{self, Todo},
    share::{Share, stem},
    sidecar,
};
use crate::{
    error::{Context, Result, bail},
    launch::Process,
};

/// What is to be done.
#[derive(Debug)]
pub(super) struct Existing {
    /// About each file, and why where it is a surprise.
    pub(super) todo: Vec<(Todo, Option<&'static str>)>,
    /// Files of other checkpoints that `--force` removes.
    strangers: Vec<PathBuf>,
}

/// Says what is to be done; changes nothing.
///
/// # Errors
/// What stands in the way, without `--force` or `--resume`.
pub(super) fn look(options: &CheckpointOptions, share: &Share) -> Result<Existing> {
    let mut todo = Vec::with_capacity(share.files.len());
    for file in &share.files {
        todo.push(if options.resume {
            check(&file.path, share, true)?;
            resume::todo(file, options.force)?
        } else {
            check(&file.path, share, options.force)?;
            (Todo::Make, None)
        });
    }
    if let Some((path, _)) = &share.index {
        check(path, share, options.force || options.resume)?;
    }
    let jobs = share.files.iter().map(|file| file.path.as_path());
    keep_inputs(options, jobs.chain(share.index.iter().map(|(path, _)| path.as_path())))?;
    let Some(folder) = &share.folder else { return Ok(Existing { todo, strangers: Vec::new() }) };
    let names = share.names.iter().map(String::as_str).collect();
    let is_sibling = |name: &str| share.sliced && is_sibling(name, share.process);
    let strangers = folder::strangers(folder, &names, is_sibling)?;
    if let (Some(stranger), false) = (strangers.first(), options.force) {
        bail!(
            "the output folder holds {}, of another checkpoint; take another folder, or --force, \
             which removes it",
            stranger.display()
        );
    }
    keep_inputs(options, strangers.iter().map(PathBuf::as_path))?;
    Ok(Existing { todo, strangers })
}

/// `--force` replaces or removes files, but none that the checkpoint is made from.
fn keep_inputs<'a>(
    options: &CheckpointOptions,
    mut paths: impl Iterator<Item = &'a Path>,
) -> Result<()> {
    // Most outputs are no files yet.
    let inputs: Vec<_> =
        options.inputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let lost = |path: &&Path| path.canonicalize().is_ok_and(|path| inputs.contains(&path));
    match paths.find(lost) {
        Some(path) if options.force => bail!(
            "output {} is a file that the checkpoint is made from; choose another output",
            path.display()
        ),
        _ => Ok(()),
    }
}

/// Makes the folder of several files, unless it is there.
///
/// # Errors
/// A parent that cannot be written to.
pub(super) fn make_folder(share: &Share) -> Result<()> {
    share.folder.as_deref().map_or(Ok(()), folder::create)
}

/// Clears the way.
///
/// # Errors
/// A folder that cannot be made or written to.
pub(super) fn clear(options: &CheckpointOptions, share: &Share, existing: &Existing) -> Result<()> {
    for stranger in &existing.strangers {
        // One process is enough, but for what only its own rank can tell is old.
        let own = stranger
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| share.sliced && name.starts_with(&stem(share.process)));
        if own || share.process.rank == 0 {
            sidecar::remove(stranger)?;
        }
    }
    if let (Some((path, text)), true) = (&share.index, options.force || options.resume) {
        // An index over old and new files would pass for a whole checkpoint.
        let whole = existing.todo.iter().all(|&(todo, _)| todo == Todo::Check);
        if !whole || fs::read(path).is_ok_and(|found| found != text.as_bytes()) {
            output::remove(path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    let sidecars: Vec<_> = share.files.iter().map(|file| sidecar::sidecar(&file.path)).collect();
    let mut paths: Vec<&Path> = sidecars.iter().map(PathBuf::as_path).collect();
    paths.extend(share.files.iter().map(|file| file.path.as_path()));
    paths.extend(share.index.iter().map(|(path, _)| path.as_path()));
    let folder = share.folder.as_deref().unwrap_or_else(|| output::folder_of(&options.out));
    output::clean(folder, &paths)
}

/// [`output::check`], where the folder may be yet to be made.
fn check(path: &Path, share: &Share, force: bool) -> Result<()> {
    match &share.folder {
        Some(folder) if !folder.exists() => Ok(()),
        Some(_) if !force && path.is_file() => bail!(
            "output {} exists; --resume goes on with a checkpoint that was cut short, --force makes it anew",
            path.display()
        ),
        _ => output::check(path, force),
    }
}

/// Whether a file's name is one of another rank of the same world.
fn is_sibling(name: &str, process: Process) -> bool {
    let rank = name.strip_prefix("model-rank-").and_then(|rest| rest.split_once('-'));
    let Some(rank) = rank.and_then(|(rank, _)| rank.parse().ok()) else { return false };
    let begins = stem(Process { rank, ..process });
    let rest = name.strip_prefix(&begins).unwrap_or_default();
    rank != process.rank && rest.starts_with(['-', '.'])
}
