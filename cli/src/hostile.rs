//! What reads input that anyone may have written, as fuzzers and property tests call it: each call
//! must return, whatever it is given.

use std::{fs, path::Path};

use wgpu_weights::{Dtype, launch::Process};

use crate::{
    layout, measure, model_plan, piece::Piece, promise, recipe::Recipe, template,
    tensor_parallel::Rules,
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

/// A file that `init`, `plan` and `stats` are given; it is written to `path` first.
pub fn file(path: &Path, bytes: &[u8]) {
    if fs::write(path, bytes).is_err() {
        return;
    }
    if let (Ok(header), Ok(recipe)) = (template::read(path), Recipe::parse("-", RECIPE)) {
        plan(header, &recipe, Some(Dtype::F32), None);
    }
    let Ok((header, mut file, data)) = template::open_checkpoint(path) else { return };
    let promises = promise::read(&header.metadata).unwrap_or_default();
    for entry in &header.entries {
        let promised = promises.get(&entry.name).copied();
        let _ = measure::measure(&mut file, data, entry, promised);
    }
}

/// A recipe of somebody's own, on a model.
pub fn recipe(text: &str) {
    let (Ok(recipe), Ok(header)) = (Recipe::parse("-", text), template::parse(MODEL)) else {
        return;
    };
    plan(header, &recipe, None, None);
}

/// Tensor-parallel rules of somebody's own, for any process.
pub fn rules(text: &str, rank: u64, world_size: u64) {
    let (Ok(rules), Ok(header)) = (Rules::parse("-", text), template::parse(MODEL)) else { return };
    let (Ok(recipe), Ok(process)) = (Recipe::parse("-", RECIPE), Process::new(rank, world_size))
    else {
        return;
    };
    plan(header, &recipe, None, Some((&rules, process)));
}

/// As `init` plans, up to the headers of the files.
fn plan(
    header: template::Header,
    recipe: &Recipe,
    dtype: Option<Dtype>,
    rules: Option<(&Rules, Process)>,
) {
    let Ok((planned, _)) = model_plan::plan(header, recipe, dtype) else { return };
    let piece = |it| match rules {
        Some((rules, process)) => rules.slice(it, process, 1),
        None => Piece::whole(it, 1),
    };
    let pieces: Vec<Piece> = planned.iter().filter_map(|it| piece(it).ok()).collect();
    for limit in [1, 5000, layout::DEFAULT_LIMIT] {
        let files = layout::files(pieces.clone(), limit, "model");
        for file in &files {
            let _ = file.header(serde_json::Map::new());
        }
        let _ = layout::index(&files, "model");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{describe::Described, parse};

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
                any::<[f64; 2]>().prop_map(|[mean, std]| Described::Normal { mean, std }),
                any::<[f32; 2]>().prop_map(|it| Described::Uniform { low: it[0].into(), high: it[1].into() }),
                any::<f32>().prop_map(|value| Described::Constant { value: value.into() }),
                any::<[f32; 4]>().prop_map(|it| {
                    let [mean, std, low, high] = it.map(f64::from);
                    Described::TruncatedNormal { mean, std, low, high }
                }),
                Just(Described::Bits),
            ],
            values: [u8; 512],
        ) {
            let numel = shape.iter().fold(1u64, |product, dim| product.saturating_mul(*dim));
            let bytes = numel.saturating_mul(crate::dtype::bits(dtype).unwrap()).div_ceil(8);
            let promised = promise::write([("w", promise)]).unwrap();
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
        fn any_option(text in any::<String>(), number: u64, unit in "[a-zA-Z.]{0,4}") {
            for text in [text, format!("{number}{unit}"), format!("{number}:{number}/{unit}")] {
                let _ = (parse::shape(&text), parse::number(&text), parse::dtype(&text));
                let _ = (parse::shard(&text), parse::size(&text));
            }
        }
    }
}
