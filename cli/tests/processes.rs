//! Many processes, under Open MPI's `mpirun` and by hand: together they write what one writes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use common::{Run, assert_same, contents, folder, line_in, names, program, words};
use safetensors::SafeTensors;

const TEMPLATE: &str = r#"{
 "gpt_neox.embed_in.weight": {"dtype": "F16", "shape": [1000, 48]},
 "gpt_neox.layers.0.attention.query_key_value.weight": {"dtype": "F16", "shape": [30, 10]},
 "gpt_neox.layers.0.attention.query_key_value.bias": {"dtype": "F16", "shape": [30]},
 "gpt_neox.layers.0.attention.dense.weight": {"dtype": "F16", "shape": [10, 30]},
 "gpt_neox.layers.0.attention.dense.bias": {"dtype": "F16", "shape": [10]},
 "gpt_neox.layers.0.mlp.dense_h_to_4h.weight": {"dtype": "F32", "shape": [7, 3, 11]},
 "gpt_neox.final_layer_norm.weight": {"dtype": "F16", "shape": [10]},
 "lm_head.weight": {"dtype": "BF16", "shape": [1000, 48]}
}"#;

/// The last dimension split in three fused parts of ten, a dimension too small for all ranks, and
/// one that a rule replicates.
const RULES: &str = r#"
[[rule]]
name = "*.query_key_value.weight"
dim = 0
parts = 3
[[rule]]
name = "*.query_key_value.bias"
dim = 0
parts = 3
[[rule]]
name = "*.attention.dense.weight"
dim = 1
parts = 3
[[rule]]
name = "*.dense.bias"
[[rule]]
name = "*.dense_h_to_4h.weight"
dim = 1
[[rule]]
name = "{*.embed_in,lm_head}.weight"
dim = 0
"#;

const INIT: &str = "init t.json --recipe hf/default --seed 7 --device cpu";

fn model() -> tempfile::TempDir {
    let folder = folder();
    fs::write(folder.path().join("t.json"), TEMPLATE).unwrap();
    fs::write(folder.path().join("rules.toml"), RULES).unwrap();
    folder
}

/// Four processes under Open MPI. Without it this fails: a test that is left out proves nothing.
fn mpirun(at: &Path, line: &str) -> Run {
    let started = Command::new("mpirun")
        .args(words("--allow-run-as-root --oversubscribe -n 4"))
        .arg(program().get_program())
        .args(words(line))
        .current_dir(at)
        // Open MPI refuses a folder for its session that many users share.
        .env("TMPDIR", std::env::temp_dir())
        .output();
    let Output { status, stdout, stderr } = started.unwrap_or_else(|error| {
        panic!("mpirun cannot be run ({error}); scripts/test installs it on Debian: openmpi-bin")
    });
    Run {
        status: status.code().unwrap_or(-1),
        out: stdout,
        err: String::from_utf8(stderr).unwrap(),
    }
}

#[test]
fn mpirun_writes_what_one_process_writes() {
    let folder = model();
    let at = folder.path();
    line_in(at, &format!("{INIT} --max-shard-size 2KB -o one")).ok();
    assert_eq!(
        names(&at.join("one")).iter().filter(|name| name.ends_with("safetensors")).count(),
        4
    );
    let run = mpirun(at, &format!("{INIT} --max-shard-size 2KB -o four")).ok();
    for rank in 0..4 {
        assert!(run.err.contains(&format!("(rank {rank} of 4): ")), "{}", run.err);
    }
    assert_same(&at.join("one"), &at.join("four"));
}

/// The rank's tensors by name, with shape and bytes.
fn tensors(path: &Path) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |(name, tensor): (&str, safetensors::tensor::TensorView<'_>)| {
        (name.to_owned(), tensor.shape().to_vec(), tensor.data().to_vec())
    };
    tensors.iter().map(tensor).collect()
}

/// What a rank that held a whole of this shape would hold of it, copied element by element.
fn pick(whole: &[u8], shape: &[usize], dim: usize, parts: usize, rank: usize) -> Vec<u8> {
    let element = whole.len() / shape.iter().product::<usize>();
    let inner: usize = shape[dim + 1..].iter().product();
    let part = shape[dim] / parts;
    let piece = part.div_ceil(4);
    let mut picked = Vec::new();
    for (index, bytes) in whole.chunks(element).enumerate() {
        if index / inner % shape[dim] % part / piece == rank {
            picked.extend_from_slice(bytes);
        }
    }
    picked
}

