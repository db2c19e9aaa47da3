//! `fill`: the same bytes on every device and in every window; what is wrong is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{folder, names, program, run, run_in};
use sha2::{Digest, Sha256};

const INITS: [&[&str]; 8] = [
    &["--init", "kaiming_normal", "--nonlinearity", "leaky_relu", "--a", "-0.5"],
    &["--init", "xavier_uniform", "--gain", "2", "--convention", "torch"],
    &["--init", "normal", "--mean", "-1e-3", "--std", "0.02"],
    &["--init", "uniform", "--low", "-3", "--high", "-1"],
    &["--init", "truncated_normal"],
    // Far out on one side.
    &["--init", "truncated_normal", "--std", "0.02", "--low", "0.1", "--high", "0.3"],
    &["--init", "constant", "--value", "-0.5"],
    &["--init", "bits"],
];

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The raw bytes on standard output, and the JSON on standard error.
fn raw(args: &[&str]) -> (Vec<u8>, serde_json::Value) {
    let run = run(&[&["fill", "--json", "-o", "-"], args].concat()).ok();
    let json = serde_json::from_str(&run.err).unwrap();
    (run.out, json)
}

#[test]
fn a_gpu_and_the_cpu_give_the_same_bytes() {
    for init in INITS {
        let of = |device: &str| {
            raw(&[
                init,
                &["--shape", "3,500,701", "--seed", "0xffffffffffffffff", "--name", "W"],
                &["--device", device],
            ]
            .concat())
        };
        let ((cpu, told), (gpu, by_gpu)) = (of("cpu"), of("gpu"));
        assert!(cpu == gpu, "{init:?}");
        assert_eq!(cpu.len(), 4 * 3 * 500 * 701);
        assert_eq!(told["sha256"], hex(&cpu));
        assert_eq!(told["sha256"], by_gpu["sha256"]);
        assert_eq!((told["device"].as_str(), told["backend"].as_str()), (Some("cpu"), Some("cpu")));
        assert_ne!(by_gpu["backend"], "cpu");
        assert_eq!(told["stream"], wgpu_weights::stream_of("W"));
        assert_eq!(told["seed"], u64::MAX);
    }
}

#[test]
fn windows_are_slices_of_the_whole() {
    for init in INITS {
        for device in ["cpu", "gpu"] {
            let common = [init, &["--shape", "70,1000", "--device", device]].concat();
            let (whole, _) = raw(&common);
            let (window, told) =
                raw(&[&common[..], &["--start", "12345", "--count", "6789"]].concat());
            assert!(window == whole[4 * 12345..4 * (12345 + 6789)], "{init:?} {device}");
            assert_eq!((told["start"].as_u64(), told["count"].as_u64()), (Some(12345), Some(6789)));
            let (rest, _) = raw(&[&common[..], &["--start", "69999"]].concat());
            assert!(rest == whole[4 * 69999..]);
        }
    }
}

#[test]
fn many_chunks_keep_their_order_on_every_device() {
    let common = ["--shape", "13000001", "--init", "bits", "--start", "1"];
    let (cpu, _) = raw(&[&common[..], &["--device", "cpu"]].concat());
    let (gpu, _) = raw(&[&common[..], &["--device", "gpu"]].concat());
    assert_eq!(cpu.len(), 52_000_000);
    assert!(cpu == gpu);
}

#[test]
fn a_window_of_a_tensor_larger_than_any_memory() {
    let (bytes, told) = raw(&[
        "--shape",
        "2199023255552",
        "--start",
        "1099511627777",
        "--count",
        "5000000",
        "--init",
        "normal",
    ]);
    assert_eq!(bytes.len(), 20_000_000);
    assert_eq!(told["shape"], serde_json::json!([2_199_023_255_552_u64]));
}

#[test]
fn json_tells_what_was_made() {
    let told = run(&[
        "fill",
        "--shape",
        "12,768,64",
        "--init",
        "kaiming_normal",
        "--dry-run",
        "--json",
        "--device",
        "cpu",
    ])
    .json();
    let expected = serde_json::json!({
        "name": "weight", "shape": [12, 768, 64], "dtype": "F32", "start": 0, "count": 589_824,
        "fan_in": 768, "fan_out": 768,
        "distribution": {"kind": "normal", "mean": 0.0, "std": f64::from((2.0f64 / 768.0).sqrt() as f32)},
        "seed": 0, "stream": 0, "device": "cpu", "backend": "cpu",
    });
    assert_eq!(told, expected);
    let told =
        run(&["fill", "--shape", "", "--init", "bits", "--stream", "0x10", "--dry-run", "--json"])
            .json();
    assert_eq!(told["count"], 1);
    assert_eq!(told["stream"], 16);
    assert_eq!(told["dtype"], "U32");
    assert_eq!(told["fan_in"], serde_json::Value::Null);
    assert_eq!(told["distribution"], serde_json::json!({"kind": "bits"}));
    let told =
        run(&["fill", "--shape", "3", "--init", "truncated_normal", "--dry-run", "--json"]).json();
    let within_two = serde_json::json!({"kind": "truncated_normal", "mean": 0.0, "std": 1.0, "low": -2.0, "high": 2.0});
    assert_eq!(told["distribution"], within_two);
    assert_eq!(told["fan_in"], serde_json::Value::Null);
}

