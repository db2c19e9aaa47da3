//! `init` into a folder of files: how tensors are laid out, resumed and protected.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use common::{
    TRANSFORMER_LENS, assert_same, contents, example, folder, line_in, names, program, run, words,
};
use safetensors::SafeTensors;
use wgpu_weights::{Distribution, Fill, cpu};

const INIT: &str = "init t.json --recipe transformer-lens/gpt2 --seed 42";
const FIRST: &str = "model-00001-of-00003.safetensors";
const SECOND: &str = "model-00002-of-00003.safetensors";

/// The template, and a folder `ref` of its three files.
fn checkpoint() -> tempfile::TempDir {
    let folder = folder();
    fs::write(folder.path().join("t.json"), TRANSFORMER_LENS).unwrap();
    line_in(folder.path(), &format!("{INIT} --max-shard-size 200KB -o ref")).ok();
    folder
}

/// Copies the reference, to be damaged.
fn copy(at: &Path, to: &str) {
    let _ = fs::remove_dir_all(at.join(to));
    fs::create_dir(at.join(to)).unwrap();
    for name in names(&at.join("ref")) {
        fs::copy(at.join("ref").join(&name), at.join(to).join(&name)).unwrap();
    }
}

/// What a killed run leaves, for the next to remove.
fn is_temporary(name: &str) -> bool {
    name.ends_with(".partial") || name.ends_with(".lock")
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn files_and_index_are_those_of_hugging_face() {
    let folder = checkpoint();
    let at = folder.path();
    // Two tensors of 256 kB are above the limit and alone; the others share what is begun.
    let expected = [
        ".model-00001-of-00003.safetensors.sha256",
        ".model-00002-of-00003.safetensors.sha256",
        ".model-00003-of-00003.safetensors.sha256",
        FIRST,
        SECOND,
        "model-00003-of-00003.safetensors",
        "model.safetensors.index.json",
    ];
    assert_eq!(names(&at.join("ref")), expected);

    line_in(at, &format!("{INIT} -o one.safetensors")).ok();
    let one = fs::read(at.join("one.safetensors")).unwrap();
    let one = SafeTensors::deserialize(&one).unwrap();
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("ref/model.safetensors.index.json")).unwrap())
            .unwrap();
    let map = index["weight_map"].as_object().unwrap();
    assert_eq!(map.len(), one.len());
    assert_eq!(map["embed.W_E"], FIRST);
    assert_eq!(map["unembed.W_U"], SECOND);
    let total: usize = one.iter().map(|(_, tensor)| tensor.data().len()).sum();
    assert_eq!(index["metadata"]["total_size"], total);
    for (name, tensor) in one.iter() {
        let bytes = fs::read(at.join("ref").join(map[name].as_str().unwrap())).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert!(file.tensor(name).unwrap() == tensor, "{name}");
    }

    let whole = line_in(at, "stats one.safetensors --json").json();
    let mut whole = whole.as_array().unwrap().clone();
    for path in ["ref", "ref/model.safetensors.index.json"] {
        let stats = line_in(at, &format!("stats {path} --json")).json();
        let mut stats = stats.as_array().unwrap().clone();
        for rows in [&mut whole, &mut stats] {
            rows.sort_by_key(|row| row["name"].to_string());
        }
        assert_eq!(stats, whole, "{path}");
    }

    let plan = "plan t.json --recipe transformer-lens/gpt2 --max-shard-size 200KB";
    for row in line_in(at, &format!("{plan} --json")).json().as_array().unwrap() {
        assert_eq!(row["file"], map[row["name"].as_str().unwrap()]);
    }
    let table = String::from_utf8(line_in(at, plan).ok().out).unwrap();
    assert!(table.contains("model-00002-of-00003.safetensors: 1 parameter, 256.00 kB"), "{table}");

    // What fits into one file has no index.
    line_in(at, &format!("{INIT} --max-shard-size 1MB -o small")).ok();
    assert_eq!(names(&at.join("small")), [".model.safetensors.sha256", "model.safetensors"]);
    let small = fs::read(at.join("small/model.safetensors")).unwrap();
    assert!(small == fs::read(at.join("one.safetensors")).unwrap());
    assert_eq!(line_in(at, "stats small --json").json().as_array().unwrap().len(), 8);
}

