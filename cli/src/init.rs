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
    let planned = model_plan::plan(template::read(&args.template)?, &recipe, args.dtype)?;
    let process = process.unwrap_or(Process { rank: 0, world_size: 1 });
    let work = work(args, process, &recipe, &planned)?;
    let prepared = prepare::look(args, &work)?;
    let chosen = args.device.device.choose()?;
    prepare::clear(args, &work, &prepared)?;

    let bytes = work.jobs.iter().map(|job| job.bytes).sum();
    let bar = progress::bar(bytes);
    // Opened when the first file is to be made: a finished checkpoint needs no device.
    let mut sources: Option<Vec<Box<dyn Source>>> = None;
    let keep_digest = work.folder.is_some() || args.resume;
    let mut kept = 0;
    for (job, todo) in work.jobs.iter().zip(prepared.todo) {
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