#[test]
fn the_file_is_safetensors() {
    let folder = folder();
    let json = run_in(
        folder.path(),
        &[
            "fill",
            "--shape",
            "3,5",
            "--init",
            "uniform",
            "--name",
            "a \"b\"\n",
            "--json",
            "-o",
            "w.safetensors",
        ],
    )
    .json();
    assert_eq!(names(folder.path()), ["w.safetensors"]);
    let bytes = std::fs::read(folder.path().join("w.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor("a \"b\"\n").unwrap();
    assert_eq!((tensor.shape(), tensor.dtype()), (&[3, 5][..], safetensors::Dtype::F32));
    assert_eq!(json["sha256"], hex(tensor.data()));
    assert_eq!((bytes.len() - tensor.data().len()) % 8, 0);

    run_in(folder.path(), &["fill", "--shape", "3,5", "--start", "4", "--init", "bits", "-o", "b"])
        .ok();
    let bytes = std::fs::read(folder.path().join("b")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor("weight").unwrap();
    assert_eq!((tensor.shape(), tensor.dtype()), (&[11][..], safetensors::Dtype::U32));
}

#[test]
fn files_that_exist_are_kept_without_force() {
    let folder = folder();
    let path = folder.path().join("w");
    std::fs::write(&path, "mine").unwrap();
    let fill = ["fill", "--shape", "3", "--init", "uniform", "-o", "w"];
    run_in(folder.path(), &fill).fails(1, &["w exists", "--force"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    run_in(folder.path(), &[&fill[..], &["--force"]].concat()).ok();
    assert_ne!(std::fs::read(&path).unwrap(), b"mine");
    run_in(folder.path(), &["fill", "--shape", "3", "--init", "uniform", "-o", "none/w"])
        .fails(1, &["none", "does not exist"]);
    run_in(folder.path(), &["fill", "--shape", "3", "--init", "uniform", "-o", ".", "--force"])
        .fails(1, &[]);
    assert_eq!(names(folder.path()), ["w"]);
}

#[cfg(unix)]
#[test]
fn files_have_the_mode_of_any_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    std::fs::write(folder.path().join("ordinary"), "").unwrap();
    run_in(folder.path(), &["fill", "--shape", "3", "--init", "uniform", "-o", "w"]).ok();
    let mode = |name| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("w"), mode("ordinary"));
}

#[test]
fn what_has_no_effect_or_no_sense_is_a_usage_error() {
    for (args, said) in [
        (&["--init", "constant", "--std", "1"][..], "`--std` has no effect on `constant`"),
        (&["--init", "normal", "--gain", "2"], "`--gain` has no effect on `normal`"),
        (&["--init", "truncated_normal", "--gain", "2"], "which takes `--mean`, `--std`, `--low`"),
        (&["--init", "bits", "--value", "2"], "takes no argument"),
        (&["--init", "xavier_normal", "--mode", "fan_in"], "`--mode`"),
        (&["--init", "normal", "--name", "W", "--stream", "1"], "cannot be used with"),
        (&["--init", "normal", "--seed", "18446744073709551616"], "2^64-1"),
        (&["--init", "normal", "--seed", "-1"], "invalid value '-1' for '--seed"),
        (&["--init", "normal", "--stream", "-1"], "invalid value '-1' for '--stream"),
        (&["--init", "normal", "--start", "-1"], "invalid value '-1' for '--start"),
        (&["--init", "normal", "--count", "-1"], "invalid value '-1' for '--count"),
        (&["--init", "orthodox"], "orthodox"),
        (&["--init", "kaiming_normal", "--nonlinearity", "gelu"], "gelu"),
        (&["--init", "normal", "--std", "-1"], "`std` is -1; it must be zero or more"),
        (&["--init", "normal", "--std", "nan"], "`std` is NaN; it must be a finite number"),
        (&["--init", "kaiming_normal", "--a", "inf"], "`a` is inf; it must be a finite number"),
        (&["--init", "normal", "--device", "tpu"], "tpu"),
    ] {
        run(&[&["fill", "--shape", "3,4", "--dry-run"], args].concat()).fails(2, &[said]);
    }
    for shape in ["3,-4", "3,,4", "3.5", "x"] {
        run(&["fill", "--init", "normal", "--dry-run", "--shape", shape]).fails(2, &["shape"]);
    }
    run(&["fill", "--init", "normal", "--shape", "3"]).fails(2, &["--out"]);
}

#[test]
fn what_cannot_be_made_fails_with_the_value() {
    for (args, said) in [
        (&["--shape", "3", "--init", "uniform", "--low", "2"][..], "low is 2"),
        (&["--shape", "3", "--init", "truncated_normal", "--low", "3"], "low is 3 and high is 2"),
        (&["--shape", "3", "--init", "truncated_normal", "--mean", "15"], "13.0 standard"),
        (&["--shape", "", "--init", "xavier_normal"], "[]"),
        (&["--shape", "3", "--init", "xavier_normal", "--convention", "torch"], "torch convention"),
        (&["--shape", "4294967296,4294967296", "--init", "normal"], "2^64"),
        (&["--shape", "2305843009213693952", "--init", "normal"], "no file holds"),
        (&["--shape", "10", "--init", "normal", "--start", "11"], "--start 11"),
        (&["--shape", "10", "--init", "normal", "--start", "5", "--count", "6"], "--count 6"),
        (&["--shape", "10", "--init", "normal", "--device", "99"], "no adapter 99"),
    ] {
        run(&[&["fill", "--dry-run"], args].concat()).fails(1, &[said]);
    }
}

#[test]
fn no_adapter_is_an_error_for_gpu_and_none_for_auto() {
    let with = |device: &str| {
        let output = program()
            .args([
                "fill",
                "--shape",
                "3",
                "--init",
                "normal",
                "--dry-run",
                "--json",
                "--device",
                device,
            ])
            .env("WGPU_BACKEND", "noop")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(with("auto").0, Some(0));
    let (status, said) = with("gpu");
    assert_eq!(status, Some(1));
    assert!(said.contains("--device cpu"), "{said}");
}