#[test]
fn tensor_parallel_slices_make_up_the_whole() {
    let folder = model();
    let at = folder.path();
    line_in(at, &format!("{INIT} -o one.safetensors")).ok();
    let whole = tensors(&at.join("one.safetensors"));
    mpirun(at, &format!("{INIT} --tensor-parallel rules.toml -o four")).ok();
    let path = |rank: usize| at.join(format!("four/model-rank-{rank:05}-of-00004.safetensors"));
    assert_eq!(names(&at.join("four")).len(), 8);
    for (name, shape, bytes) in &whole {
        let (dim, parts) = match name.rsplit('.').nth(1).unwrap() {
            "query_key_value" => (Some(0), 3),
            "dense" if name.ends_with("weight") => (Some(1), 3),
            "dense_h_to_4h" => (Some(1), 1),
            "embed_in" | "lm_head" => (Some(0), 1),
            _ => (None, 1),
        };
        let mut lengths = 0;
        for rank in 0..4 {
            let slices = tensors(&path(rank));
            let (_, part, slice) = slices.iter().find(|it| it.0 == *name).unwrap();
            let Some(dim) = dim else {
                assert!((part, slice) == (shape, bytes), "{name} is replicated");
                continue;
            };
            assert!(*slice == pick(bytes, shape, dim, parts, rank), "{name} of rank {rank}");
            lengths += part[dim];
            assert_eq!(part[..dim], shape[..dim]);
            assert_eq!(part[dim + 1..], shape[dim + 1..]);
        }
        assert!(dim.is_none_or(|dim| lengths == shape[dim]), "{name}");
    }
    // Three rows for four ranks: the last has none.
    let last = tensors(&path(3));
    let empty = last.iter().find(|it| it.0.contains("h_to_4h")).unwrap();
    assert_eq!(empty.1, [7, 0, 11]);

    let bytes = fs::read(path(2)).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let said = header.metadata().as_ref().unwrap();
    assert_eq!((&said["rank"][..], &said["world_size"][..]), ("2", "4"));
    let slices: serde_json::Value = serde_json::from_str(&said["slices"]).unwrap();
    assert_eq!(
        slices["gpt_neox.layers.0.attention.dense.weight"],
        serde_json::json!({"dim": 1, "parts": 3, "range": [6, 9], "shape": [10, 30]})
    );
}

#[test]
fn ranks_by_flag_and_by_variable_write_the_same() {
    let folder = model();
    let at = folder.path();
    line_in(at, &format!("{INIT} --max-shard-size 2KB -o one")).ok();
    for world in [2, 3, 6] {
        let _ = fs::remove_dir_all(at.join("many"));
        // The last first: no process needs another.
        for rank in (0..world).rev() {
            let init = format!("{INIT} --max-shard-size 2KB -o many");
            line_in(at, &format!("{init} --rank {rank} --world-size {world}")).ok();
        }
        assert_same(&at.join("one"), &at.join("many"));
    }
    for (rank, size) in [("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS")] {
        let _ = fs::remove_dir_all(at.join("many"));
        for index in ["0", "1"] {
            let mut command = program();
            command.args(words(&format!("{INIT} --max-shard-size 2KB -o many")));
            let ran = command.env(rank, index).env(size, "2").current_dir(at).output().unwrap();
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        }
        assert_same(&at.join("one"), &at.join("many"));
    }
    // Without a size every file is at most 5 GB, and here there is one.
    for rank in ["0", "1"] {
        line_in(at, &format!("{INIT} -o small --rank {rank} --world-size 2")).ok();
    }
    assert_eq!(names(&at.join("small")), [".model.safetensors.sha256", "model.safetensors"]);
}

