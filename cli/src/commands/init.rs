//! `init`.

use std::{path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use wgpu_weights_model::{
    BUILT_IN, CheckpointOptions, CheckpointWriter, HF, TensorParallel,
    checkpoint::{Progress, WrittenCheckpoint, files_of},
    launch::Process,
    text,
};

use crate::{
    args::{InitArgs, ProcessArgs},
    commands::recipes,
    progress::{self, say, say_space, tell},
};

/// Writes a checkpoint.
///
/// # Errors
/// Whatever is in the way; then nothing stands under a name that is not whole.
pub(crate) fn run(args: &InitArgs) -> Result<()> {
    let started = Instant::now();
    if args.out.as_os_str() == "-" {
        bail!("init writes files; `fill` writes one tensor to standard output");
    }
    let process = process(&args.process)?;
    if process.is_none() && args.tensor_parallel.is_some() {
        bail!(
            "--tensor-parallel needs to know which process this is; give --rank and --world-size, \
             or start it under torchrun, mpirun or srun"
        );
    }
    let process = process.unwrap_or(Process::ALONE);
    let plan = recipes::plan(&args.template, &args.recipe, args.dtype)?;
    let mut options = CheckpointOptions::new(&args.out, args.seed);
    options.max_file_size = args.max_shard_size.map(|size| size.0);
    options.process = process;
    let rules = args.tensor_parallel.as_deref();
    options.tensor_parallel = rules.map(TensorParallel::read).transpose()?;
    options.resume = args.resume;
    options.force = args.force;
    options.ignore_space = args.ignore_space;
    options.inputs = inputs(args);
    if process.rank == 0 {
        tell(plan.notes());
    }
    let writer = CheckpointWriter::new(&plan, options)?;
    if process.rank == 0 {
        tell(writer.notes());
    }
    let named = args.out.extension().is_some_and(|extension| extension == "safetensors");
    if writer.folder().is_none() && !named {
        say(format_args!(
            "note: {} will be a single file; name it .safetensors, or give --max-shard-size for a \
             folder of files",
            args.out.display()
        ));
    }
    let chosen = args.device.device.choose()?;
    if !args.ignore_space {
        writer.space().check(&args.out)?;
    }
    say_space(&writer.space());
    let (bytes, bar) = (writer.bytes(), progress::bar(writer.bytes()));
    let written = writer.write(
        || chosen.open(),
        |progress| match progress {
            Progress::Bytes(done) => bar.set_position(done),
            Progress::Remade { path, why } => {
                say(format_args!("{}: {why}; it is remade", path.display()));
            }
            _ => {}
        },
    )?;
    bar.finish_and_clear();
    report(&written, args.resume, bytes, started, &chosen.title());
    Ok(())
}

/// The process that the command line names, else the launcher; none where neither does.
///
/// # Errors
/// A rank beyond the world, or a launcher's variables that make no sense.
fn process(args: &ProcessArgs) -> Result<Option<Process>> {
    if let (Some(rank), Some(world_size)) = (args.rank, args.world_size) {
        return Ok(Some(Process::new(rank, world_size)?));
    }
    // A value that is no text is set all the same, and then no number.
    let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    Ok(Process::from_variables(variable)?)
}

/// The files that the checkpoint is made from.
fn inputs(args: &InitArgs) -> Vec<PathBuf> {
    // The files that a folder or an index stands for; what is none of these was refused before.
    let mut inputs = files_of(&args.template).unwrap_or_default();
    inputs.push(args.template.clone());
    inputs.extend(args.recipe.settings.config.clone());
    if args.recipe.name != HF && BUILT_IN.iter().all(|recipe| recipe.name != args.recipe.name) {
        inputs.push(PathBuf::from(&args.recipe.name));
    }
    inputs.extend(args.tensor_parallel.clone());
    inputs
}

/// A line for each of several files, and one for the whole.
fn report(written: &WrittenCheckpoint, resume: bool, bytes: u64, started: Instant, device: &str) {
    let seconds = started.elapsed().as_secs_f64();
    let (count, bytes) = (text::count(written.parameters, "parameter"), text::bytes(bytes));
    let mark = |kept: bool| if kept { ", kept" } else { "" };
    let Some(folder) = &written.folder else {
        for file in &written.files {
            let (path, verb) = (file.path.display(), mark(file.kept));
            say(format_args!("{path}: {count}, {bytes}{verb} in {seconds:.2} s on {device}"));
        }
        return;
    };
    for file in &written.files {
        let (bytes, verb) = (text::bytes(file.bytes), mark(file.kept));
        say(format_args!("{}: {bytes}{verb}", file.path.display()));
    }
    if let Some(path) = &written.index {
        say(format_args!("{}: the index", path.display()));
    }
    let Process { rank, world_size } = written.process;
    if written.files.is_empty() {
        say(format_args!("{}: nothing to write for rank {rank} of {world_size}", folder.display()));
        return;
    }
    let who =
        if world_size > 1 { format!(" (rank {rank} of {world_size})") } else { String::new() };
    let files = text::count(written.files.len(), "file");
    let kept = written.files.iter().filter(|file| file.kept).count();
    let kept = if resume { format!(" ({kept} kept)") } else { String::new() };
    say(format_args!(
        "{}{who}: {count} in {files}{kept}, {bytes} in {seconds:.2} s on {device}",
        folder.display(),
    ));
}
