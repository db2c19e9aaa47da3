//! Which process of how many this is, as the launcher says it in the environment.
//!
//! The rest of the crate takes a [`Process`], never an environment: this module only reads one.

use thiserror::Error;

/// A launcher's variables: the rank's and the world size's.
struct Family {
    name: &'static str,
    rank: &'static str,
    world_size: &'static str,
}

/// In the order of trust. (Kubernetes sets an indexed job's index and not its size, which the job's
/// manifest must hand on: kubernetes/kubernetes#106009.)
const FAMILIES: [Family; 5] = [
    Family { name: "torchrun", rank: "RANK", world_size: "WORLD_SIZE" },
    Family { name: "Open MPI", rank: "OMPI_COMM_WORLD_RANK", world_size: "OMPI_COMM_WORLD_SIZE" },
    Family { name: "PMI", rank: "PMI_RANK", world_size: "PMI_SIZE" },
    Family { name: "Slurm", rank: "SLURM_PROCID", world_size: "SLURM_NTASKS" },
    Family { name: "Kubernetes", rank: "JOB_COMPLETION_INDEX", world_size: "JOB_COMPLETIONS" },
];

/// One process among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Which one, from 0 on.
    pub rank: u64,
    /// How many there are, 1 or more.
    pub world_size: u64,
}

/// A process that cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaunchError {
    /// The rank is not below the world size.
    #[error(
        "rank {rank} does not exist in a world of {world_size}; ranks count from 0 and must be below the world size"
    )]
    Rank {
        /// The rank.
        rank: u64,
        /// The world size.
        world_size: u64,
    },
    /// A variable that is no number.
    #[error("the environment variable {variable} is `{value}`; it must be a whole number")]
    NotANumber {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
    },
    /// A rank without a world size.
    #[error(
        "{family} set {rank} but {world_size} is missing; set it to the number of processes, or give rank and world size explicitly"
    )]
    NoWorldSize {
        /// The launcher.
        family: &'static str,
        /// The variable that is set.
        rank: &'static str,
        /// The one that is not.
        world_size: &'static str,
    },
}

impl Process {
    /// The only process.
    pub const ALONE: Self = Self { rank: 0, world_size: 1 };

    /// The process of this rank.
    ///
    /// # Errors
    /// [`LaunchError::Rank`] unless `rank < world_size`.
    pub fn new(rank: u64, world_size: u64) -> Result<Self, LaunchError> {
        if rank < world_size {
            Ok(Self { rank, world_size })
        } else {
            Err(LaunchError::Rank { rank, world_size })
        }
    }

    /// What the launcher says: rank and world size from the first of torchrun, Open MPI, PMI,
    /// Slurm and Kubernetes that set both; `None` where no launcher set a rank.
    ///
    /// `variable` looks one up: `|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned())` (what is not UTF-8 is then an error too).
    ///
    /// # Errors
    /// [`LaunchError`]: a value that is no number, a rank beyond the world, or a rank to which no
    /// family adds a world size (two processes that both take themselves for the only one would write the same
    /// files).
    ///
    /// ```
    /// use wgpu_weights_model::launch::Process;
    /// let slurm = |name: &str| match name {
    ///     "SLURM_PROCID" => Some("3".to_owned()),
    ///     "SLURM_NTASKS" => Some("8".to_owned()),
    ///     _ => None,
    /// };
    /// assert_eq!(Process::from_variables(slurm)?, Some(Process { rank: 3, world_size: 8 }));
    /// # Ok::<(), wgpu_weights_model::launch::LaunchError>(())
    /// ```
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, LaunchError> {
        let number = |variable, value: String| {
            value.trim().parse().map_err(|_| LaunchError::NotANumber { variable, value })
        };
        let mut incomplete = None;
        for Family { name, rank, world_size } in FAMILIES {
            match (variable(rank), variable(world_size)) {
                (Some(r), Some(w)) => {
                    return Self::new(number(rank, r)?, number(world_size, w)?).map(Some);
                }
                (Some(_), None) if incomplete.is_none() => {
                    incomplete = Some(LaunchError::NoWorldSize { family: name, rank, world_size });
                }
                // A size alone is what an allocation sets, outside any of its processes.
                _ => {}
            }
        }
        incomplete.map_or(Ok(None), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Option<Process>, LaunchError> {
        Process::from_variables(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_family_that_set_both() {
        assert_eq!(read(&[]), Ok(None));
        let mpi = [("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "4")];
        let here = Ok(Some(Process { rank: 1, world_size: 4 }));
        assert_eq!(read(&mpi), here);
        // A half of a more trusted family does not mix with it.
        assert_eq!(read(&[mpi[0], mpi[1], ("RANK", "3")]), here);
        assert_eq!(read(&[mpi[0], mpi[1], ("SLURM_PROCID", "2"), ("SLURM_NTASKS", "9")]), here);
        assert_eq!(
            read(&[mpi[0], mpi[1], ("RANK", "0"), ("WORLD_SIZE", "2")]),
            Ok(Some(Process { rank: 0, world_size: 2 }))
        );
        assert_eq!(read(&[("SLURM_NTASKS", "9")]), Ok(None));
    }

    #[test]
    fn what_cannot_be() {
        assert_eq!(
            read(&[("RANK", "2"), ("WORLD_SIZE", "2")]),
            Err(LaunchError::Rank { rank: 2, world_size: 2 })
        );
        assert!(matches!(
            read(&[("RANK", "-1"), ("WORLD_SIZE", "2")]),
            Err(LaunchError::NotANumber { variable: "RANK", .. })
        ));
        let error = read(&[("JOB_COMPLETION_INDEX", "2")]).unwrap_err();
        assert!(error.to_string().contains("JOB_COMPLETIONS"), "{error}");
    }
}
