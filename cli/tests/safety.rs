//! The program in real hands: interrupts, links, two runs at once, space, pipes and odd files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{fs, path::Path};

use common::{TRANSFORMER_LENS, example, folder, line_in, names, program, run, run_in, words};

const INIT: &str = "init t.json --recipe transformer-lens/gpt2 --device cpu";

fn template() -> tempfile::TempDir {
    let folder = folder();
    fs::write(folder.path().join("t.json"), TRANSFORMER_LENS).unwrap();
    // More than any of these tests lets a run write.
    let large = r#"{"lm_head.weight": {"dtype": "F32", "shape": [500000000]}}"#;
    fs::write(folder.path().join("large.json"), large).unwrap();
    folder
}

#[cfg(unix)]
mod unix {
    use std::{
        io::Read,
        os::unix::{fs::symlink, process::ExitStatusExt},
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    };

    use super::*;

    /// A run that has begun to write.
    fn begun(at: &Path, out: &str, args: &str) -> Child {
        let args = format!("{args} --recipe hf/default --seed 1 --device cpu");
        let mut child =
            program().args(words(&args)).current_dir(at).stderr(Stdio::null()).spawn().unwrap();
        let partial = |name: &String| name.ends_with(".partial");
        while !at.join(out).exists() || !names(&at.join(out)).iter().any(partial) {
            assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
            std::thread::yield_now();
        }
        child
    }

