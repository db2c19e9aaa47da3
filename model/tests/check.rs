//! The check: silent about what is right, whatever the seed, and each of the usual mistakes is found and named.

use std::{collections::BTreeMap, path::Path};

use safetensors::{Dtype as Safe, tensor::TensorView};
use serde_json::Value;
use wgpu_weights::{Distribution, Dtype, Fill, cpu};
use wgpu_weights_model::{
    Config, Plan, Recipe, Template,
    check::{Against, Examination, examine},
};

/// A model in memory: a plan, and values that it may or may not have.
struct Model {
    plan: Plan,
    values: BTreeMap<String, Vec<f32>>,
}

/// A model of transformers' by its configuration and shapes, drawn by its recipe.
fn drawn(name: &str, seed: u64) -> Model {
    let models: Value = serde_json::from_str(include_str!("data/measured.json")).unwrap();
    let model = &models[name];
    let shape = |it: &Value| -> Vec<u64> {
        it[1].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect()
    };
    let tensors: Vec<_> = model["parameters"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, it)| (name.as_str(), shape(it)))
        .collect();
    let template =
        Template::new(tensors.iter().map(|(name, shape)| (*name, "F32", &shape[..]))).unwrap();
    let template =
        template.with_config(Config::parse(model["config"].to_string().as_bytes()).unwrap());
    let plan = Recipe::hf(template.config()).unwrap().plan(&template, None).unwrap();
    of(plan, seed)
}

fn of(plan: Plan, seed: u64) -> Model {
    let values =
        plan.parameters().iter().map(|it| (it.name.clone(), values(&it.fill(seed)))).collect();
    Model { plan, values }
}

fn values(fill: &Fill) -> Vec<f32> {
    let fill = fill.clone().with_dtype(Dtype::F32);
    let mut values = vec![0f32; fill.count() as usize];
    cpu::fill_f32(&fill, &mut values).unwrap();
    values
}

impl Model {
    fn get(&mut self, name: &str) -> &mut Vec<f32> {
        self.values.get_mut(name).unwrap_or_else(|| panic!("{name}"))
    }

    /// Draws a parameter from another law.
    fn redraw(&mut self, name: &str, law: Distribution) {
        let parameter = self.plan.parameters().iter().find(|it| it.name == name).unwrap();
        let fill = Fill::new(law, &parameter.shape).with_seed(77).with_name(name);
        *self.get(name) = values(&fill);
    }

    fn scale(&mut self, name: &str, factor: f32) {
        self.get(name).iter_mut().for_each(|it| *it *= factor);
    }

    fn write(&self, path: &Path) {
        let bytes = |it: &[f32]| it.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>();
        let data: Vec<_> =
            self.plan.parameters().iter().map(|it| (it, bytes(&self.values[&it.name]))).collect();
        let views = data.iter().map(|(it, bytes)| {
            let shape = it.shape.iter().map(|it| *it as usize).collect();
            (it.name.as_str(), TensorView::new(Safe::F32, shape, bytes).unwrap())
        });
        safetensors::serialize_to_file(views, None, path).unwrap();
    }

    fn examined(&self) -> Examination {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        self.write(&path);
        examine(&path, &Against::plan(&self.plan), |_, _| ()).unwrap()
    }
}

/// All that is wrong, a line each.
fn said(found: &Examination) -> Vec<String> {
    let of_one = found.parameters.iter().filter_map(|it| {
        let wrong = it.wrong.as_ref()?;
        Some(format!("{}: {wrong} [{}]", it.name, it.likely.as_deref().unwrap_or("-")))
    });
    let together = found
        .findings
        .iter()
        .map(|it| format!("{}: {} [{}]", it.parameters.join(" and "), it.wrong, it.likely));
    of_one.chain(together).collect()
}

#[test]
fn what_is_right_raises_no_alarm() {
    for name in
        ["llama", "gpt2", "longt5", "clip", "whisper", "mamba", "vit", "rwkv", "siglip", "dinov2"]
    {
        for seed in 0..2 {
            let found = drawn(name, seed).examined();
            assert!(!found.failed(), "{name} seed {seed}: {:?}", said(&found));
            assert!(found.tests > 50, "{name}: {}", found.tests);
        }
    }
}

