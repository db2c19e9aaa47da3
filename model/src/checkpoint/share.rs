//! What one process writes of a checkpoint.

use std::path::{Path, PathBuf};

use super::{file::CheckpointFile, folder, options::CheckpointOptions, output};
use crate::{
    error::{Result, ensure},
    file_tensor::FileTensor,
    launch::Process,
    layout::{self, FileLayout},
    note::Note,
    plan::Plan,
    provenance::Provenance,
};

/// What this process writes.
#[derive(Debug)]
pub(super) struct Share {
    /// The folder that the files are in; none where the output is one file.
    pub(super) folder: Option<PathBuf>,
    /// The files.
    pub(super) files: Vec<CheckpointFile>,
    /// The index, if it is this process that writes one.
    pub(super) index: Option<(PathBuf, String)>,
    /// Every name that the processes write into the folder, as far as this one can tell.
    pub(super) names: Vec<String>,
    /// Parameters or slices in the files.
    pub(super) parameters: usize,
    /// Which process this is.
    pub(super) process: Process,
    /// Whether every rank has files of its own, of its slices.
    pub(super) sliced: bool,
    /// What should be known.
    pub(super) notes: Vec<Note>,
}

impl Share {
    /// The hidden file that is locked while the output is written.
    pub(super) fn lock_path(&self, out: &Path) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.join(".wgpu-weights.lock"),
            None => output::lock_path(out),
        }
    }
}

/// How the names of a rank's files begin.
pub(super) fn stem(Process { rank, world_size }: Process) -> String {
    format!("model-rank-{rank:05}-of-{world_size:05}")
}

impl Share {
    /// Lays the tensors out in files and says which of them are this process's.
    ///
    /// # Errors
    /// Rules that do not go with the parameters; an output that cannot be.
    pub(super) fn new(plan: &Plan, options: &CheckpointOptions) -> Result<Self> {
        let CheckpointOptions { out, seed, process, .. } = options;
        let mut provenance = Provenance::new(*seed);
        provenance.recipe = Some(plan.recipe().into());
        let whole = || {
            plan.parameters().iter().map(|it| FileTensor::whole(it, *seed)).collect::<Result<_>>()
        };
        let limit = options.max_file_size.unwrap_or(layout::DEFAULT_LIMIT);
        let mut share = Self {
            folder: None,
            files: Vec::new(),
            index: None,
            names: Vec::new(),
            parameters: 0,
            process: *process,
            sliced: options.tensor_parallel.is_some(),
            notes: Vec::new(),
        };
        let (layouts, stem, all_mine) = if let Some(rules) = &options.tensor_parallel {
            share.notes = rules.notes(plan);
            ensure!(
                rules.splits(plan),
                "tensor-parallel rules {}: no rule with a `dim` decides about any parameter, so every \
                 process would write the whole model; see the patterns, or leave out --tensor-parallel",
                rules.name()
            );
            let slice = |it| rules.slice(it, *process, *seed);
            let tensors = plan.parameters().iter().map(slice).collect::<Result<_>>()?;
            provenance.process = Some(*process);
            let stem = stem(*process);
            (layout::files(tensors, limit, &stem), stem, true)
        } else if options.max_file_size.is_some() || process.world_size > 1 {
            (layout::files(whole()?, limit, "model"), "model".to_owned(), false)
        } else {
            let file = FileLayout::new(String::new(), whole()?);
            share.parameters = file.tensors.len();
            share.files.push(CheckpointFile::new(out.clone(), &file, provenance)?);
            return Ok(share);
        };
        folder::check(out)?;
        let sizes: Vec<u64> = layouts.iter().map(FileLayout::bytes).collect();
        let mine = if all_mine { vec![true; layouts.len()] } else { shares(&sizes, *process) };
        for (file, _) in layouts.iter().zip(&mine).filter(|(_, mine)| **mine) {
            share.parameters += file.tensors.len();
            let path = out.join(&file.name);
            share.files.push(CheckpointFile::new(path, file, provenance.clone())?);
        }
        share.names = layouts.iter().map(|file| file.name.clone()).collect();
        if let Some((name, text)) = layout::index(&layouts, &stem)? {
            if all_mine || process.rank == 0 {
                share.index = Some((out.join(&name), text));
            }
            share.names.push(name);
        }
        share.folder = Some(out.clone());
        Ok(share)
    }
}

/// Which of the files of these sizes a process writes: the largest first, each to the process that
/// has the fewest bytes by then, so that all end at about the same time.
fn shares(sizes: &[u64], process: Process) -> Vec<bool> {
    // No process beyond the number of files gets any; a world may be larger than any memory.
    let world = process.world_size.min(sizes.len() as u64) as usize;
    let mut loads = vec![0u128; world];
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&file| std::cmp::Reverse(sizes[file]));
    let mut mine = vec![false; sizes.len()];
    for file in order {
        let least = (0..world).min_by_key(|&rank| loads[rank]).unwrap_or(0);
        // An empty file is work too: it must not all fall to one process.
        loads[least] += u128::from(sizes[file]).max(1);
        mine[file] = least as u64 == process.rank;
    }
    mine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_one_writer_and_loads_are_balanced() {
        let sizes = [5, 5, 5, 9, 5, 2, 0];
        for world_size in [1, 2, 3, 4, 7, 20, u64::MAX] {
            let ranks: Vec<_> = (0..world_size.min(30))
                .map(|rank| shares(&sizes, Process::new(rank, world_size).unwrap()))
                .collect();
            let mut loads = Vec::new();
            for mine in &ranks {
                loads.push(sizes.iter().zip(mine).filter(|(_, mine)| **mine).map(|(s, _)| s).sum());
            }
            for file in 0..sizes.len() {
                assert_eq!(ranks.iter().filter(|mine| mine[file]).count(), 1, "{world_size}");
            }
            let most: u64 = loads.iter().copied().max().unwrap();
            assert!(most <= 9.max(31 / world_size + 9), "{loads:?}");
        }
        let two: Vec<_> =
            (0..2).map(|rank| shares(&[4; 6], Process::new(rank, 2).unwrap())).collect();
        assert_eq!(two[0], [true, false, true, false, true, false]);
        assert_eq!(two[1], [false, true, false, true, false, true]);
    }
}
