//! `check`: ours bit for bit, anyone's by its laws, and what is said where something is wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{folder, line_in};
use serde_json::{Value, json};

/// A small Llama: its header and its configuration.
fn model(folder: &std::path::Path) {
    let mut header = serde_json::Map::new();
    let mut tensor = |name: &str, shape: &[u64]| {
        header.insert(name.into(), json!({"dtype": "F32", "shape": shape}));
    };
    tensor("model.embed_tokens.weight", &[300, 64]);
    for layer in 0..2 {
        tensor(&format!("model.layers.{layer}.input_layernorm.weight"), &[64]);
        tensor(&format!("model.layers.{layer}.self_attn.q_proj.weight"), &[64, 64]);
        tensor(&format!("model.layers.{layer}.mlp.down_proj.weight"), &[64, 160]);
    }
    fs::write(folder.join("header.json"), Value::Object(header).to_string()).unwrap();
    let config = json!({"model_type": "llama", "initializer_range": 0.03, "pad_token_id": 2});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

/// The file without what it says of itself.
fn foreign(path: &std::path::Path) {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    header.as_object_mut().unwrap().remove("__metadata__");
    let header = header.to_string().into_bytes();
    let length = (header.len() as u64).to_le_bytes();
    fs::write(path, [&length[..], &header, &bytes[8 + length_of(&bytes)..]].concat()).unwrap();
}

fn length_of(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

#[test]
fn ours_is_drawn_again() {
    let folder = folder();
    let at = folder.path();
    model(at);
    line_in(at, "init header.json --config config.json --recipe hf --seed 7 -o model.safetensors --device cpu").ok();
    let run = line_in(at, "check model.safetensors").ok();
    assert!(
        said(&run).contains("7 parameters: 7 drawn again and compared bit for bit"),
        "{}",
        said(&run)
    );
    // A folder is read with its configuration, and its law is that of the recipe.
    line_in(at, "check . --recipe hf").ok();
    line_in(at, "check . --recipe hf --seed 7").ok();
    line_in(at, "check . --recipe hf --seed 8").fails(1, &["5 of 7 parameters not as promised"]);
    line_in(at, "check . --recipe hf --set initializer_range=0.02")
        .fails(1, &["5 of 7 parameters not as promised"]);
    let mut bytes = fs::read(at.join("model.safetensors")).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    fs::write(at.join("model.safetensors"), &bytes).unwrap();
    let run = line_in(at, "check model.safetensors --json")
        .fails(1, &["1 of 7 parameters not as promised"]);
    let found: Value = serde_json::from_str(&said(&run)).unwrap();
    let wrong: Vec<_> = found["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| !it["wrong"].is_null())
        .collect();
    assert_eq!(wrong.len(), 1);
    assert!(
        wrong[0]["wrong"].as_str().unwrap().starts_with("1 of 10240 elements differ"),
        "{wrong:?}"
    );
}

#[test]
fn anyones_is_held_against_a_recipe() {
    let folder = folder();
    let at = folder.path();
    model(at);
    line_in(at, "init header.json --config config.json --recipe hf --seed 7 -o model.safetensors --device cpu").ok();
    foreign(&at.join("model.safetensors"));
    let run = line_in(at, "check . --plot plot.svg").ok();
    assert!(
        said(&run).contains("2 compared value by value, 5 judged by statistics"),
        "{}",
        said(&run)
    );
    assert!(run.err.contains("recipe hf/llama"), "{}", run.err);
    assert!(fs::read_to_string(at.join("plot.svg")).unwrap().starts_with("<svg"));
    // What was drawn is not what the configuration says.
    let run = line_in(at, "check . --set initializer_range=0.02")
        .fails(1, &["5 of 7 parameters not as promised"]);
    assert!(said(&run).contains("std is 1."), "{}", said(&run));
    // Without a configuration nobody knows whose rules.
    fs::remove_file(at.join("config.json")).unwrap();
    line_in(at, "check .").fails(1, &["does not say what it was drawn from", "--config FILE"]);
    line_in(at, "check . --recipe hf/llama --set initializer_range=0.03")
        .fails(1, &["not as promised"]);
    line_in(at, "check . --recipe hf/llama --set initializer_range=0.03 --set pad_token_id=2").ok();
    line_in(at, "check . --plot plot.png --recipe torch").fails(2, &["name it .svg"]);
}

/// Standard output as text.
fn said(run: &common::Run) -> String {
    String::from_utf8(run.out.clone()).unwrap()
}