#[test]
fn usual_mistakes_are_named() {
    const Q: &str = "model.layers.1.self_attn.q_proj.weight";
    const DOWN: &str = "model.layers.2.mlp.down_proj.weight";
    type Mistake = (&'static str, fn(&mut Model), &'static str, &'static str);
    let mistakes: [Mistake; 26] = [
        ("llama", |it| it.get(Q)[1234] = 3.0, Q, "single values far away"),
        ("llama", of_rank_one, Q, "not independent"),
        ("llama", |it| it.scale(Q, 2f32.sqrt()), Q, "√2 too large"),
        ("llama", |it| it.scale(Q, 0.5f32.sqrt()), Q, "√2 too small"),
        (
            "gpt2",
            |it| it.scale("transformer.h.1.mlp.c_proj.weight", 6f32.sqrt()),
            "transformer.h.1.mlp.c_proj.weight",
            "1/√(2L) missing, L = 3",
        ),
        ("llama", |it| it.scale(DOWN, 1.0 / 6f32.sqrt()), DOWN, "1/√(2L) too much, L = 3"),
        (
            "llama",
            |it| {
                it.redraw(
                    Q,
                    Distribution::uniform(-0.03 * 3f64.sqrt(), 0.03 * 3f64.sqrt()).unwrap(),
                )
            },
            Q,
            "uniform instead of normal",
        ),
        (
            "llama",
            |it| it.redraw(Q, Distribution::truncated_normal(0.0, 0.03, -0.06, 0.06).unwrap()),
            Q,
            "cut at 2 sigma where nothing was to be cut",
        ),
        (
            "llama",
            |it| {
                it.redraw(
                    Q,
                    Distribution::uniform(-1.0 / 96f64.sqrt(), 1.0 / 96f64.sqrt()).unwrap(),
                )
            },
            Q,
            "torch's own default for Linear",
        ),
        (
            "llama",
            |it| {
                it.redraw(
                    "model.embed_tokens.weight",
                    Distribution::normal(0.0, 1.0).unwrap().with_zero_rows(3..4),
                )
            },
            "model.embed_tokens.weight",
            "torch's own default for Embedding",
        ),
        (
            "llama",
            |it| it.get("model.embed_tokens.weight")[295] = 0.01,
            "model.embed_tokens.weight",
            "padding row",
        ),
        ("llama", |it| it.get("lm_head.weight")[96..192].fill(0.0), "lm_head.weight", "row 1 is 0"),
        ("llama", |it| it.get("model.norm.weight").fill(0.0), "model.norm.weight", "1 + weight"),
        ("gemma", |it| it.get("model.norm.weight").fill(1.0), "model.norm.weight", "1 + weight"),
        (
            "gpt2",
            |it| {
                it.redraw(
                    "transformer.h.0.attn.c_attn.bias",
                    Distribution::uniform(-0.05, 0.05).unwrap(),
                )
            },
            "transformer.h.0.attn.c_attn.bias",
            "",
        ),
        ("llama", |it| it.get(Q)[123] = f32::NAN, Q, "never written"),
        ("llama", |it| it.get(Q).fill(0.0), Q, "never initialised"),
        (
            "llama",
            |it| {
                it.get(Q).iter_mut().for_each(|it| *it = f32::from_bits(it.to_bits() & 0xffff_0000))
            },
            Q,
            "drawn in BF16",
        ),
        (
            "llama",
            |it| {
                let same = it.get(Q).clone();
                *it.get("model.layers.2.self_attn.q_proj.weight") = same;
            },
            "model.layers.1.self_attn.q_proj.weight and model.layers.2",
            "one seed",
        ),
        (
            "llama",
            |it| {
                let half = it.get(Q).len() / 2;
                let (a, b) = it.get(Q).split_at_mut(half);
                b.copy_from_slice(a);
            },
            Q,
            "one seed",
        ),
        (
            "llama",
            |it| {
                let part = it.get(DOWN)[5000..6000].to_vec();
                it.get(Q)[1234..2234].copy_from_slice(&part);
            },
            Q,
            "one seed for both",
        ),
        (
            "llama",
            |it| {
                for row in it.get(Q).chunks_exact_mut(96) {
                    let first = row[0];
                    row.iter_mut().for_each(|it| *it = 0.95 * *it + 0.31 * first);
                }
            },
            Q,
            "independent",
        ),
        ("llama", |it| it.scale(Q, 1.1), Q, "std is 1.1"),
        (
            "vit",
            |it| it.scale("vit.embeddings.position_embeddings", 2f32.sqrt()),
            "vit.embeddings.position_embeddings",
            "√2 too large",
        ),
        (
            "siglip",
            |it| {
                it.scale(
                    "vision_model.encoder.layers.0.mlp.fc1.weight",
                    (2.0 * 96.0 / 256.0f32).sqrt(),
                )
            },
            "vision_model.encoder.layers.0.mlp.fc1.weight",
            "",
        ),
        ("llama", |it| it.get(Q)[8_000..].fill(0.0), Q, "never written"),
    ];
    let mut wrong = Vec::new();
    for (at, (name, spoil, parameter, words)) in mistakes.into_iter().enumerate() {
        let mut model = drawn(name, 5);
        let clean = model.values.clone();
        spoil(&mut model);
        assert!(
            clean.iter().any(|(name, values)| model.values[name] != *values),
            "{at}: nothing was spoiled"
        );
        let found = said(&model.examined());
        if !found.iter().any(|it| it.starts_with(parameter) && it.contains(words)) {
            wrong.push(format!("{at} ({name}, {words:?}): {found:#?}"));
        }
        let more = found.iter().filter(|it| !it.contains(parameter)).count();
        if more > 0 {
            wrong.push(format!("{at} ({name}): others too: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Half of the variance is a row times a column.
fn of_rank_one(model: &mut Model) {
    let [left, right] = [11, 12].map(|seed| {
        values(&Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [96]).with_seed(seed))
    });
    for (row, left) in
        model.get("model.layers.1.self_attn.q_proj.weight").chunks_exact_mut(96).zip(left)
    {
        for (value, right) in row.iter_mut().zip(&right) {
            *value = 0.5f32.sqrt() * (*value + 0.03 * left * right);
        }
    }
}

/// Scales by fans: Kaiming's and Xavier's, with the fans of others.
#[test]
fn fans_are_named() {
    let plan = |init: &str| {
        let recipe = format!("convention = \"torch\"\n[[rule]]\nname = \"*\"\ninit = {init}");
        let template = Template::new([("w", "F32", &[384, 96][..])]).unwrap();
        Recipe::parse("mine", &recipe).unwrap().plan(&template, None).unwrap()
    };
    for (init, factor, words) in [
        ("\"kaiming_uniform\"", 0.5, "fan_in and fan_out exchanged"),
        ("\"kaiming_normal\"", 0.5, "fan_in and fan_out exchanged"),
        ("\"kaiming_normal\"", 8f32.sqrt(), "fans of the shard, one of 8"),
        (
            "\"xavier_uniform\"",
            ((384.0 + 96.0f32) / (384.0 / 3.0 + 96.0)).sqrt(),
            "fan_out of one of 3 slices",
        ),
        ("\"kaiming_uniform\"", 1.0 / 3f32.sqrt(), "fans of all 3 together"),
    ] {
        let mut model = of(plan(init), 9);
        assert!(!model.examined().failed());
        model.scale("w", factor);
        let found = said(&model.examined());
        assert!(found.len() == 1 && found[0].contains(words), "{init} {words}: {found:?}");
    }
    // The truncated law of JAX, cut at ±2 absolute: what SigLIP draws.
    let mut model = of(plan("\"lecun_normal\""), 9);
    let Some(wgpu_weights::Kind::TruncatedNormal { std, .. }) =
        model.plan.parameters().first().map(|it| it.drawn.distribution.kind())
    else {
        panic!();
    };
    model.redraw("w", Distribution::truncated_normal(0.0, std.into(), -2.0, 2.0).unwrap());
    let found = said(&model.examined());
    assert!(
        found[0].contains("std is 1.13") && found[0].contains("±2 absolute instead of 2 sigma"),
        "{found:?}"
    );
}
