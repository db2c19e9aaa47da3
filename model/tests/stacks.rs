//! The recipes of pre-training stacks: laws that were computed from their formulas by another program, at two sizes each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wgpu_weights_model::{BUILT_IN, Config, Recipe, Template};

#[derive(serde::Deserialize)]
struct Case {
    recipe: String,
    template: BTreeMap<String, Vec<u64>>,
    config: Option<Value>,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    laws: BTreeMap<String, String>,
}

#[test]
fn laws_are_those_of_the_formulas() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/stacks.json")).unwrap();
    let (mut laws, mut recipes, mut wrong) = (0, BTreeMap::new(), Vec::new());
    for case in &cases {
        *recipes.entry(case.recipe.as_str()).or_insert(0) += 1;
        let shapes: Vec<(&str, Vec<u64>)> =
            case.template.iter().map(|(name, shape)| (name.as_str(), shape.clone())).collect();
        let mut template =
            Template::new(shapes.iter().map(|(name, shape)| (*name, "F32", &shape[..]))).unwrap();
        if let Some(config) = &case.config {
            template = template.with_config(Config::parse(config.to_string().as_bytes()).unwrap());
        }
        let mut recipe = Recipe::built_in(&case.recipe).unwrap();
        for (name, value) in &case.set {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            recipe = recipe.with_variable(name, &value).unwrap();
        }
        let plan = match recipe.plan(&template, None) {
            Ok(plan) => plan,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let planned: BTreeMap<&str, String> = plan
            .parameters()
            .iter()
            .map(|it| (it.name.as_str(), it.drawn.distribution.to_string()))
            .collect();
        for (name, law) in &case.laws {
            laws += 1;
            let found = planned.get(name.as_str());
            if found != Some(law) {
                wrong.push(format!("{} {name}: {found:?} instead of {law}", case.recipe));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {laws}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(laws > 1800 && recipes.values().all(|count| *count >= 2), "{laws} {recipes:?}");
    // Those of transformers are held against what it drew, and two are older than the table.
    let tested: BTreeSet<&str> = recipes.into_keys().collect();
    let other = BUILT_IN
        .iter()
        .map(|it| it.name)
        .filter(|name| !name.starts_with("hf/") && !tested.contains(name));
    assert_eq!(other.collect::<Vec<_>>(), ["gpt2", "transformer-lens/mup"]);
}
