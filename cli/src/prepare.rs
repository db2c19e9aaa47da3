//! The output before any work: what stands there, and what has to go.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    args::InitArgs,
    digest, folder, output, recipes,
    resume::{self, Todo},
    tensor_parallel,
    work::Work,
};

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// About each file.
    pub(crate) todo: Vec<Todo>,
    /// Files of other checkpoints that `--force` removes.
    strangers: Vec<PathBuf>,
}

/// Says what is to be done; changes nothing.
///
/// # Errors
/// What stands in the way, without `--force` or `--resume`.
pub(crate) fn look(args: &InitArgs, work: &Work) -> Result<Prepared> {
    let mut todo = Vec::with_capacity(work.jobs.len());
    for job in &work.jobs {
        todo.push(if args.resume {
            check(&job.path, work, true)?;
            resume::todo(job, args.force)?
        } else {
            check(&job.path, work, args.force)?;
            Todo::Make
        });
    }
    if let Some((path, _)) = &work.index {
        check(path, work, args.force || args.resume)?;
    }
    let jobs = work.jobs.iter().map(|job| job.path.as_path());
    keep_inputs(args, jobs.chain(work.index.iter().map(|(path, _)| path.as_path())))?;
    let Some(folder) = &work.folder else { return Ok(Prepared { todo, strangers: Vec::new() }) };
    let names = work.names.iter().map(String::as_str).collect();
    let is_sibling = |name: &str| work.sliced && tensor_parallel::is_sibling(name, work.process);
    let strangers = folder::strangers(folder, &names, is_sibling)?;
    if let (Some(stranger), false) = (strangers.first(), args.force) {
        bail!(
            "the output folder holds {}, of another checkpoint; take another folder, or --force, \
             which removes it",
            stranger.display()
        );
    }
    keep_inputs(args, strangers.iter().map(PathBuf::as_path))?;
    Ok(Prepared { todo, strangers })
}

/// `--force` replaces or removes files, but none that the checkpoint is made from.
fn keep_inputs<'a>(args: &InitArgs, mut paths: impl Iterator<Item = &'a Path>) -> Result<()> {
    let recipe = recipes::text(&args.recipe).is_none().then(|| Path::new(&args.recipe));
    let inputs = [Some(args.template.as_path()), recipe, args.tensor_parallel.as_deref()];
    // Most outputs are no files yet.
    let inputs: Vec<_> =
        inputs.into_iter().flatten().filter_map(|path| path.canonicalize().ok()).collect();
    let lost = |path: &&Path| path.canonicalize().is_ok_and(|path| inputs.contains(&path));
    match paths.find(lost) {
        Some(path) if args.force => bail!(
            "output {} is a file that the checkpoint is made from; choose another output",
            path.display()
        ),
        _ => Ok(()),
    }
}

/// Clears the way.
///
/// # Errors
/// A folder that cannot be made or written to.
pub(crate) fn clear(args: &InitArgs, work: &Work, prepared: &Prepared) -> Result<()> {
    for stranger in &prepared.strangers {
        // One process is enough, but for what only its own rank can tell is old.
        let own = stranger.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            work.sliced && name.starts_with(&tensor_parallel::stem(work.process))
        });
        if own || work.process.rank == 0 {
            digest::remove(stranger)?;
        }
    }
    if let Some(folder) = &work.folder {
        folder::create(folder)?;
    }
    if !args.force && !args.resume {
        return Ok(());
    }
    if let Some((path, text)) = &work.index {
        // An index over old and new files would pass for a whole checkpoint.
        let whole = prepared.todo.iter().all(|&todo| todo == Todo::Check);
        if !whole || fs::read(path).is_ok_and(|found| found != text.as_bytes()) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing {}", path.display()));
                }
                _ => {}
            }
        }
    }
    let sidecars: Vec<_> = work.jobs.iter().map(|job| digest::sidecar(&job.path)).collect();
    let mut paths: Vec<&Path> = sidecars.iter().map(PathBuf::as_path).collect();
    paths.extend(work.jobs.iter().map(|job| job.path.as_path()));
    paths.extend(work.index.iter().map(|(path, _)| path.as_path()));
    let folder = work.folder.as_deref().unwrap_or_else(|| output::folder_of(&args.out));
    output::clean(folder, &paths)
}

/// [`output::check`], where the folder may be yet to be made.
fn check(path: &Path, work: &Work, force: bool) -> Result<()> {
    match &work.folder {
        Some(folder) if !folder.exists() => Ok(()),
        _ => output::check(path, force),
    }
}
