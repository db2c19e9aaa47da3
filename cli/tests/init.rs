//! `init`, read back with the safetensors crate, and `stats` of what it wrote.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{TRANSFORMER_LENS, example, folder, names, run_in};
use safetensors::SafeTensors;
use wgpu_weights::{Distribution, Fill, cpu};

fn twin(name: &str, distribution: Distribution, count: u64, seed: u64) -> Vec<u8> {
    let fill = Fill::new(distribution, count).seed(seed).name(name);
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(&fill, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_checkpoint_holds_what_the_recipe_says_on_every_device() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("t.json"), TRANSFORMER_LENS).unwrap();
    for (device, out) in [("cpu", "cpu.safetensors"), ("gpu", "gpu.safetensors")] {
        let run = run_in(
            at,
            &[
                "init",
                "t.json",
                "--recipe",
                "transformer-lens/gpt2",
                "--seed",
                "42",
                "--device",
                device,
                "-o",
                out,
            ],
        )
        .ok();
        assert!(run.err.contains("8 parameters"), "{}", run.err);
        assert!(run.out.is_empty());
        assert_eq!(run.err.lines().count(), 1, "no bar in a pipe: {}", run.err);
    }
    let bytes = std::fs::read(at.join("cpu.safetensors")).unwrap();
    assert!(bytes == std::fs::read(at.join("gpu.safetensors")).unwrap());
    assert_eq!(names(at), ["cpu.safetensors", "gpu.safetensors", "t.json"]);

    let (length, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(length % 8, 0);
    let said = metadata.metadata().as_ref().unwrap();
    for (key, value) in [
        ("format", "pt"),
        ("seed", "42"),
        ("recipe", "transformer-lens/gpt2"),
        ("contract_version", "1"),
        ("crate_version", env!("CARGO_PKG_VERSION")),
    ] {
        assert_eq!(said[key], value);
    }
    let order: Vec<_> = metadata.offset_keys();
    let last = order.iter().position(|name| name == "unembed.b_U");
    assert_eq!(last, Some(7));

    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.len(), 8);
    let std = 0.8 / 64f64.sqrt();
    for (name, shape) in [
        ("embed.W_E", &[1000, 64][..]),
        ("blocks.0.attn.W_Q", &[4, 64, 16]),
        ("blocks.0.mlp.W_none", &[64, 0]),
        ("unembed.W_U", &[64, 1000]),
    ] {
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.shape(), shape);
        let count = shape.iter().product::<usize>() as u64;
        let expected = twin(name, Distribution::normal(0.0, std).unwrap(), count, 42);
        assert!(tensor.data() == expected, "{name}");
    }
    let all = |name: &str, value: f32| {
        tensors.tensor(name).unwrap().data().chunks(4).all(|bytes| bytes == value.to_le_bytes())
    };
    assert!(all("ln_final.w", 1.0) && all("ln_final.b", 0.0));
    assert!(all("blocks.0.attn.b_Q", 0.0) && all("unembed.b_U", 0.0));

    // The checkpoint is a template too, and not overwritten.
    run_in(
        at,
        &[
            "init",
            "cpu.safetensors",
            "--recipe",
            "transformer-lens/gpt2",
            "--seed",
            "42",
            "-o",
            "again.safetensors",
        ],
    )
    .ok();
    assert!(bytes == std::fs::read(at.join("again.safetensors")).unwrap());
    run_in(
        at,
        &[
            "init",
            "cpu.safetensors",
            "--recipe",
            "transformer-lens/mup",
            "--seed",
            "1",
            "-o",
            "cpu.safetensors",
        ],
    )
    .fails(1, &["exists", "--force"]);
    assert!(bytes == std::fs::read(at.join("cpu.safetensors")).unwrap());

    let stats = run_in(at, &["stats", "cpu.safetensors", "--json", "--plot", "p.svg"]).json();
    assert_eq!(stats[0]["n"], 64000);
    assert!((stats[0]["std"].as_f64().unwrap() - 0.1).abs() < 0.001);
    assert_eq!(stats[0]["promised"]["std"], f64::from(0.1f32));
    assert_eq!(stats[2]["distinct"], 1);
    assert_eq!(stats[3]["mean"], serde_json::Value::Null);
    assert!(std::fs::read_to_string(at.join("p.svg")).unwrap().contains("embed.W_E"));
    run_in(at, &["stats", "cpu.safetensors", "--plot", "p.svg"]).fails(1, &["p.svg exists"]);
}