    fn send(signal: &str, child: &Child) {
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    #[test]
    fn a_signal_leaves_nothing_behind() {
        let folder = template();
        let at = folder.path();
        for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)] {
            fs::create_dir_all(at.join("one")).unwrap();
            let one = "init large.json -o one/w.safetensors";
            for (out, args) in
                [("one", one), ("many", "init large.json --max-shard-size 1TB -o many")]
            {
                let mut child = begun(at, out, args);
                send(signal, &child);
                let status = child.wait().unwrap();
                assert_eq!(status.signal(), Some(number), "{signal} {status}");
                assert_eq!(names(&at.join(out)), [""; 0], "{signal} {out}");
            }
        }
    }

    #[test]
    fn what_a_dead_run_left_goes_without_force() {
        let folder = template();
        let at = folder.path();
        fs::create_dir(at.join("one")).unwrap();
        let mut child = begun(at, "one", "init large.json -o one/w.safetensors");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(names(&at.join("one")).iter().any(|name| name.ends_with(".partial")));
        line_in(at, &format!("{INIT} --seed 1 -o one/w.safetensors")).ok();
        assert_eq!(names(&at.join("one")), ["w.safetensors"]);
    }

    #[test]
    fn links_are_followed_and_nothing_but_files_replaced() {
        let folder = template();
        let at = folder.path();
        fs::write(at.join("real.safetensors"), "old").unwrap();
        symlink("real.safetensors", at.join("link.safetensors")).unwrap();
        symlink("nowhere", at.join("dangling.safetensors")).unwrap();
        symlink("/dev/null", at.join("null.safetensors")).unwrap();
        assert!(
            Command::new("mkfifo").arg(at.join("pipe.safetensors")).status().unwrap().success()
        );
        let fill = "fill --shape 4 --init normal --device cpu";
        line_in(at, &format!("{fill} -o link.safetensors")).fails(1, &["exists; --force"]);
        line_in(at, &format!("{fill} -o link.safetensors --force")).ok();
        assert!(fs::symlink_metadata(at.join("link.safetensors")).unwrap().is_symlink());
        line_in(at, "stats real.safetensors").ok();
        for (name, said) in [
            ("dangling.safetensors", "is a link to nowhere, where nothing is"),
            ("null.safetensors", "is not a regular file"),
            ("pipe.safetensors", "is not a regular file"),
        ] {
            for force in ["", "--force"] {
                line_in(at, &format!("{fill} -o {name} {force}")).fails(1, &[said]);
                line_in(at, &format!("{INIT} --seed 1 -o {name} {force}")).fails(1, &[said]);
            }
        }
        assert!(fs::symlink_metadata(at.join("null.safetensors")).unwrap().is_symlink());
    }

    #[test]
    fn two_checkpoints_are_not_mixed() {
        let folder = template();
        let at = folder.path();
        let args = "init large.json --max-shard-size 1TB -o m --force";
        let mut first = begun(at, "m", args);
        // Of another seed, and of the same.
        let other = format!("{args} --recipe hf/default --seed 2 --device cpu");
        let said = ["another run is writing another checkpoint there"];
        line_in(at, &other).fails(1, &said);
        line_in(at, &format!("{INIT} --seed 1 --max-shard-size 1TB -o m --force")).fails(1, &said);
        send("TERM", &first);
        first.wait().unwrap();
        line_in(at, &format!("{INIT} --seed 2 --max-shard-size 200KB -o m --force")).ok();
        line_in(at, "stats m").ok();
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_a_failure_where_data_was_promised() {
        let fill = ["fill", "--shape", "2199023255552", "--init", "normal", "--device", "cpu"];
        let mut child = program()
            .args([&fill[..], &["-o", "-"]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(13), "{output:?}");
        // A listing has said what it had to say.
        let shell = |line: &str| {
            let program = env!("CARGO_BIN_EXE_wgpu-weights");
            let line = line.replace("PROGRAM", program);
            Command::new("bash").args(["-c", &line]).output().unwrap()
        };
        let template = example("gpt2.hf.json");
        let listing = format!("set -o pipefail; PROGRAM plan {template} --recipe gpt2 | head -n 1");
        assert_eq!(shell(&listing).status.code(), Some(0));
        let closed = shell("PROGRAM fill --shape 4 --init normal --device cpu -o - >&-");
        let said = String::from_utf8_lossy(&closed.stderr).into_owned();
        assert!(
            closed.status.code() == Some(1) && said.contains("standard output is closed"),
            "{said}"
        );
        assert_eq!(
            shell("PROGRAM fill --shape 4 --init normal --device cpu -o - >/dev/null")
                .status
                .code(),
            Some(0)
        );
    }

    #[test]
    fn a_pipe_in_a_digests_place_is_not_waited_for() {
        let folder = template();
        let at = folder.path();
        line_in(at, &format!("{INIT} --seed 1 -o w.safetensors --resume")).ok();
        fs::remove_file(at.join(".w.safetensors.sha256")).unwrap();
        let digest = at.join(".w.safetensors.sha256");
        assert!(Command::new("mkfifo").arg(&digest).status().unwrap().success());
        let args = format!("{INIT} --seed 1 -o w.safetensors --resume");
        let mut child =
            program().args(words(&args)).current_dir(at).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if started.elapsed() > Duration::from_secs(60) {
                child.kill().unwrap();
                panic!("it waits for the pipe");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Drivers panic, crash or hang where an address space is small; the program must not.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_driver_cannot_take_the_program_down() {
        for megabytes in [150, 220, 260, 300, 350, 400, 450, 600] {
            for device in ["auto", "gpu"] {
                let line = format!(
                    "ulimit -v {}; exec timeout 100 {} fill --shape 64 --init normal --device {device} --dry-run",
                    megabytes * 1024,
                    env!("CARGO_BIN_EXE_wgpu-weights")
                );
                let output = Command::new("sh").args(["-c", &line]).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                let status = output.status;
                assert!(!said.contains("panicked"), "{megabytes} {device} {said}");
                match device {
                    "auto" => assert_eq!(status.code(), Some(0), "{megabytes} {said}"),
                    _ => {
                        assert!(matches!(status.code(), Some(0 | 1)), "{megabytes} {status} {said}")
                    }
                }
            }
        }
    }
}

#[test]
fn files_of_two_checkpoints_are_told() {
    let folder = template();
    let at = folder.path();
    let init =
        |seed: u64, out: &str| format!("{INIT} --seed {seed} --max-shard-size 200KB -o {out}");
    line_in(at, &init(1, "a")).ok();
    line_in(at, &init(2, "b")).ok();
    let second = "model-00002-of-00003.safetensors";
    fs::copy(at.join("b").join(second), at.join("a").join(second)).unwrap();
    line_in(at, "stats a").fails(1, &["is of another checkpoint than", "its seed is 2, not 1"]);
    // A contract that is not known.
    let path = at.join("b").join(second);
    let bytes = fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes[8..2000]).into_owned();
    let place = 8 + text.find(r#""contract_version":"1""#).unwrap();
    let mut other = bytes.clone();
    other[place + 20] = b'7';
    fs::write(&path, other).unwrap();
    line_in(at, "stats b").fails(1, &["version 7 of the value contract"]);
}

#[test]
fn a_tensor_that_is_promised_and_not_there_is_told() {
    let folder = template();
    let at = folder.path();
    line_in(at, &format!("{INIT} --seed 1 -o m.safetensors")).ok();
    let bytes = fs::read(at.join("m.safetensors")).unwrap();
    // Another name in the list of tensors; what was promised stays.
    let text = String::from_utf8_lossy(&bytes[8..8 + 4000.min(bytes.len() - 8)]).into_owned();
    let place = 8 + text.find(r#"":{"dtype""#).unwrap() - 1;
    let mut other = bytes;
    other[place] = b'~';
    fs::write(at.join("m.safetensors"), other).unwrap();
    let run = line_in(at, "stats m.safetensors").fails(1, &["promised and not there: "]);
    assert!(!run.out.is_empty());
}

#[test]
fn what_nobody_can_read_is_not_written() {
    let folder = folder();
    let at = folder.path();
    let fill = |args: &str| {
        line_in(at, &format!("fill --init normal --device cpu -o w.safetensors {args}"))
    };
    fill("--shape 4 --name __metadata__").fails(1, &["__metadata__", "choose another"]);
    fill("--shape 4294967296,4294967296,0").fails(1, &["the safetensors library does not read"]);
    fill("--shape 18446744073709551615,0").fails(1, &["2^63-1"]);
    assert_eq!(names(at), [""; 0]);
    fill("--shape 4294967296,0,4294967296").ok();
}

#[test]
fn what_does_not_fit_is_not_begun() {
    let folder = folder();
    let at = folder.path();
    let huge = r#"{"lm_head.weight": {"dtype": "F32", "shape": [1000000000000000]}}"#;
    fs::write(at.join("huge.json"), huge).unwrap();
    let init = "init huge.json --recipe hf/default --seed 1 --device cpu";
    let said = ["takes 4.00 PB, and", "are free there", "--ignore-space"];
    line_in(at, &format!("{init} -o w.safetensors")).fails(1, &said);
    line_in(at, &format!("{init} --max-shard-size 1TB -o m")).fails(1, &said);
    let fill = "fill --shape 1000000,1000000000 --init normal --device cpu";
    line_in(at, &format!("{fill} -o w.safetensors")).fails(1, &said);
    assert_eq!(names(at), ["huge.json"]);
    let dry = line_in(at, &format!("{fill} --dry-run")).ok();
    assert!(dry.err.contains("would be made on cpu"), "{}", dry.err);
    let small = line_in(at, "fill --shape 4 --init normal --device cpu -o w.safetensors").ok();
    assert!(
        small.err.starts_with("writing ") && small.err.contains(" are free\n"),
        "{}",
        small.err
    );
}

#[test]
fn variables_that_name_no_device_are_errors() {
    for (variable, said) in [
        ("WGPU_BACKEND", "WGPU_BACKEND asks for `nonsense`"),
        ("WGPU_ADAPTER_NAME", "no adapter has `nonsense` in its name"),
    ] {
        let output = program()
            .args(words("fill --shape 4 --init normal --dry-run"))
            .env(variable, "nonsense")
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && err.contains(said), "{err}");
    }
    let output = program()
        .args(words("fill --shape 4096 --init normal --device cpu -o -"))
        .env("RAYON_NUM_THREADS", "100000")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 4 * 4096));
}

#[test]
fn texts_are_told_for_what_they_are() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("README.md"), "# A text\n\nof several lines.\n").unwrap();
    fs::write(at.join("t.json"), r#"{"w": {"dtype": "float32", "shape": [3]}}"#).unwrap();
    line_in(at, "stats README.md").fails(1, &["it is text; values are read of safetensors files"]);
    line_in(at, "stats t.json").fails(1, &["it is JSON; values are read of safetensors files"]);
    line_in(at, "plan t.json --recipe gpt2").fails(1, &["float32", r#"write "F32""#]);
    fs::write(at.join("t.json"), r#"{"w": {"dtype": "torch.bfloat16", "shape": [3]}}"#).unwrap();
    line_in(at, "plan t.json --recipe gpt2").fails(1, &[r#"write "BF16""#]);
    fs::write(at.join("t.json"), r#"{"w": {"dtype": "F32"}}"#).unwrap();
    let run = line_in(at, "plan t.json --recipe gpt2").fails(1, &["missing field `shape`"]);
    assert!(!run.err.contains("struct"), "{}", run.err);
}

/// A ResNet's counters, once and shortened, with the rule to add; with it, a checkpoint without them.
#[test]
fn counters_are_told_once_with_the_rule_to_add() {
    let folder = folder();
    let at = folder.path();
    let mut tensors =
        vec![r#""conv1.weight": {"dtype": "F32", "shape": [64, 3, 7, 7]}"#.to_owned()];
    for layer in 0..20 {
        for name in ["weight", "bias", "running_mean", "running_var"] {
            tensors.push(format!(r#""bn{layer}.{name}": {{"dtype": "F32", "shape": [64]}}"#));
        }
        tensors
            .push(format!(r#""bn{layer}.num_batches_tracked": {{"dtype": "I64", "shape": []}}"#));
    }
    tensors.push(r#""fc.weight": {"dtype": "F32", "shape": [10, 64]}"#.to_owned());
    tensors.push(r#""fc.bias": {"dtype": "F32", "shape": [10]}"#.to_owned());
    fs::write(at.join("t.json"), format!("{{{}}}", tensors.join(",\n"))).unwrap();
    fs::write(at.join("r.toml"), "[[rule]]\nname = \"*\"\ninit = \"normal\"\n").unwrap();
    let run = line_in(at, "plan t.json --recipe r.toml").fails(
        1,
        &[
            "20 parameters have a dtype that is not drawn",
            "bn0.num_batches_tracked (I64)",
            "and 12 more",
            "init = \"omit\", first in the recipe, for the names",
            "*bn0.num_batches_tracked",
        ],
    );
    assert!(run.err.lines().count() < 16, "{}", run.err);
    let plan = line_in(at, "plan t.json --recipe torch --json").json();
    let of = |name: &str| {
        let row = plan.as_array().unwrap().iter().find(|row| row["name"] == name);
        row.map(|row| row["distribution"].clone())
    };
    assert_eq!(of("bn3.num_batches_tracked"), None);
    assert_eq!(of("bn3.weight").unwrap()["value"], 1.0);
    assert_eq!(of("bn3.bias").unwrap()["value"], 0.0);
    assert_eq!(of("bn3.running_var").unwrap()["value"], 1.0);
    let eighth = 0.125;
    assert!((of("fc.weight").unwrap()["high"].as_f64().unwrap() - eighth).abs() < 1e-7);
    assert!((of("fc.bias").unwrap()["high"].as_f64().unwrap() - eighth).abs() < 1e-7);
    assert_eq!(of("fc.bias").unwrap()["kind"], "uniform");
}

#[test]
fn a_variable_of_any_recipe_can_be_set() {
    let gpt2 = example("gpt2.hf.json");
    let std = |set: &[&str]| {
        let args = [&["plan", &gpt2, "--recipe", "gpt2", "--json"], set].concat();
        run(&args).json()[0]["distribution"]["std"].clone()
    };
    assert_eq!(std(&["--set", "initializer_range=0.04"]), f64::from(0.04f32));
    assert_eq!(std(&["--set", "initializer_range = 0.02 * 3"]), f64::from(0.06f32));
    let wrong = ["plan", &gpt2, "--recipe", "gpt2", "--set", "initialiser_range=1"];
    run(&wrong).fails(1, &["did you mean `initializer_range`?"]);
    run(&["plan", &gpt2, "--recipe", "gpt2", "--set", "x"]).fails(2, &["NAME=VALUE"]);
    // It is another recipe, and says so.
    let folder = template();
    let at = folder.path();
    let fill = |set: &str, out: &str| {
        let init = "init large.json --recipe hf/default --seed 1 --device cpu --dtype f8_e4m3";
        fs::write(at.join("large.json"), r#"{"lm_head.weight": {"dtype": "F32", "shape": [500]}}"#)
            .unwrap();
        line_in(at, &format!("{init} {set} -o {out}")).ok();
        fs::read(at.join(out)).unwrap()
    };
    let set = fill("--set initializer_range=0.5", "a.safetensors");
    assert!(set != fill("", "b.safetensors"));
    assert!(String::from_utf8_lossy(&set).contains("hf/default --set initializer_range=0.5"));
    run_in(at, &["stats", "a.safetensors"]).ok();
}