#[test]
fn a_cut_run_is_resumed() {
    let folder = checkpoint();
    let at = folder.path();
    let resume = format!("{INIT} --max-shard-size 200KB --resume -o m");
    let file = |name: &str| at.join("m").join(name);
    let last = file("model-00003-of-00003.safetensors");
    let flip = |at: usize| {
        let mut bytes = fs::read(file(SECOND)).unwrap();
        bytes[at] ^= 1;
        fs::write(file(SECOND), bytes).unwrap();
    };
    let damages: [(&str, &dyn Fn()); 6] = [
        ("is not the one that was kept", &|| flip(200_000)),
        ("header is damaged", &|| flip(9)),
        ("bytes instead of", &|| {
            fs::write(file(SECOND), &fs::read(file(SECOND)).unwrap()[..99_999]).unwrap()
        }),
        ("no SHA-256", &|| fs::remove_file(file(&format!(".{SECOND}.sha256"))).unwrap()),
        ("(2 kept)", &|| fs::remove_file(file(SECOND)).unwrap()),
        ("(3 kept)", &|| fs::remove_file(file("model.safetensors.index.json")).unwrap()),
    ];
    for (said, damage) in damages {
        copy(at, "m");
        damage();
        let before = modified(&last);
        let run = line_in(at, &resume).ok();
        assert!(run.err.contains(said), "{said:?} is not in {}", run.err);
        assert_same(&at.join("m"), &at.join("ref"));
        assert_eq!(modified(&last), before, "a good file is kept");
    }
    // From nothing, too.
    fs::remove_dir_all(at.join("m")).unwrap();
    line_in(at, &resume).ok();
    assert_same(&at.join("m"), &at.join("ref"));
}

#[test]
fn another_checkpoint_is_neither_resumed_nor_mixed() {
    let folder = checkpoint();
    let at = folder.path();
    let other = "[[rule]]\nname = \"*\"\ninit = \"normal\"\nstd = 0.5\n";
    fs::write(at.join("r.toml"), other).unwrap();
    copy(at, "m");
    let init = |recipe: &str, seed: u64, more: &str| {
        format!("init t.json --recipe {recipe} --seed {seed} --max-shard-size 200KB -o m {more}")
    };
    let ours = "transformer-lens/gpt2";
    line_in(at, &init(ours, 43, "--resume")).fails(1, &["seed is 42, not 43", "--force"]);
    line_in(at, &init("r.toml", 42, "--resume")).fails(1, &["recipe", "--force"]);
    // Half the bytes are other groups.
    line_in(at, &init(ours, 42, "--resume --dtype bf16")).fails(1, &["--force"]);
    line_in(at, &init(ours, 42, "")).fails(1, &["exists", "--force"]);
    assert_same(&at.join("m"), &at.join("ref"));
    // The same groups in another dtype.
    let groups = "--dtype f16 --max-shard-size 100KB --resume -o m";
    line_in(at, &format!("{INIT} {groups}")).fails(1, &["dtype is F32, not F16", "--force"]);

    line_in(at, &init(ours, 43, "--resume --force")).ok();
    line_in(at, &init(ours, 43, "").replace("-o m", "-o fresh")).ok();
    assert_same(&at.join("m"), &at.join("fresh"));
    // Files of other groups would be loaded with the new ones, so they go.
    line_in(at, &format!("{INIT} --max-shard-size 1MB -o m")).fails(1, &["another checkpoint"]);
    line_in(at, &format!("{INIT} --max-shard-size 1MB -o m --force")).ok();
    assert_eq!(names(&at.join("m")), [".model.safetensors.sha256", "model.safetensors"]);
    // What is no model file is nobody's business.
    fs::write(at.join("m/config.json"), "{}").unwrap();
    line_in(at, &format!("{INIT} --max-shard-size 1MB -o m --force")).ok();
    assert!(at.join("m/config.json").exists());
    fs::write(at.join("m/model.safetensors"), "mine").unwrap();
    fs::remove_file(at.join("m/.model.safetensors.sha256")).unwrap();
    line_in(at, &format!("{INIT} --max-shard-size 1MB -o m --resume"))
        .fails(1, &["not made by this program"]);
    assert_eq!(fs::read(at.join("m/model.safetensors")).unwrap(), b"mine");
}

