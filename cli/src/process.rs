//! Which process this is among those that write a checkpoint together.

use anyhow::Result;
use wgpu_weights::launch::Process;

use crate::args::ProcessArgs;

/// The process that the command line names, else the launcher; none where neither does.
///
/// # Errors
/// A rank beyond the world, or a launcher's variables that make no sense.
pub(crate) fn find(args: &ProcessArgs) -> Result<Option<Process>> {
    if let (Some(rank), Some(world_size)) = (args.rank, args.world_size) {
        return Ok(Some(Process::new(rank, world_size)?));
    }
    // A value that is no text is set all the same, and then no number.
    let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    Ok(Process::from_variables(variable)?)
}

/// Which of the files of these sizes a process writes: the largest first, each to the process that
/// has the fewest bytes by then, so that all end at about the same time.
pub(crate) fn shares(sizes: &[u64], process: Process) -> Vec<bool> {
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
