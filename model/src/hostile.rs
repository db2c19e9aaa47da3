//! What reads input that anyone may have written, as fuzzers and property tests call it: each call
//! must return, whatever it is given.

use std::{fs, path::Path};

use wgpu_weights::Dtype;

use crate::{
    Config, FileTensor, Plan, Provenance, Recipe, Template, TensorParallel,
    check::{Against, Measured, examine, measure},
    checkpoint::{files_of, resume},
    launch::Process,
    layout,
    safetensors::{self, TensorInfo},
};

/// The model that hostile recipes and rules are tried on.
const MODEL: &[u8] = br#"{
 "embed.W_E": {"dtype": "F32", "shape": [1000, 64]},
 "h.0.attn.W_Q": {"dtype": "F16", "shape": [4, 64, 16]},
 "h.1.attn.W_Q": {"dtype": "BF16", "shape": [4, 64, 16]},
 "h.1.b": {"dtype": "F8_E4M3", "shape": [64]},
 "ln.w": {"dtype": "F32", "shape": []},
 "none": {"dtype": "F8_E5M2", "shape": [3, 0, 5]},
 "large": {"dtype": "F32", "shape": [1000000007, 1000000009]}
}"#;

/// A recipe that every parameter has a rule of.
const RECIPE: &str = "[[rule]]\nname = \"*\"\ninit = \"normal\"\n";

/// A file that `init`, `plan` and `stats` are given, as what it may be; it is written to `path` and
/// beside it first. What was measured of it.
pub fn file(path: &Path, bytes: &[u8]) -> Vec<Measured> {
    index(path, bytes);
    if fs::write(path, bytes).is_err() {
        return Vec::new();
    }
    let mut wanted = Vec::new();
    if let (Ok(template), Ok(recipe)) = (Template::read(path), Recipe::parse("-", RECIPE)) {
        wanted = headers(recipe.plan(&template, Some(Dtype::F32)).ok(), None);
    }
    // It is where `init --resume` wants a file of its own, or one such as it.
    for wanted in wanted.iter().map(Vec::as_slice).take(1).chain([bytes]) {
        let _ = resume::difference(path, wanted);
    }
    let _ = examine(path, &Against::itself(), |_, _| ());
    if let (Ok(template), Ok(recipe)) = (Template::read(path), Recipe::parse("-", RECIPE))
        && let Ok(plan) = recipe.plan(&template, None)
    {
        let _ = examine(path, &Against::plan(&plan), |_, _| ());
        let _ = examine(path, &Against::plan(&plan).with_seed(1), |_, _| ());
    }
    let Ok((header, mut file, data)) = safetensors::open(path) else { return Vec::new() };
    let provenance = Provenance::read(&header.metadata).unwrap_or_default();
    let measured = |tensor: &TensorInfo| {
        let promised = provenance.laws.get(&tensor.name).copied();
        measure(&mut file, data, tensor, promised).ok().flatten()
    };
    header.tensors.iter().filter_map(measured).collect()
}

/// The index of a folder of files, whose names must not lead out of it.
fn index(beside: &Path, bytes: &[u8]) {
    let path = beside.with_extension("index.json");
    if fs::write(&path, bytes).is_err() {
        return;
    }
    for file in files_of(&path).unwrap_or_default() {
        assert_eq!(file.parent(), path.parent(), "{file:?}");
    }
}

/// A recipe of somebody's own, on a model.
pub fn recipe(text: &str) {
    if let (Ok(recipe), Ok(template)) = (Recipe::parse("-", text), Template::parse(MODEL)) {
        headers(recipe.plan(&template, None).ok(), None);
    }
}

/// A model's configuration, with the recipe that it asks for and with one that reads any sort of key.
pub fn config(json: &[u8]) {
    let Ok(config) = Config::parse(json) else { return };
    let recipes = [Recipe::hf(Some(&config)), Recipe::parse("-", Recipe::EXAMPLE)];
    for recipe in recipes.into_iter().flatten() {
        if let Ok(template) = Template::parse(MODEL) {
            headers(recipe.plan(&template.with_config(config.clone()), None).ok(), None);
        }
    }
}

