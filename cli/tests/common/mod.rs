//! Runs the program that was built.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What a run gave.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Run {
    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, 0, "{}", self.err);
        serde_json::from_slice(&self.out).unwrap()
    }

    /// It succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.err);
        self
    }

    /// It failed with this status and all of these in its message.
    #[track_caller]
    pub(crate) fn fails(self, status: i32, said: &[&str]) -> Self {
        assert_eq!(self.status, status, "{}", self.err);
        for said in said {
            assert!(self.err.contains(said), "{said:?} is not in {:?}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

/// The program, alone even where a launcher started the tests.
pub(crate) fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wgpu-weights"));
    let ranks =
        ["RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX"];
    for variable in ranks {
        program.env_remove(variable);
    }
    program
}

/// A command in words that have no spaces.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// A command line of words without spaces, in a folder.
pub(crate) fn line_in(folder: &Path, line: &str) -> Run {
    run_in(folder, &words(line))
}

/// Names and bytes of all files in a folder, hidden ones too.
pub(crate) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    names(folder)
        .into_iter()
        .map(|name| (name.clone(), std::fs::read(folder.join(name)).unwrap()))
        .collect()
}

/// The same, with what is told of a difference in a line.
#[track_caller]
pub(crate) fn assert_same(a: &Path, b: &Path) {
    assert_eq!(names(a), names(b));
    for (name, bytes) in contents(a) {
        assert!(bytes == std::fs::read(b.join(&name)).unwrap(), "{name} differs");
    }
}

/// Runs the program in a folder.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Run {
    let Output { status, stdout, stderr } =
        program().args(args).current_dir(folder).output().unwrap();
    Run {
        status: status.code().unwrap_or(-1),
        out: stdout,
        err: String::from_utf8(stderr).unwrap(),
    }
}

pub(crate) fn run(args: &[&str]) -> Run {
    run_in(Path::new("."), args)
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn example(name: &str) -> String {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "examples", "templates", name].iter().collect();
    path.display().to_string()
}

/// Names in a folder, hidden ones too.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) const TRANSFORMER_LENS: &str = r#"{
 "__metadata__": {"made": "by hand"},
 "embed.W_E": {"dtype": "F32", "shape": [1000, 64]},
 "blocks.0.attn.W_Q": {"dtype": "F32", "shape": [4, 64, 16]},
 "blocks.0.attn.b_Q": {"dtype": "F32", "shape": [4, 16]},
 "blocks.0.mlp.W_none": {"dtype": "F32", "shape": [64, 0]},
 "ln_final.w": {"dtype": "F32", "shape": [64], "data_offsets": [0, 256]},
 "ln_final.b": {"dtype": "F32", "shape": [64]},
 "unembed.W_U": {"dtype": "F32", "shape": [64, 1000]},
 "unembed.b_U": {"dtype": "F32", "shape": [1000]}
}"#;
