//! `fill --shard` and `--dtype`: slices of the whole, in every dtype and on every device.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{folder, line_in, run, words};
use safetensors::SafeTensors;
use wgpu_weights::{Distribution, Dtype, Fill, Kaiming, cpu, kaiming_normal};

const DTYPES: [&str; 5] = ["f32", "f16", "bf16", "f8_e4m3", "f8_e5m2"];

fn raw(line: &str) -> (Vec<u8>, serde_json::Value) {
    let run = run(&[&["fill", "--json", "-o", "-"], &words(line)[..]].concat()).ok();
    let json = serde_json::from_str(&run.err).unwrap();
    (run.out, json)
}

/// Rows `range` of dimension `dim`, copied out of the whole.
fn slice(whole: &[u8], shape: [usize; 3], dim: usize, range: [usize; 2], size: usize) -> Vec<u8> {
    let inner: usize = shape[dim + 1..].iter().product::<usize>() * size;
    whole
        .chunks(shape[dim] * inner)
        .flat_map(|outer| &outer[range[0] * inner..range[1] * inner])
        .copied()
        .collect()
}

/// What `init` draws, in every dtype and on every device; its fans are those of the whole.
fn shards_are_slices(init: &str, distribution: Distribution, fans: [Option<u64>; 2]) {
    let shape = [7, 10, 36];
    for (name, &dtype) in DTYPES.into_iter().zip(Dtype::FLOATS) {
        let fill =
            Fill::new(distribution, [7, 10, 36]).with_seed(3).with_name("W").with_dtype(dtype);
        let mut whole = vec![0; fill.bytes().unwrap() as usize];
        cpu::fill(&fill, &mut whole).unwrap();
        let common = format!("--shape 7,10,36 --init {init} --seed 3 --name W --dtype {name}");
        for device in ["cpu", "gpu"] {
            let (bytes, told) = raw(&format!("{common} --device {device}"));
            assert!(bytes == whole, "{name} {device}");
            assert_eq!(told["dtype"], dtype.name());
            assert_eq!(told.get("shard"), None);
            for (dim, index, count, range) in [
                (0, 1, 3, [3, 6]),
                (1, 2, 3, [8, 10]),
                (2, 4, 5, [32, 36]),
                (0, 4, 5, [7, 7]),
                (0, 0, 1, [0, 7]),
            ] {
                let (bytes, told) =
                    raw(&format!("{common} --device {device} --shard {dim}:{index}/{count}"));
                let expected = slice(&whole, shape, dim, range, dtype.size() as usize);
                assert!(bytes == expected, "{name} {device} {dim}:{index}/{count}");
                let mut part = shape;
                part[dim] = range[1] - range[0];
                let shard = serde_json::json!({
                    "dim": dim, "index": index, "count": count, "range": range, "shape": part
                });
                assert_eq!(told["shard"], shard);
                assert_eq!(told["shape"], serde_json::json!(shape));
                assert_eq!(told["count"], part.iter().product::<usize>());
                assert_eq!([told["fan_in"].as_u64(), told["fan_out"].as_u64()], fans);
            }
        }
    }
}

#[test]
fn shards_are_slices_of_the_whole() {
    let kaiming = kaiming_normal(&[7, 10, 36], Kaiming::default()).unwrap();
    shards_are_slices("kaiming_normal", kaiming, [Some(10), Some(252)]);
    let truncated = Distribution::truncated_normal(0.1, 1.0, -0.9, 2.1).unwrap();
    let init = "truncated_normal --mean 0.1 --low -0.9 --high 2.1";
    shards_are_slices(init, truncated, [None; 2]);
}

#[test]
fn a_window_of_a_shard_counts_its_elements() {
    let common = "--shape 7,10,36 --init uniform --shard 1:2/3";
    let (shard, _) = raw(common);
    let (window, told) = raw(&format!("{common} --start 100 --count 50"));
    assert!(window == shard[400..600]);
    // Row 1, column 8 and 28 more: 100 = 72 + 28.
    assert_eq!(told["start"], 360 + 8 * 36 + 28);
    assert_eq!(told["count"], 50);
    run(&words(&format!("fill --dry-run {common} --start 505")))
        .fails(1, &["504 elements of shard"]);
}

#[test]
fn the_file_has_the_shape_of_the_shard() {
    let folder = folder();
    for (flags, shape) in [
        ("--shard 1:2/3", &[7, 2, 36][..]),
        ("--shard 0:4/5", &[0, 10, 36]),
        ("--shard 1:2/3 --count 5", &[5]),
    ] {
        let fill = "fill --shape 7,10,36 --init normal --dtype bf16 --force -o w";
        line_in(folder.path(), &format!("{fill} {flags}")).ok();
        let bytes = std::fs::read(folder.path().join("w")).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let said = header.metadata().as_ref().unwrap();
        assert_eq!(said["whole_shape"], "[7,10,36]");
        assert!(said["shard"].contains("\"dim\""), "{}", said["shard"]);
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let tensor = tensors.tensor("weight").unwrap();
        assert_eq!((tensor.shape(), tensor.dtype()), (shape, safetensors::Dtype::BF16));
    }
}

#[test]
fn what_cannot_be_sharded_is_told() {
    let fill = "fill --shape 4,6 --init normal --dry-run";
    for (flags, status, said) in [
        ("--shard 2:0/2", 1, "no dimension 2"),
        ("--shard 0:2/2", 2, "not below"),
        ("--shard 0:0/0", 2, "not below"),
        ("--shard -1:0/2", 2, "-1"),
        ("--shard 1", 2, "DIM:INDEX/COUNT"),
        ("--dtype f128", 2, "bf16"),
    ] {
        run(&words(&format!("{fill} {flags}"))).fails(status, &[said]);
    }
    run(&words("fill --shape 4,6 --init bits --dtype f32 --dry-run")).fails(2, &["bits"]);
    run(&words("fill --shape 4294967296,4294967296 --init bits --shard 0:0/9 --dry-run"))
        .fails(1, &["2^64"]);
}

#[test]
fn a_line_tells_of_the_shard() {
    let said = |flags: &str| {
        let fill = "fill --shape 4,6 --init normal --device cpu --dry-run --shard";
        run(&words(&format!("{fill} {flags}"))).ok().err
    };
    for (flags, part) in [
        ("1:1/3", "shard 1/3 of dimension 1: [4, 2] of [4, 6], 32 bytes"),
        ("0:4/5", "shard 4/5 of dimension 0: empty, [0, 6] of [4, 6], 0 bytes"),
        ("0:0/2 --start 3 --count 1", "[2, 6] of [4, 6], 1 element from 3 of it, 4 bytes"),
    ] {
        assert!(said(flags).contains(part), "{part:?} is not in {:?}", said(flags));
    }
}

#[test]
fn what_a_narrow_dtype_loses_is_noted() {
    let fill = "fill --shape 4,6 --device cpu --dry-run --init";
    let run = |line: &str| run(&words(&format!("{fill} {line}")));
    run("constant --value -7e4 --dtype f16").fails(1, &["-70000", "F16", "65504"]);
    run("constant --value 3.4e38 --dtype bf16").fails(1, &["BF16", "3.3895e38"]);
    let noted = run("normal --std 1e-9 --dtype f16").ok().err;
    assert!(noted.starts_with("note: ") && noted.contains("2^-24"), "{noted}");
    assert!(!run("normal --std 0.1 --dtype f16").ok().err.contains("note"));
}
