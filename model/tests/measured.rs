//! What transformers drew, measured (`proof/peers/hf_models.py`): every parameter of 131 models has its law by `hf`.

use std::collections::BTreeMap;

use serde_json::Value;
use wgpu_weights::{Fill, cpu};
use wgpu_weights_model::{Config, Plan, PlannedParameter, Recipe, Template};

/// A parameter as it was measured.
#[derive(serde::Deserialize)]
struct Measured(
    String,
    Vec<u64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Vec<u64>,
);

#[derive(serde::Deserialize)]
struct Model {
    config: Value,
    parameters: BTreeMap<String, Measured>,
}

fn models() -> BTreeMap<String, Model> {
    serde_json::from_str(include_str!("data/measured.json")).unwrap()
}

fn plan(model: &Model) -> Result<Plan, String> {
    let tensors =
        model.parameters.iter().map(|(name, it)| (name.as_str(), it.0.as_str(), &it.1[..]));
    let template = Template::new(tensors).unwrap();
    let config = Config::parse(model.config.to_string().as_bytes()).unwrap();
    let template = template.with_config(config);
    let plan = Recipe::hf(template.config()).and_then(|recipe| recipe.plan(&template, None));
    plan.map_err(|error| error.to_string())
}

/// Values of the same law: enough that their own error is small.
fn drawn(parameter: &PlannedParameter) -> Vec<f64> {
    let n = parameter.shape.iter().product::<u64>().max(1);
    let mut all = Vec::new();
    for seed in 0..(60_000 / n).clamp(1, 600) {
        let fill: Fill = parameter.fill(seed).with_dtype(wgpu_weights::Dtype::F32);
        let mut values = vec![0f32; fill.count() as usize];
        cpu::fill_f32(&fill, &mut values).unwrap();
        all.extend(values.into_iter().map(f64::from));
    }
    all
}

/// What is otherwise than measured, if anything is.
fn differs(parameter: &PlannedParameter, measured: &Measured) -> Option<String> {
    let Measured(_, shape, Some(mean), Some(std), Some(min), Some(max), kurtosis, zero_rows) =
        measured
    else {
        return None;
    };
    let n = shape.iter().product::<u64>() as f64;
    let ours = drawn(parameter);
    let count = ours.len() as f64;
    let our_mean = ours.iter().sum::<f64>() / count;
    let moment =
        |power: i32| ours.iter().map(|it| (it - our_mean).powi(power)).sum::<f64>() / count;
    let (variance, our_kurtosis) = (moment(2), moment(4) / moment(2).powi(2));
    let our_std = variance.sqrt();
    let [low, high] = ours
        .iter()
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], it| [low.min(*it), high.max(*it)]);
    let law = parameter.drawn.distribution.kind();
    let decided = match law {
        wgpu_weights::Kind::Formula(formula) => !formula.uses_u() && !formula.uses_z(),
        _ => our_std == 0.0,
    };
    if decided {
        let near = |found: f64, ours: f64| (found - ours).abs() <= 2e-4 * low.abs().max(high.abs());
        let same =
            near(*min, low) && near(*max, high) && near(*mean, our_mean) && near(*std, our_std);
        return (!same).then(|| {
            format!(
                "min {min} max {max} mean {mean} std {std}, ours {low} {high} {our_mean} {our_std}"
            )
        });
    }
    let rows =
        parameter.drawn.distribution.zero_rows().map(|rows| rows.range().collect::<Vec<_>>());
    if rows.unwrap_or_default() != *zero_rows {
        return Some(format!("rows {zero_rows:?} are zero"));
    }
    // Orthogonal matrices are more regular than independent values: theirs lie within the errors of such.
    let errors = 5.5 * (1.0 / n + 1.0 / count).sqrt();
    if (mean - our_mean).abs() > errors * our_std {
        return Some(format!("mean {mean}, ours {our_mean}"));
    }
    let of_std = 0.5 * (our_kurtosis - 1.0).max(0.1).sqrt();
    // Of few values the deviation about their own mean is the smaller.
    let own = (1.0 - 1.0 / n).max(0.0).sqrt();
    if (std / own.max(1e-9) / our_std - 1.0).abs() > errors * of_std + 2.0 / n {
        return Some(format!("std {std}, ours {our_std}"));
    }
    if let Some(kurtosis) = kurtosis.filter(|_| n >= 1000.0) {
        let spread = (moment(8) / variance.powi(4)).sqrt().min(60.0);
        if (kurtosis - our_kurtosis).abs() > errors * spread + 0.01 {
            return Some(format!("kurtosis {kurtosis}, ours {our_kurtosis}"));
        }
    }
    // What is bounded is bounded there too.
    let room = 1e-5 * (high - low);
    let bounded = our_kurtosis < 2.5 && count > 3e4;
    let outside = bounded && (*min < low - 100.0 * room || *max > high + 100.0 * room);
    outside.then(|| format!("min {min} max {max}, ours {low} {high}"))
}

#[test]
fn every_parameter_has_its_law() {
    let models = models();
    assert!(models.len() >= 131);
    let (mut parameters, mut wrong) = (0, Vec::new());
    for (name, model) in &models {
        match plan(model) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(plan) => {
                for parameter in plan.parameters() {
                    parameters += 1;
                    let found = differs(parameter, &model.parameters[&parameter.name]);
                    let law = parameter.drawn.distribution;
                    wrong
                        .extend(found.map(|it| format!("{name} {} ({law}): {it}", parameter.name)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {parameters}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(parameters > 11_000, "{parameters}");
}

/// The comparison can fail: a recipe of another family, and another range, are told.
#[test]
fn another_law_is_told() {
    let models = models();
    let told = |name: &str, recipe: &str, set: Option<(&str, &str)>| {
        let model = &models[name];
        let tensors =
            model.parameters.iter().map(|(name, it)| (name.as_str(), it.0.as_str(), &it.1[..]));
        let template = Template::new(tensors).unwrap();
        let template =
            template.with_config(Config::parse(model.config.to_string().as_bytes()).unwrap());
        let mut recipe = Recipe::built_in(recipe).unwrap();
        if let Some((name, value)) = set {
            recipe = recipe.with_variable(name, value).unwrap();
        }
        let plan = recipe.plan(&template, None).unwrap();
        let differs = |it: &PlannedParameter| differs(it, &model.parameters[&it.name]);
        plan.parameters().iter().filter_map(differs).count()
    };
    assert_eq!(told("shared/llama", "hf/llama", None), 0);
    // 9 norms.
    assert_eq!(told("shared/llama", "hf/gemma", None), 9);
    // Every matrix.
    assert_eq!(told("shared/llama", "hf/llama", Some(("initializer_range", "0.021"))), 30);
    assert!(told("shared/gpt2", "hf/base", None) > 0);
    assert!(told("siglip", "hf/siglip", Some(("as_meant", "1"))) > 0);
}
