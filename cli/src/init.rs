//! `init`.

use std::{io::Write, time::Instant};

use anyhow::{Context, Result, bail};
use wgpu_weights::launch::Process;

use crate::{
    args::InitArgs,
    model_plan,
    output::Output,
    prepare, process,
    progress::{self, say},
    recipe::Recipe,
    resume::{self, Todo},
    source::{self, Source},
    table, template,
    work::{Work, work},
};

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
    let (planned, notes) = model_plan::plan(template::read(&args.template)?, &recipe, args.dtype)?;
    let process = process.unwrap_or(Process { rank: 0, world_size: 1 });
    if process.rank == 0 {
        model_plan::tell(&notes);
    }
    let work = work(args, process, &recipe, &planned)?;
    let named = args.out.extension().is_some_and(|extension| extension == "safetensors");
    if work.folder.is_none() && !named {
        say(format_args!(
            "note: {} will be a single file; name it .safetensors, or give --max-shard-size for a \
             folder of files",
            args.out.display()
        ));
    }
    let prepared = prepare::look(args, &work)?;
    let chosen = args.device.device.choose()?;
    prepare::clear(args, &work, &prepared)?;

    let bytes = work.jobs.iter().map(|job| job.bytes).sum();
    let bar = progress::bar(bytes);
    // Opened when the first file is to be made: a finished checkpoint needs no device.
    let mut sources: Option<Vec<Box<dyn Source>>> = None;
    let keep_digest = work.folder.is_some() || args.resume;
    let mut kept = Vec::with_capacity(work.jobs.len());
    for (job, todo) in work.jobs.iter().zip(prepared.todo) {
        if todo == Todo::Check && resume::is_good(job, &bar)? {
            kept.push(true);
            continue;
        }
        kept.push(false);
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
    report(&work, args.resume, &kept, bytes, started, &chosen.name());
    Ok(())
}

/// A line for each of several files, and one for the whole.
fn report(
    work: &Work,
    resume: bool,
    kept: &[bool],
    bytes: u64,
    started: Instant,
    device: &(String, String),
) {
    let (device, backend) = device;
    let device = if device == backend { device.clone() } else { format!("{device} ({backend})") };
    let seconds = started.elapsed().as_secs_f64();
    let (count, bytes) = (table::count(work.parameters, "parameter"), table::bytes(bytes));
    let mark = |kept: bool| if kept { ", kept" } else { "" };
    let Some(folder) = &work.folder else {
        for (job, &kept) in work.jobs.iter().zip(kept) {
            let verb = mark(kept);
            say(format_args!(
                "{}: {count}, {bytes}{verb} in {seconds:.2} s on {device}",
                job.path.display()
            ));
        }
        return;
    };
    for (job, &kept) in work.jobs.iter().zip(kept) {
        let (bytes, verb) = (table::bytes(job.bytes), mark(kept));
        say(format_args!("{}: {bytes}{verb}", job.path.display()));
    }
    if let Some((path, _)) = &work.index {
        say(format_args!("{}: the index", path.display()));
    }
    let Process { rank, world_size } = work.process;
    if work.jobs.is_empty() {
        say(format_args!("{}: nothing to write for rank {rank} of {world_size}", folder.display()));
        return;
    }
    let who =
        if world_size > 1 { format!(" (rank {rank} of {world_size})") } else { String::new() };
    let files = table::count(work.jobs.len(), "file");
    let kept = kept.iter().filter(|&&kept| kept).count();
    let kept = if resume { format!(" ({kept} kept)") } else { String::new() };
    say(format_args!(
        "{}{who}: {count} in {files}{kept}, {bytes} in {seconds:.2} s on {device}",
        folder.display(),
    ));
}
