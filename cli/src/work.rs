//! What one process writes of a checkpoint.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::{Map, Value};
use wgpu_weights::launch::Process;

use crate::{
    args::InitArgs,
    checkpoint, folder,
    job::Job,
    layout,
    model_plan::Planned,
    piece::Piece,
    process,
    progress::say,
    recipe::Recipe,
    tensor_parallel::{self, Rules},
};

/// What this process writes.
#[derive(Debug)]
pub(crate) struct Work {
    /// The folder that the files are in; none where the output is one file.
    pub(crate) folder: Option<PathBuf>,
    /// The files.
    pub(crate) jobs: Vec<Job>,
    /// The index, if it is this process that writes one.
    pub(crate) index: Option<(PathBuf, String)>,
    /// Every name that the processes write into the folder, as far as this one can tell.
    pub(crate) names: Vec<String>,
    /// Parameters or slices in the jobs.
    pub(crate) parameters: usize,
    /// Which process this is.
    pub(crate) process: Process,
    /// Whether every rank has files of its own, of its slices.
    pub(crate) sliced: bool,
}

/// Lays the tensors out in files and says which of them are this process's.
///
/// # Errors
/// Rules that do not go with the parameters; an output that cannot be.
pub(crate) fn work(
    args: &InitArgs,
    process: Process,
    recipe: &Recipe,
    planned: &[Planned],
) -> Result<Work> {
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
        sliced: args.tensor_parallel.is_some(),
    };
    let (files, stem, all_mine) = if let Some(rules) = &args.tensor_parallel {
        let rules = Rules::read(rules)?;
        for pattern in rules.idle(planned).filter(|_| process.rank == 0) {
            say(format_args!("note: no parameter matches the tensor-parallel rule `{pattern}`"));
        }
        ensure!(
            rules.splits(planned),
            "tensor-parallel rules {}: no rule with a `dim` decides about any parameter, so every \
             process would write the whole model; see the patterns, or leave out --tensor-parallel",
            args.tensor_parallel.iter().map(|path| path.display().to_string()).collect::<String>()
        );
        let slice = |it| rules.slice(it, process, args.seed);
        let pieces = planned.iter().map(slice).collect::<Result<_>>()?;
        metadata.insert("rank".into(), process.rank.to_string().into());
        metadata.insert("world_size".into(), process.world_size.to_string().into());
        let stem = tensor_parallel::stem(process);
        (layout::files(pieces, limit, &stem), stem, true)
    } else if args.max_shard_size.is_some() || process.world_size > 1 {
        (layout::files(whole()?, limit, "model"), "model".to_owned(), false)
    } else {
        let file = layout::PlannedFile::new(String::new(), whole()?);
        work.parameters = file.pieces.len();
        work.jobs.push(job(args.out.clone(), &file, metadata)?);
        return Ok(work);
    };
    folder::check(&args.out)?;
    let sizes: Vec<u64> = files.iter().map(layout::PlannedFile::bytes).collect();
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

fn job(path: PathBuf, file: &layout::PlannedFile, metadata: Map<String, Value>) -> Result<Job> {
    Ok(Job {
        path,
        header: file.header(metadata)?,
        fills: file.pieces.iter().map(|piece| piece.fill.clone()).collect(),
        bytes: file.bytes(),
    })
}