#[test]
fn a_rank_resumes_its_own_files() {
    let folder = model();
    let at = folder.path();
    let init = |rank: u64, more: &str| {
        let common = format!("{INIT} --max-shard-size 2KB -o m --world-size 2");
        line_in(at, &format!("{common} --rank {rank} {more}"))
    };
    init(0, "").ok();
    init(1, "").ok();
    let before = contents(&at.join("m"));
    for name in names(&at.join("m")).iter().filter(|name| name.ends_with("safetensors")) {
        fs::remove_file(at.join("m").join(name)).unwrap();
    }
    init(1, "--resume").ok();
    let half = names(&at.join("m")).iter().filter(|name| name.ends_with("safetensors")).count();
    assert_eq!(half, 2, "the other rank's files are its own business");
    init(0, "--resume").ok();
    assert!(contents(&at.join("m")) == before);

    // Slices are resumed too, each rank's from its own file, through several files each.
    let slices = |rank: u64, more: &str| {
        let common = format!("{INIT} --tensor-parallel rules.toml --max-shard-size 20KB -o tp");
        line_in(at, &format!("{common} --world-size 2 --rank {rank} {more}"))
    };
    slices(0, "").ok();
    slices(1, "").ok();
    let before = contents(&at.join("tp"));
    assert!(before.contains_key("model-rank-00001-of-00002-00001-of-00003.safetensors"));
    assert!(before.contains_key("model-rank-00001-of-00002.safetensors.index.json"));
    assert!(slices(1, "--resume").ok().err.contains("(3 kept)"));
    assert!(contents(&at.join("tp")) == before);
    line_in(at, "stats tp/model-rank-00001-of-00002.safetensors.index.json").ok();

    // In other groups this rank's old files are in the way, and the other rank's are not.
    let one = |more: &str| {
        let common = format!("{INIT} --tensor-parallel rules.toml -o tp --world-size 2 --rank 1");
        line_in(at, &format!("{common} {more}"))
    };
    one("").fails(1, &["model-rank-00001-of-00002-00001-of-00003", "--force"]);
    one("--force").ok();
    let left: Vec<_> = names(&at.join("tp"))
        .into_iter()
        .filter(|name| name.starts_with("model-rank-00001"))
        .collect();
    assert_eq!(left, ["model-rank-00001-of-00002.safetensors"]);
    assert_eq!(names(&at.join("tp")).len(), before.len() / 2 + 2);
}

#[test]
fn processes_that_cannot_be_are_told() {
    let folder = model();
    let at = folder.path();
    for (line, status, said) in [
        ("--rank 2 --world-size 2", 1, "rank 2 does not exist in a world of 2"),
        ("--rank 0 --world-size 0", 1, "world of 0"),
        ("--rank 0", 2, "--world-size"),
        ("--world-size 2", 2, "--rank"),
        ("--rank -1 --world-size 2", 2, "-1"),
        ("--tensor-parallel rules.toml", 1, "--rank and --world-size"),
        ("--tensor-parallel none.toml --rank 0 --world-size 1", 1, "none.toml"),
    ] {
        line_in(at, &format!("{INIT} -o m {line}")).fails(status, &[said]);
    }
    line_in(at, &format!("{INIT} -o m.safetensors --rank 0 --world-size 2"))
        .fails(1, &["would be a folder"]);
    for (rules, said) in [
        ("", "no [[rule]]"),
        ("[[rule]]\nname = \"*\"\ndim = -1", "line 3"),
        ("[[rule]]\nname = *.weight\ndim = 0", "line 2: "),
        ("[[rule]]\nname = *.weight\ndim = 0", "text needs quotes: name = \"*.weight\""),
        ("[[rule]]\nname = \"*\"\ndimension = 1", "dimension"),
        ("[[rule]]\nname = \"*\"\nparts = 2", "needs a `dim`"),
        ("[[rule]]\nname = \"*\"\ndim = 0\nparts = 0", "`parts` is 0"),
        ("[[rule]]\nname = \"[\"\ndim = 0", "rule 1"),
        ("[[rule]]\nname = \"lm_head*\"\ndim = 2", "dimension 2 does not exist"),
        ("[[rule]]\nname = \"lm_head*\"\ndim = 0\nparts = 3", "not divisible into 3"),
        ("[[rule]]\nname = \"lm_head*\"\ndim = 0\nparts = 18446744073709551615", "parts"),
    ] {
        fs::write(at.join("r.toml"), rules).unwrap();
        let init = format!("{INIT} --tensor-parallel r.toml -o m --rank 0 --world-size 2");
        line_in(at, &init).fails(1, &["r.toml", said]);
    }
    fs::write(
        at.join("r.toml"),
        "[[rule]]\nname = \"nobody\"\ndim = 0\n[[rule]]\nname = \"lm_head*\"\ndim = 0",
    )
    .unwrap();
    let init = format!("{INIT} --tensor-parallel r.toml -o m --rank 0 --world-size 1");
    let run = line_in(at, &init).ok();
    assert!(run.err.contains("no parameter matches") && run.err.contains("nobody"), "{}", run.err);

    let mut command = program();
    command.args(words(&format!("{INIT} -o n"))).current_dir(at).env("RANK", "1");
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("WORLD_SIZE is missing"), "{said}");
    assert_eq!(names(at), ["m", "r.toml", "rules.toml", "t.json"]);
}

#[test]
fn a_world_without_bounds_costs_nothing() {
    let folder = model();
    let world = u64::MAX;
    line_in(folder.path(), &format!("{INIT} -o m --rank 9 --world-size {world}")).ok();
    line_in(
        folder.path(),
        &format!("{INIT} -o n --tensor-parallel rules.toml --rank 9 --world-size {world}"),
    )
    .ok();
}