#[test]
fn the_whole_of_gpt2() {
    let folder = folder();
    let at = folder.path();
    run_in(
        at,
        &[
            "init",
            &example("gpt2.hf.json"),
            "--recipe",
            "gpt2",
            "--seed",
            "7",
            "--device",
            "cpu",
            "-o",
            "m.safetensors",
        ],
    )
    .ok();
    let bytes = std::fs::read(at.join("m.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.len(), 148);
    for (name, tensor) in tensors.iter() {
        let count = tensor.shape().iter().product::<usize>() as u64;
        let distribution = if name.ends_with(".bias") {
            Distribution::constant(0.0)
        } else if name.contains(".ln_") {
            Distribution::constant(1.0)
        } else if name.ends_with("c_proj.weight") {
            Distribution::normal(0.0, 0.02 / 24f64.sqrt())
        } else {
            Distribution::normal(0.0, 0.02)
        };
        assert!(tensor.data() == twin(name, distribution.unwrap(), count, 7), "{name}");
    }
}

#[test]
fn names_without_the_prefix_and_a_head_are_gpt2_too() {
    let folder = folder();
    let template = r#"{"wte.weight": {"dtype": "F32", "shape": [10, 4]},
        "h.0.ln_1.weight": {"dtype": "F32", "shape": [4]}, "h.1.ln_1.weight": {"dtype": "F32", "shape": [4]},
        "h.0.attn.c_proj.weight": {"dtype": "F32", "shape": [4, 4]},
        "lm_head.weight": {"dtype": "F32", "shape": [10, 4]}}"#;
    std::fs::write(folder.path().join("t.json"), template).unwrap();
    let plan = run_in(folder.path(), &["plan", "t.json", "--recipe", "gpt2", "--json"]).json();
    assert_eq!(plan[3]["distribution"]["std"], f64::from(0.01f32));
    assert_eq!(plan[4]["distribution"]["std"], f64::from(0.02f32));
    assert_eq!(plan[1]["distribution"], serde_json::json!({"kind": "constant", "value": 1.0}));
}

#[test]
fn stats_of_a_file_from_elsewhere_and_of_a_broken_one() {
    let folder = folder();
    let at = folder.path();
    let write = |name: &str, header: &str, data: &[u8]| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        std::fs::write(at.join(name), bytes).unwrap();
    };
    let header = r#"{"x":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"y":{"dtype":"I64","shape":[1],"data_offsets":[6,14]}}"#;
    let mut data = vec![0x80, 0x3f, 0x00, 0xc0, 0xc0, 0x7f];
    data.extend([0; 8]);
    write("other", header, &data);
    let run = run_in(at, &["stats", "other", "--json"]);
    assert!(run.err.contains("does not say") && run.err.contains("y (I64)"), "{}", run.err);
    let stats = run.json();
    assert_eq!((stats[0]["min"].as_f64(), stats[0]["max"].as_f64()), (Some(-2.0), Some(1.0)));
    assert_eq!(stats[0]["nonfinite"], 1);
    assert_eq!(stats[0]["promised"], serde_json::Value::Null);
    write("cut", header, &data[..13]);
    run_in(at, &["stats", "cut"]).fails(1, &["cut"]);
    write("hole", r#"{"x":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#, &[0; 4]);
    run_in(at, &["stats", "hole"]).fails(1, &["begins at byte 1"]);
}