/// Tensor-parallel rules of somebody's own, for any process.
pub fn rules(text: &str, rank: u64, world_size: u64) {
    let (Ok(rules), Ok(process)) =
        (TensorParallel::parse("-", text), Process::new(rank, world_size))
    else {
        return;
    };
    if let (Ok(recipe), Ok(template)) = (Recipe::parse("-", RECIPE), Template::parse(MODEL)) {
        headers(recipe.plan(&template, None).ok(), Some((&rules, process)));
    }
}

/// The headers of the files that `init` writes.
fn headers(plan: Option<Plan>, rules: Option<(&TensorParallel, Process)>) -> Vec<Vec<u8>> {
    let Some(plan) = plan else { return Vec::new() };
    let tensor = |it| match rules {
        Some((rules, process)) => rules.slice(it, process, 1),
        None => FileTensor::whole(it, 1),
    };
    let tensors: Vec<_> = plan.parameters().iter().filter_map(|it| tensor(it).ok()).collect();
    let mut headers = Vec::new();
    for limit in [layout::DEFAULT_LIMIT, 1, 5000] {
        let files = layout::files(tensors.clone(), limit, "model");
        headers.extend(files.iter().filter_map(|it| it.header(Provenance::new(1)).ok()));
        let _ = layout::index(&files, "model");
    }
    headers
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Pieces of text, put together at random: nearly what is meant to be.
    fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            8 => proptest::sample::select(pieces).prop_map(String::from),
            1 => any::<String>(),
            1 => any::<f64>().prop_map(|it| it.to_string()),
            1 => any::<u64>().prop_map(|it| it.to_string()),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    const JSON: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"w\"",
        "\"dtype\":\"F32\",",
        "\"shape\":[",
        "\"dtype\"",
        "\"F4\"",
        "\"data_offsets\":[0,",
        "\"__metadata__\":{",
        "\"weight_map\":{",
        "\"../w\"",
        "0",
        "1",
        "-1",
        "1e400",
        "\\u0000",
        "\"distributions\":\"{\\\"w\\\":{\\\"kind\\\":\\\"bits\\\"}}\"",
        "18446744073709551616",
        "9223372036854775807",
        "\"w\":{\"dtype\":\"BF16\",\"shape\":[2,3]},",
        "null",
        " ",
    ];
    const TOML: &[&str] = &[
        "[[rule]]\n",
        "name = \"*\"\n",
        "init = \"normal\"\n",
        "std = ",
        "\"",
        "'",
        "\n",
        "[vars]\n",
        "x = ",
        "fan_in",
        "layer",
        "numel",
        "(",
        ")",
        "+",
        "/",
        "^",
        "sqrt(",
        "{",
        "}",
        "*",
        "?",
        "[!a]",
        "{a,b}",
        "\\",
        "x",
        "1e999",
        "nan",
        "-inf",
        "gain = ",
        "init = \"kaiming_normal\"\n",
        "{ dim = 0, of = \"*\" }",
        "{ count = \"*\" }",
        "dim = 0\n",
        "parts = ",
        "convention = \"torch\"\n",
        "atan2(",
        "ä",
        "1.",
        ".5e",
        "%",
        "fact(",
        "PI",
        ",",
    ];

    fn repeated(element: [u8; 4]) -> [u8; 512] {
        std::array::from_fn(|at| element[at % 4])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn any_recipe_and_any_rules(text in text(TOML), rank: u64, world_size: u64) {
            recipe(&text);
            recipe(&format!("{RECIPE}std = \"{}\"\n", text.replace(['"', '\n'], " ")));
            recipe(&format!("[vars]\nx = '{}'\n{RECIPE}std = \"x\"", text.replace(['\'', '\n'], " ")));
            rules(&text, rank, world_size);
            rules(&format!("[[rule]]\nname = \"*\"\n{text}"), rank % 4, 4);
        }

        #[test]
        fn any_config(
            model_type in proptest::sample::select(vec!["llama", "clip", "whisper", "mamba", "x"]),
            key in proptest::sample::select(vec!["initializer_range", "pad_token_id", "hidden_size", "init_scheme", "text_config"]),
            value in proptest::sample::select(vec!["null", "-1", "1e308", "true", "\"constant\"", "[1]", "{\"hidden_size\": 0}", "99999999999999999999"]),
            text in text(JSON),
        ) {
            config(format!(r#"{{"model_type": "{model_type}", "{key}": {value}}}"#).as_bytes());
            config(text.as_bytes());
        }

        #[test]
        fn any_header(text in text(JSON), bytes: Vec<u8>, length: u64) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t");
            file(&path, text.as_bytes());
            file(&path, &bytes);
            for length in [text.len() as u64, length] {
                let bytes = [&length.to_le_bytes(), text.as_bytes(), &bytes].concat();
                file(&path, &bytes);
            }
        }

        #[test]
        fn any_tensor_and_any_promise(
            dtype in proptest::sample::select(vec!["F32", "F16", "BF16", "F8_E4M3", "F4", "U32"]),
            shape in proptest::collection::vec(prop_oneof![8 => 0..4u64, 1 => any::<u64>()], 0..5),
            promise in prop_oneof![
                any::<[f64; 2]>().prop_map(|[mean, std]| {
                    serde_json::json!({ "kind": "normal", "mean": mean, "std": std })
                }),
                any::<[f32; 2]>().prop_map(|[mean, std]| {
                    serde_json::json!({ "kind": "normal", "mean": mean, "std": std.abs() })
                }),
                any::<[f32; 2]>().prop_map(|[low, high]| {
                    serde_json::json!({ "kind": "uniform", "low": low.min(high), "high": high.max(low) })
                }),
                any::<f32>().prop_map(|value| {
                    serde_json::json!({ "kind": "constant", "value": value })
                }),
                any::<[f32; 4]>().prop_map(|[mean, std, low, high]| serde_json::json!({
                    "kind": "truncated_normal", "mean": mean, "std": std.abs(),
                    "low": low.min(high), "high": high.max(low),
                })),
                // As the generator could have it, near enough to be seen.
                [-1.0f32..1.0, 0.0..1.0, -2.0..0.0, 0.0..2.0].prop_map(|it| serde_json::json!({
                    "kind": "truncated_normal", "mean": it[0], "std": it[1], "low": it[2], "high": it[3],
                })),
                Just(serde_json::json!({ "kind": "bits" })),
            ],
            values in prop_oneof![
                4 => any::<[u8; 512]>(),
                // Zeros, and infinities of f32 and bf16: values of which no moment is left.
                1 => Just([0; 512]),
                1 => Just([0, 0, 0x80, 0x7f]).prop_map(repeated),
                1 => Just([0x80, 0x7f, 0x80, 0x7f]).prop_map(repeated),
                1 => any::<[u8; 4]>().prop_map(repeated),
            ],
        ) {
            let numel = shape.iter().fold(1u64, |product, dim| product.saturating_mul(*dim));
            let bytes = numel.saturating_mul(crate::safetensors::dtype::bits(dtype).unwrap()).div_ceil(8);
            let promised = serde_json::json!({ "w": promise }).to_string();
            let header = serde_json::json!({
                "__metadata__": {"distributions": promised},
                "w": {"dtype": dtype, "shape": shape, "data_offsets": [0, bytes]},
            });
            let header = header.to_string();
            let values = &values[..values.len().min(bytes as usize)];
            let folder = tempfile::tempdir().unwrap();
            let length = (header.len() as u64).to_le_bytes();
            file(&folder.path().join("t"), &[&length, header.as_bytes(), values].concat());
        }

        #[test]
        fn any_index(
            names in proptest::collection::vec(
                prop_oneof!["[./\\\\a-c]{0,6}", any::<String>(), "[a-z]{1,8}"],
                0..4,
            ),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let map: BTreeMap<usize, String> = names.into_iter().enumerate().collect();
            let text = serde_json::json!({ "weight_map": map }).to_string();
            file(&folder.path().join("t"), text.as_bytes());
        }
    }
}
