//! What a checkpoint is written to, and how.

use std::path::PathBuf;

use crate::{launch::Process, tensor_parallel::TensorParallel};

/// Where a checkpoint is written, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckpointOptions {
    /// The file, or with several files the folder, which is created if its parent exists.
    pub out: PathBuf,
    /// The seed.
    pub seed: u64,
    /// Bytes of tensors in a file at most: then the output is a folder of files with an index, as Hugging Face
    /// writes and reads it. None is one file; with several processes or tensor parallelism, 5 GB.
    pub max_file_size: Option<u64>,
    /// Which of how many processes this is. Each writes its own files and waits for no other; rank 0 also
    /// writes the index.
    pub process: Process,
    /// Rules by which each process writes its slice of every parameter.
    pub tensor_parallel: Option<TensorParallel>,
    /// Keeps finished files of the same checkpoint whose SHA-256 is right.
    pub resume: bool,
    /// Replaces what exists: files of the same names, in a folder all of its `model*.safetensors`; with
    /// `resume` only those that differ.
    pub force: bool,
    /// Writes also where the file system says that it does not fit.
    pub ignore_space: bool,
    /// Files that the checkpoint is made from, which are never replaced.
    pub inputs: Vec<PathBuf>,
}

impl CheckpointOptions {
    /// One file, by one process, where nothing stands yet.
    pub fn new(out: impl Into<PathBuf>, seed: u64) -> Self {
        Self {
            out: out.into(),
            seed,
            max_file_size: None,
            process: Process::ALONE,
            tensor_parallel: None,
            resume: false,
            force: false,
            ignore_space: false,
            inputs: Vec::new(),
        }
    }
}