#[test]
fn one_file_is_resumed_too() {
    let folder = checkpoint();
    let at = folder.path();
    let path = at.join("w.safetensors");
    line_in(at, &format!("{INIT} --resume -o w.safetensors")).ok();
    let (bytes, before) = (fs::read(&path).unwrap(), modified(&path));
    assert!(line_in(at, &format!("{INIT} --resume -o w.safetensors")).ok().err.contains("kept"));
    assert_eq!(modified(&path), before);
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&path, damaged).unwrap();
    line_in(at, &format!("{INIT} --resume -o w.safetensors")).ok();
    assert!(bytes == fs::read(&path).unwrap());
}

#[test]
fn templates_are_drawn_in_their_dtype_or_in_the_one_wanted() {
    let folder = folder();
    let at = folder.path();
    // An odd number of bytes before wider elements, which nobody could read in place.
    let template = r#"{"c.q_proj.weight": {"dtype": "F8_E4M3", "shape": [3, 5]}, "a.q_proj.weight": {"dtype": "F16", "shape": [30, 40]},
        "b.q_proj.weight": {"dtype": "BF16", "shape": [30, 40]},
        "d.q_proj.weight": {"dtype": "F8_E5M2", "shape": [30, 40]}, "e.q_proj.weight": {"dtype": "F32", "shape": [30, 40]},
        "norm.weight": {"dtype": "BF16", "shape": [40]}, "a.o_proj.bias": {"dtype": "F16", "shape": [3]}}"#;
    fs::write(at.join("t.json"), template).unwrap();
    let tensors = |flags: &str, check: &dyn Fn(&SafeTensors<'_>)| {
        for device in ["cpu", "gpu"] {
            let init = "init t.json --recipe hf/default --seed 1 --force -o w --device";
            line_in(at, &format!("{init} {device} {flags}")).ok();
            check(&SafeTensors::deserialize(&fs::read(at.join("w")).unwrap()).unwrap());
        }
    };
    let draw = |name: &str, dtype| {
        let count = if name.starts_with('c') { 15 } else { 1200 };
        let fill = Fill::new(Distribution::normal(0.0, 0.02).unwrap(), [count]);
        let fill = fill.with_seed(1).with_name(name).with_dtype(dtype);
        let mut bytes = vec![0; fill.bytes().unwrap() as usize];
        cpu::fill(&fill, &mut bytes).unwrap();
        bytes
    };
    use wgpu_weights::Dtype::{BF16, F8E4M3, F8E5M2, F16, F32};
    tensors("", &|tensors| {
        for (name, dtype) in [("a", F16), ("b", BF16), ("c", F8E4M3), ("d", F8E5M2), ("e", F32)] {
            let name = format!("{name}.q_proj.weight");
            let tensor = tensors.tensor(&name).unwrap();
            assert_eq!(tensor.dtype().to_string(), dtype.name());
            assert!(tensor.data() == draw(&name, dtype), "{name}");
            let begin = tensor.data().as_ptr() as usize;
            let first = tensors.tensor("e.q_proj.weight").unwrap().data().as_ptr() as usize;
            assert_eq!((begin - first) as u64 % dtype.size(), 0, "{name}");
        }
        let norm = tensors.tensor("norm.weight").unwrap();
        assert!(norm.data().chunks(2).all(|value| value == [0x80, 0x3f]));
        assert!(tensors.tensor("a.o_proj.bias").unwrap().data() == [0; 6]);
    });
    tensors("--dtype BF16", &|tensors| {
        for name in ["a", "b", "c", "d", "e"].map(|it| format!("{it}.q_proj.weight")) {
            assert!(tensors.tensor(&name).unwrap().data() == draw(&name, BF16), "{name}");
        }
    });
    // A wider dtype than the template's is checked again, and integers are no weights.
    let huge = r#"{"a.q_proj.weight": {"dtype": "F8_E4M3", "shape": [2305843009213693952]}}"#;
    fs::write(at.join("t.json"), huge).unwrap();
    line_in(at, "plan t.json --recipe hf/default").ok();
    line_in(at, "plan t.json --recipe hf/default --dtype f32").fails(1, &["2^63"]);
    fs::write(at.join("t.json"), r#"{"lm_head.weight": {"dtype": "I64", "shape": [4]}}"#).unwrap();
    line_in(at, "plan t.json --recipe hf/default --dtype f32").fails(1, &["lm_head.weight (I64)"]);
    fs::write(at.join("t.json"), r#"{"lm_head.weight": {"dtype": "F64", "shape": [4]}}"#).unwrap();
    line_in(at, "plan t.json --recipe hf/default").ok();
    line_in(at, "plan t.json --recipe hf/default --dtype f32").ok();
}

#[test]
fn the_hugging_face_recipe_covers_its_templates() {
    for (template, dtype, files) in
        [("llama-7b.hf.json", "BF16", 3), ("pythia-160m.hf.json", "F16", 1)]
    {
        let plan = run(&[
            "plan",
            &example(template),
            "--recipe",
            "hf/default",
            "--json",
            "--max-shard-size",
            "5GB",
        ])
        .json();
        let rows = plan.as_array().unwrap();
        let names: std::collections::BTreeSet<_> =
            rows.iter().map(|row| row["file"].as_str().unwrap()).collect();
        assert_eq!(names.len(), files);
        for row in rows {
            let name = row["name"].as_str().unwrap();
            let expected = if name.contains("norm") && name.ends_with("weight") {
                serde_json::json!({"kind": "constant", "value": 1.0})
            } else if name.ends_with("bias") {
                serde_json::json!({"kind": "constant", "value": 0.0})
            } else {
                serde_json::json!({"kind": "normal", "mean": 0.0, "std": f64::from(0.02f32)})
            };
            assert_eq!(
                (row["dtype"].as_str(), &row["distribution"]),
                (Some(dtype), &expected),
                "{name}"
            );
        }
    }
    // A name of another family is not drawn by guess.
    run(&["plan", &example("gpt2.hf.json"), "--recipe", "hf/default"]).fails(1, &["c_attn.weight"]);
}

#[test]
fn outputs_that_cannot_be_are_told() {
    let folder = checkpoint();
    let at = folder.path();
    fs::write(at.join("file"), "mine").unwrap();
    for (line, status, said) in [
        ("--max-shard-size 1MB -o file", 1, "not a folder"),
        ("--max-shard-size 1MB -o none/m", 1, "does not exist"),
        ("--max-shard-size 1MB -o m.safetensors", 1, "without .safetensors"),
        ("--max-shard-size 0 -o m", 2, "one byte or more"),
        ("--max-shard-size 5XB -o m", 2, "GiB"),
        ("-o ref", 1, "--max-shard-size"),
        ("--dtype f128 -o m", 2, "bf16"),
    ] {
        line_in(at, &format!("{INIT} {line}")).fails(status, &[said]);
    }
    #[cfg(target_os = "linux")]
    for line in ["-o /proc/w", "--max-shard-size 1MB -o /proc/m"] {
        line_in(at, &format!("{INIT} {line}")).fails(1, &["/proc"]);
    }
    let index = |map: &str| {
        let text = format!(r#"{{"weight_map": {map}}}"#);
        fs::write(at.join("x.index.json"), text).unwrap();
        line_in(at, "stats x.index.json")
    };
    index(r#"{"w": "../ref/model.safetensors"}"#).fails(1, &["not the name of a file"]);
    index(r#"{"w": "/etc/passwd"}"#).fails(1, &["not the name of a file"]);
    index("{}").fails(1, &["names no files"]);
    index("3").fails(1, &["no index"]);
    line_in(at, "stats .").fails(1, &["neither"]);
    assert_eq!(names(at), ["file", "ref", "t.json", "x.index.json"]);
}

/// A limit on the size of files stands in for a full disk, which takes a mount to make.
#[cfg(unix)]
#[test]
fn a_write_that_fails_leaves_nothing() {
    let folder = checkpoint();
    let at = folder.path();
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"";
    copy(at, "old");
    for out in ["-o w", "--max-shard-size 1MB -o m", "--max-shard-size 200KB -o old --force"] {
        let output = std::process::Command::new("sh")
            .args(["-c", limited])
            .arg(program().get_program())
            .args(words(&format!("{INIT} {out}")))
            .current_dir(at)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("File too large") && !said.contains("panicked"), "{said}");
    }
    assert_eq!(names(&at.join("m")), [""; 0]);
    // The old files are there, but no index says that they are a whole.
    let mut left = names(&at.join("ref"));
    left.retain(|name| !name.ends_with("index.json"));
    assert_eq!(names(&at.join("old")), left);
    assert_eq!(names(at), ["m", "old", "ref", "t.json"]);
}

/// A process that does not outlive its test.
struct Started(std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only there is a process known to be gone")]
fn a_killed_run_leaves_a_hidden_file_that_the_next_removes() {
    let folder = checkpoint();
    let at = folder.path();
    let large = r#"{"lm_head.weight": {"dtype": "F32", "shape": [500000000]}}"#;
    fs::write(at.join("large.json"), large).unwrap();
    copy(at, "m");
    let sibling = ".wgpu-weights-0000000000000000-AbCdEf.partial";
    fs::write(at.join("m").join(sibling), "of another process").unwrap();
    let mut large = Started(
        program()
            .args(words("init large.json --recipe hf/default --seed 1 --device cpu"))
            .args(words("--max-shard-size 1TB -o m --force"))
            .current_dir(at)
            .spawn()
            .unwrap(),
    );
    let unfinished = |name: &String| name.ends_with(".partial") && name != sibling;
    while !names(&at.join("m")).iter().any(unfinished) {
        assert_eq!(large.0.try_wait().unwrap(), None, "it ended by itself");
        std::thread::yield_now();
    }
    drop(large);
    // The old files went first, so that nothing is half old and half new.
    let left = names(&at.join("m"));
    let hidden = |name: &String| name.ends_with(".partial") || name == ".wgpu-weights.lock";
    assert!(left.len() == 3 && left.iter().all(hidden), "{left:?}");
    line_in(at, &format!("{INIT} --max-shard-size 1MB --resume -o m")).ok();
    assert_eq!(names(&at.join("m")), [".model.safetensors.sha256", sibling, "model.safetensors"]);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only there is a process known to be gone")]
fn a_run_killed_at_any_moment_leaves_whole_files() {
    let folder = checkpoint();
    let at = folder.path();
    let init = format!("{INIT} --device cpu --max-shard-size 100KB --resume");
    line_in(at, &format!("{init} -o whole")).ok();
    let whole = contents(&at.join("whole"));
    // From before the first file to after the last, whatever a machine takes for them.
    for round in 0..15 {
        let started = program().args(words(&format!("{init} -o m"))).current_dir(at).spawn();
        let mut started = Started(started.unwrap());
        std::thread::sleep(Duration::from_millis(round));
        started.0.kill().unwrap();
        drop(started);
        let left = if at.join("m").exists() { contents(&at.join("m")) } else { continue };
        for (name, bytes) in left.iter().filter(|(name, _)| !is_temporary(name)) {
            assert!(whole.get(name) == Some(bytes), "{name} after {round} ms");
        }
    }
    line_in(at, &format!("{init} -o m")).ok();
    assert!(contents(&at.join("m")) == whole);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_told() {
    let output = program()
        .args(words("fill --shape 100 --init normal --device cpu -o -"))
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("No space left"), "{said}");
}

#[test]
fn lines_tell_of_files_kept_and_of_none() {
    let folder = checkpoint();
    let at = folder.path();
    let init = format!("{INIT} --device cpu");
    let said = line_in(at, &format!("{init} --max-shard-size 1MB -o m")).ok().err;
    assert!(said.contains("8 parameters in 1 file, ") && !said.contains("kept"), "{said}");
    let said = line_in(at, &format!("{init} --max-shard-size 1MB -o m --resume")).ok().err;
    assert!(said.contains("kB, kept\n") && said.contains("in 1 file (1 kept)"), "{said}");
    let said = line_in(at, &format!("{init} --rank 3 --world-size 4 -o n")).ok().err;
    assert!(said.ends_with("n: nothing to write for rank 3 of 4\n"), "{said}");
    let said = line_in(at, &format!("{init} -o one")).ok().err;
    assert!(said.contains("note: one ") && said.contains("--max-shard-size"), "{said}");
    line_in(at, "init t.json --recipe gpt2 --seed -1 -o x").fails(2, &["invalid value '-1'"]);
    fs::write(at.join("rules.toml"), "[[rule]]\nname = \"z*\"\ndim = 0\n").unwrap();
    let rules = "--tensor-parallel rules.toml --rank 0 --world-size 2 -o p";
    line_in(at, &format!("{init} {rules}")).fails(1, &["rules.toml", "`dim`"]);
    assert!(!at.join("p").exists());
}

/// What a recipe says makes a checkpoint, and not where it lies.
#[test]
fn a_recipe_is_its_content() {
    let folder = checkpoint();
    let at = folder.path();
    let recipe = "[[rule]]\nname = \"*\"\ninit = \"normal\"\nstd = 0.5\n";
    fs::create_dir(at.join("more")).unwrap();
    for name in ["mine.toml", "more/yours.toml"] {
        fs::write(at.join(name), recipe).unwrap();
    }
    let init = |recipe: &str, out: &str, more: &str| {
        format!("init t.json --recipe {recipe} --seed 1 -o {out} {more}")
    };
    let read = |name: &str| fs::read(at.join(name)).unwrap();
    line_in(at, &init("mine.toml", "a.safetensors", "--resume")).ok();
    for recipe in ["./mine.toml", "more/yours.toml", "more/../mine.toml"] {
        line_in(at, &init(recipe, "b.safetensors", "--force")).ok();
        assert!(read("a.safetensors") == read("b.safetensors"), "{recipe}");
        let run = line_in(at, &init(recipe, "a.safetensors", "--resume")).ok();
        assert!(run.err.contains("kept"), "{}", run.err);
    }
    // A copy of a built-in one is that one.
    let printed = line_in(at, "recipes transformer-lens/gpt2").ok();
    fs::write(at.join("copy.toml"), printed.out).unwrap();
    line_in(at, &init("copy.toml", "c.safetensors", "")).ok();
    line_in(at, &init("transformer-lens/gpt2", "d.safetensors", "")).ok();
    assert!(read("c.safetensors") == read("d.safetensors"));
    fs::write(at.join("mine.toml"), format!("{recipe}# another\n")).unwrap();
    line_in(at, &init("mine.toml", "a.safetensors", "--resume"))
        .fails(1, &["its recipe is that of SHA-256"]);
}
