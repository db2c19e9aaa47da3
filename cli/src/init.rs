//! `init`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use wgpu_weights::launch::Process;

use crate::{
    args::InitArgs,
    checkpoint, digest, folder,
    job::Job,
    layout,
    model_plan::{self, Planned},
    output::{self, Output},
    piece::Piece,
    process,
    progress::{self, say},
    recipe::Recipe,
    resume::{self, Todo},
    source::{self, Source},
    table, template,
    tensor_parallel::Rules,
};

/// What this process writes.
struct Work {
    /// The folder that the files are in; none where the output is one file.
    folder: Option<PathBuf>,
    jobs: Vec<Job>,
    /// The index, if it is this process that writes one.
    index: Option<(PathBuf, String)>,
    /// Every name that the processes write into the folder, as far as this one can tell.
    names: Vec<String>,
    /// Parameters or slices in the jobs.
    parameters: usize,
    process: Process,
    /// The world whose ranks have files of their own.
    world_of_ranks: Option<u64>,
}

/// Writes a checkpoint.
///
/// # Errors
/// Whatever is in the way; then nothing stands under a name that is not whole.
pub(crate) fn run(args: &InitArgs) -> Result<()> {
    let started = Instant::now();
    let process = process::find(&args.process)?;
    if process.is_none() && args.tensor_parallel.is_some() {
        bail!(
            "--tensor-parallel needs to know which process this is; give --rank and --world-size, \
             or start it under torchrun, mpirun or srun"
        );
    }
    let recipe = Recipe::find(&args.recipe)?;
    let planned = model_plan::plan(template::read(&args.template)?, &recipe, args.dtype)?;
    let process = process.unwrap_or(Process { rank: 0, world_size: 1 });
    let work = work(args, process, &recipe, &planned)?;
    let todo = prepare(args, &work)?;
    let chosen = args.device.device.choose()?;

    if let Some(folder) = &work.folder {
        folder::create(folder)?;
    }
    let bytes = work.jobs.iter().map(|job| job.bytes).sum();
    let bar = progress::bar(bytes);
    // Opened when the first file is to be made: a finished checkpoint needs no device.
    let mut sources: Option<Vec<Box<dyn Source>>> = None;
    let keep_digest = work.folder.is_some() || args.resume;
    let mut kept = 0;
    for (job, todo) in work.jobs.iter().zip(todo) {
        if todo == Todo::Check && resume::is_good(job, &bar)? {
            kept += 1;
            continue;
        }
        let sources = match &mut sources {
            Some(sources) => sources,
            none => none.insert(source::sources(&chosen.open()?)?),
        };
        job.make(sources, args.force || todo != Todo::Make, keep_digest, &bar)?;
    }
    if let Some((path, text)) = &work.index {
        let mut out = Output::create(path, args.force || args.resume)?;
        out.write_all(text.as_bytes()).with_context(|| format!("output {}", path.display()))?;
        out.finish()?;
    }
    bar.finish_and_clear();
    report(&work, kept, bytes, started, &chosen.name());
    Ok(())
}

/// Lays the tensors out in files and says which of them are this process's.
fn work(args: &InitArgs, process: Process, recipe: &Recipe, planned: &[Planned]) -> Result<Work> {
    let mut metadata = checkpoint::metadata(args.seed);
    metadata.insert("recipe".into(), recipe.name.as_str().into());
    let whole = || planned.iter().map(|it| Piece::whole(it, args.seed)).collect::<Result<_>>();
    let limit = args.max_shard_size.map_or(layout::DEFAULT_LIMIT, |size| size.0);
    let mut work = Work {
        folder: None,
        jobs: Vec::new(),
        index: None,
        names: Vec::new(),
        parameters: 0,
        process,
        world_of_ranks: None,
    };
    let (files, stem, all_mine) = if let Some(rules) = &args.tensor_parallel {
        let rules = Rules::read(rules)?;
        for pattern in rules.idle(planned).filter(|_| process.rank == 0) {
            say(format_args!("note: no parameter matches the tensor-parallel rule `{pattern}`"));
        }
        let slice = |it| rules.slice(it, process, args.seed);
        let pieces = planned.iter().map(slice).collect::<Result<_>>()?;
        metadata.insert("rank".into(), process.rank.to_string().into());
        metadata.insert("world_size".into(), process.world_size.to_string().into());
        work.world_of_ranks = Some(process.world_size);
        let stem = format!("model-rank-{:05}-of-{:05}", process.rank, process.world_size);
        (layout::files(pieces, limit, &stem), stem, true)
    } else if args.max_shard_size.is_some() || process.world_size > 1 {
        (layout::files(whole()?, limit, "model"), "model".to_owned(), false)
    } else {
        let file = layout::Planned::new(String::new(), whole()?);
        work.parameters = file.pieces.len();
        work.jobs.push(job(args.out.clone(), &file, metadata)?);
        return Ok(work);
    };
    folder::check(&args.out)?;
    let sizes: Vec<u64> = files.iter().map(layout::Planned::bytes).collect();
    let mine = if all_mine { vec![true; files.len()] } else { process::shares(&sizes, process) };
    for (file, _) in files.iter().zip(&mine).filter(|(_, mine)| **mine) {
        work.parameters += file.pieces.len();
        work.jobs.push(job(args.out.join(&file.name), file, metadata.clone())?);
    }
    work.names = files.iter().map(|file| file.name.clone()).collect();
    if let Some((name, text)) = layout::index(&files, &stem)? {
        if all_mine || process.rank == 0 {
            work.index = Some((args.out.join(&name), text));
        }
        work.names.push(name);
    }
    work.folder = Some(args.out.clone());
    Ok(work)
}

