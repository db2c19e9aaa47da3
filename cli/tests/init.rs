//! `init`, read back with the safetensors crate, and `stats` of what it wrote.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{TRANSFORMER_LENS, example, folder, names, run_in};
use safetensors::SafeTensors;
use wgpu_weights::{Distribution, Fill, cpu};

fn twin(name: &str, distribution: Distribution, count: u64, seed: u64) -> Vec<u8> {
    let fill = Fill::new(distribution, [count]).with_seed(seed).with_name(name);
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
        // What is written and what is free; what was made.
        assert_eq!(run.err.lines().count(), 2, "no bar in a pipe: {}", run.err);
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
    ] {
        assert_eq!(said[key], value);
    }
    // What does not change a value is no part of what a checkpoint is.
    assert!(!said.contains_key("crate_version"));
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
fn truncated_normals_are_what_the_recipe_says_on_every_device() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(at.join("t.json"), TRANSFORMER_LENS).unwrap();
    // The variance of what is left within two deviations, as Keras and JAX correct it.
    let recipe = "[vars]\ns = \"0.05 / 0.87962566103423978\"\n[[rule]]\nname = \"*\"\n\
                  init = \"truncated_normal\"\nstd = \"s\"\nlow = \"-2 * s\"\nhigh = \"2 * s\"\n";
    std::fs::write(at.join("r.toml"), recipe).unwrap();
    let std = 0.05 / 0.879_625_661_034_239_8;
    let distribution = Distribution::truncated_normal(0.0, std, -2.0 * std, 2.0 * std).unwrap();
    for device in ["cpu", "gpu"] {
        let init = format!("init t.json --recipe r.toml --seed 3 --device {device} --force -o w");
        common::line_in(at, &init).ok();
        let bytes = std::fs::read(at.join("w")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        for (name, tensor) in tensors.iter() {
            let count = tensor.shape().iter().product::<usize>() as u64;
            assert!(tensor.data() == twin(name, distribution, count, 3), "{name} {device}");
        }
        let stats = run_in(at, &["stats", "w", "--json", "--plot", "p.svg", "--force"]).json();
        assert!((stats[0]["std"].as_f64().unwrap() - 0.05).abs() < 0.001, "{}", stats[0]);
        for row in stats.as_array().unwrap() {
            assert_eq!(row["as_promised"], true, "{row}");
            assert_eq!(row["promised"]["kind"], "truncated_normal");
        }
    }
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
    let header = r#"{"x":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"y":{"dtype":"I16","shape":[1],"data_offsets":[6,8]}}"#;
    let mut data = vec![0x80, 0x3f, 0x00, 0xc0, 0xc0, 0x7f];
    data.extend([0; 2]);
    write("other", header, &data);
    let run = run_in(at, &["stats", "other", "--json"]);
    assert!(run.err.contains("does not say") && run.err.contains("y (I16)"), "{}", run.err);
    let run = run.fails(1, &["not as promised, or not finite: x\n"]);
    let stats: serde_json::Value = serde_json::from_slice(&run.out).unwrap();
    assert_eq!(stats[0]["as_promised"], serde_json::Value::Null);
    assert_eq!((stats[0]["min"].as_f64(), stats[0]["max"].as_f64()), (Some(-2.0), Some(1.0)));
    assert_eq!(stats[0]["nonfinite"], 1);
    assert_eq!(stats[0]["promised"], serde_json::Value::Null);
    write("cut", header, &data[..7]);
    run_in(at, &["stats", "cut"]).fails(1, &["cut"]);
    // What is no safetensors file but text is called what it is.
    std::fs::write(at.join("t.json"), TRANSFORMER_LENS).unwrap();
    std::fs::write(at.join("r.toml"), "[[rule]]\nname = \"*\"\n").unwrap();
    run_in(at, &["stats", "t.json"]).fails(1, &["is JSON; values are read of safetensors files"]);
    run_in(at, &["stats", "r.toml"]).fails(1, &["is TOML; values are read of safetensors files"]);
    let text = run_in(at, &["plan", "r.toml", "--recipe", "gpt2"]).fails(1, &["neither"]);
    assert!(!text.err.contains("bytes"), "{}", text.err);
    run_in(at, &["stats", "other", "--plot", "p.png"]).fails(2, &["p.png", ".svg"]);
    write("hole", r#"{"x":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#, &[0; 4]);
    run_in(at, &["stats", "hole"]).fails(1, &["begins at byte 1"]);
}

#[test]
fn stats_judges_every_tensor() {
    let folder = folder();
    let at = folder.path();
    let line = |line: &str| common::line_in(at, line);
    std::fs::write(at.join("t.json"), TRANSFORMER_LENS).unwrap();
    let truncated = "[[rule]]\nname = \"*\"\ninit = \"truncated_normal\"\n";
    std::fs::write(at.join("r.toml"), truncated).unwrap();
    for dtype in ["f32", "f16", "bf16", "f8_e4m3", "f8_e5m2"] {
        for recipe in ["gpt2", "kaiming_uniform", "mup", "truncated"] {
            let recipe = match recipe {
                "truncated" => "r.toml".into(),
                _ => format!("transformer-lens/{recipe}"),
            };
            line(&format!(
                "init t.json --recipe {recipe} --seed 1 --dtype {dtype} --device cpu --force -o w.safetensors"
            ))
            .ok();
            let stats = line("stats w.safetensors --json").json();
            for row in stats.as_array().unwrap() {
                assert_eq!(row["as_promised"], true, "{recipe} {dtype} {row}");
            }
        }
    }
    // Most values are lost, and still those that were promised.
    for fill in [
        "--init normal --std 0.0011 --dtype f8_e4m3",
        "--init normal --std 0.0002 --dtype f8_e4m3",
        "--init normal --std 1e5 --dtype f16",
        "--init normal --std 3 --mean 1000 --dtype bf16",
        "--init uniform --low 1 --high 1.001 --dtype f8_e5m2",
        "--init constant --value 1e9 --dtype f8_e4m3",
        "--init constant --value 1e-40",
        "--init bits",
        // Below 2^-126 there is only 0.
        "--init uniform --low 1e-39 --high 2e-39",
        "--init uniform --low -1e-39 --high 3e-38 --dtype bf16",
        "--init normal --std 1e-39",
        "--init normal --std 1e-39 --dtype bf16",
        "--init normal --mean 1e-38 --std 2e-38",
        "--init truncated_normal --low 1e-45 --high 1",
        "--init truncated_normal --std 1e-38 --low -2e-38 --high 1e-38",
        "--init truncated_normal --std 1e-38 --low 1e-45 --high 1e-38 --dtype bf16",
        // Bounds hold in every dtype, whatever is rounded.
        "--init uniform --low 1.005 --high 1.006 --dtype bf16",
        "--init uniform --low -1 --high 1e6 --dtype f16",
        "--init uniform --low 0.9 --high 1.2 --dtype f8_e5m2",
        "--init truncated_normal",
        "--init truncated_normal --mean 1 --std 0.5 --low 0.9 --high 1.2 --dtype f8_e5m2",
        "--init truncated_normal --std 0.5 --low 1 --high 40 --dtype f16",
    ] {
        line(&format!("fill --shape 300,400 {fill} --device cpu --force -o w.safetensors")).ok();
        let run = line("stats w.safetensors");
        let table = String::from_utf8_lossy(&run.out).into_owned();
        assert!(run.status == 0 && table.contains("as promised"), "{fill} {table} {}", run.err);
    }
    // Values of one file under the promise of another.
    let line_of = |name: &str, fill: &str| {
        line(&format!("fill --shape 300,400 {fill} --device cpu -o {name}.safetensors")).ok();
        std::fs::read(at.join(format!("{name}.safetensors"))).unwrap()
    };
    let data = 4 * 300 * 400;
    for (at_place, (made, promised, said)) in [
        ("--init normal --std 1.05", "--init normal", "instead of 1"),
        ("--init normal --mean 0.1", "--init normal", "mean 0.1"),
        ("--init uniform --high 2", "--init uniform", "is outside of [0, 1)"),
        ("--init constant --value 2", "--init constant --value 1", "2 instead of 1"),
        ("--init normal --mean 3e38 --std 3e38", "--init normal", "values are infinite"),
        ("--init normal --std 1.1e-38", "--init normal --std 1e-38", "std "),
        ("--init normal --std 1e-39", "--init normal --std 1e-37", "std 0 instead of"),
        ("--init uniform --high 3e-38", "--init uniform --high 2e-38", "is outside of"),
        ("--init truncated_normal --low -3", "--init truncated_normal", "is outside of [-2, 2]"),
        ("--init truncated_normal --std 1.1", "--init truncated_normal", "std "),
        ("--init normal --std 0.4", "--init truncated_normal", "std 0.4"),
    ]
    .into_iter()
    .enumerate()
    {
        let made = line_of(&format!("m{at_place}"), made);
        let mut bytes = line_of(&format!("p{at_place}"), promised);
        let header = bytes.len() - data;
        bytes.truncate(header);
        bytes.extend_from_slice(&made[made.len() - data..]);
        std::fs::write(at.join("w.safetensors"), bytes).unwrap();
        let run = line("stats w.safetensors").fails(1, &["not as promised", "weight"]);
        let table = String::from_utf8_lossy(&run.out).into_owned();
        assert!(table.contains(said), "{said:?} is not in {table}");
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        let run = line("stats w.safetensors --json").fails(1, &["weight"]);
        let stats: serde_json::Value = serde_json::from_slice(&run.out).unwrap();
        assert_eq!(stats[0]["as_promised"], false);
    }
}