fn job(path: PathBuf, file: &layout::Planned, metadata: Map<String, Value>) -> Result<Job> {
    Ok(Job {
        path,
        header: file.header(metadata)?,
        fills: file.pieces.iter().map(|piece| piece.fill).collect(),
        bytes: file.bytes(),
    })
}

/// Says what is to be done about each file before anything is, and clears the way.
fn prepare(args: &InitArgs, work: &Work) -> Result<Vec<Todo>> {
    let (mut todo, index) = (Vec::with_capacity(work.jobs.len()), work.index.as_ref());
    for job in &work.jobs {
        todo.push(if args.resume {
            check(&job.path, work.folder.as_deref(), true)?;
            resume::todo(job, args.force)?
        } else {
            check(&job.path, work.folder.as_deref(), args.force)?;
            Todo::Make
        });
    }
    if let Some((path, _)) = index {
        check(path, work.folder.as_deref(), args.force || args.resume)?;
    }
    if let Some(folder) = &work.folder {
        let names = work.names.iter().map(String::as_str).collect();
        for stranger in folder::strangers(folder, &names, work.world_of_ranks)? {
            if !args.force {
                bail!(
                    "the output folder holds {}, of another checkpoint; take another folder, or \
                     --force, which removes it",
                    stranger.display()
                );
            }
            // One process is enough.
            if work.process.rank == 0 {
                digest::remove(&stranger)?;
            }
        }
    }
    if args.force || args.resume {
        let mut paths: Vec<PathBuf> = work.jobs.iter().map(|job| job.path.clone()).collect();
        paths.extend(work.jobs.iter().map(|job| digest::sidecar(&job.path)));
        paths.extend(index.map(|(path, _)| path.clone()));
        let folder = work.folder.as_deref().unwrap_or_else(|| output::folder_of(&args.out));
        if folder.is_dir() {
            let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
            output::clean(folder, &paths)?;
        }
    }
    Ok(todo)
}

/// [`output::check`], where the folder may be yet to be made.
fn check(path: &Path, folder: Option<&Path>, force: bool) -> Result<()> {
    if folder.is_some_and(|folder| !folder.exists()) { Ok(()) } else { output::check(path, force) }
}

/// A line for each of several files, and one for the whole.
fn report(work: &Work, kept: usize, bytes: u64, started: Instant, device: &(String, String)) {
    let (device, backend) = device;
    let device = if device == backend { device.clone() } else { format!("{device} ({backend})") };
    let seconds = started.elapsed().as_secs_f64();
    let (count, bytes) = (work.parameters, table::bytes(bytes));
    let Some(folder) = &work.folder else {
        for job in &work.jobs {
            let verb = if kept > 0 { ", kept" } else { "" };
            say(format_args!(
                "{}: {count} parameters, {bytes}{verb} in {seconds:.2} s on {device}",
                job.path.display()
            ));
        }
        return;
    };
    for job in &work.jobs {
        say(format_args!("{}: {}", job.path.display(), table::bytes(job.bytes)));
    }
    if let Some((path, _)) = &work.index {
        say(format_args!("{}: the index", path.display()));
    }
    let Process { rank, world_size } = work.process;
    let who =
        if world_size > 1 { format!(" (rank {rank} of {world_size})") } else { String::new() };
    say(format_args!(
        "{}{who}: {count} parameters in {} files ({kept} kept), {bytes} in {seconds:.2} s on {device}",
        folder.display(),
        work.jobs.len(),
    ));
}
