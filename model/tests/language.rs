//! What recipes say of configurations, of each other, and of zero rows.

use wgpu_weights_model::{BUILT_IN, Config, Recipe, Template};

const NAMES: [(&str, &str, &[u64]); 3] = [
    ("embed.weight", "F32", &[100, 8]),
    ("layers.0.weight", "F32", &[8, 8]),
    ("layers.1.weight", "F32", &[8, 8]),
];

fn laws(recipe: &str, config: Option<&str>) -> Result<Vec<String>, String> {
    let mut template = Template::new(NAMES).unwrap();
    if let Some(config) = config {
        template = template.with_config(Config::parse(config.as_bytes()).unwrap());
    }
    let plan = Recipe::parse("mine", recipe).and_then(|recipe| recipe.plan(&template, None));
    let plan = plan.map_err(|error| error.to_string())?;
    Ok(plan.parameters().iter().map(|it| it.drawn.distribution.to_string()).collect())
}

/// A recipe of these variables and one rule more before that of all others.
fn recipe(vars: &str, rule: &str) -> String {
    format!("[vars]\n{vars}\n{rule}\n[[rule]]\nname = \"*\"\ninit = \"normal\"\nstd = \"std\"\n")
}

#[test]
fn the_configuration_is_asked_first() {
    let recipe = recipe(r#"std = { config = ["a.range", "range"], value = "1 / 4" }"#, "");
    let std = |config| laws(&recipe, config).map(|laws| laws[0].clone());
    assert_eq!(std(None).unwrap(), "normal mean 0 std 0.25");
    assert_eq!(std(Some("{}")).unwrap(), "normal mean 0 std 0.25");
    assert_eq!(std(Some(r#"{"range": null}"#)).unwrap(), "normal mean 0 std 0.25");
    assert_eq!(std(Some(r#"{"range": 0.5}"#)).unwrap(), "normal mean 0 std 0.5");
    assert_eq!(std(Some(r#"{"range": 1, "a": {"range": 2}}"#)).unwrap(), "normal mean 0 std 2");
    let text = std(Some(r#"{"range": "0.5"}"#)).unwrap_err();
    assert!(
        text.ends_with("`range` of the configuration is \"0.5\"; it must be a number"),
        "{text}"
    );
}

#[test]
fn what_the_configuration_lacks_is_told() {
    let must = recipe(r#"std = { config = "initializer_range" }"#, "");
    let text = laws(&must, None).unwrap_err();
    assert!(text.contains("--config FILE") && text.contains("--set"), "{text}");
    let text = laws(&must, Some(r#"{"initialiser_range": 1}"#)).unwrap_err();
    assert!(text.contains("one of the two is misspelt"), "{text}");
    for wrong in [
        r#"std = { config = "a", value = 1, count = "x" }"#,
        r#"std = { config = "a", dim = 1 }"#,
        r#"std = { is = "x", value = 1 }"#,
        r#"std = { }"#,
        r#"std = { confg = "a" }"#,
    ] {
        assert!(laws(&recipe(wrong, ""), None).is_err(), "{wrong}");
    }
}

#[test]
fn text_and_truth_are_numbers() {
    let recipe = recipe(
        r#"kind = { config = "kind", is = "small", value = 0 }
           flag = { config = "flag", value = 0 }
           std = "if(kind, 1, 2) + 4 * flag""#,
        "",
    );
    let std = |config| laws(&recipe, Some(config)).unwrap()[0].clone();
    assert_eq!(std("{}"), "normal mean 0 std 2");
    assert_eq!(std(r#"{"kind": "small"}"#), "normal mean 0 std 1");
    assert_eq!(std(r#"{"kind": "large", "flag": true}"#), "normal mean 0 std 6");
}

#[test]
fn a_condition_is_of_each_parameter() {
    let rule = "[[rule]]\nname = \"layers.*\"\nwhen = \"layer == last\"\ninit = \"zeros\"";
    let last = recipe("std = 1\nlast = 1", rule);
    let normal = "normal mean 0 std 1";
    assert_eq!(laws(&last, None).unwrap(), [normal, normal, "constant 0"]);
    // Where the pattern is of others, nobody asks for their layer; where it is not, it is an error.
    let everywhere = last.replacen("layers.*", "*", 1);
    let text = laws(&everywhere, None).unwrap_err();
    assert!(text.contains("`when` = \"layer == last\": variable `layer`"), "{text}");
}

#[test]
fn rows_are_zero() {
    let of = |key: &str| {
        let rule = format!("[[rule]]\nname = \"embed.*\"\ninit = \"normal\"\n{key}");
        let vars = "std = 1\npad = { config = \"pad\", optional = true }";
        let config = r#"{"none": 1}"#;
        laws(&recipe(vars, &rule), Some(config)).map(|laws| laws[0].clone())
    };
    assert_eq!(of("padding_idx = 3").unwrap(), "normal mean 0 std 1, row 3 zero");
    assert_eq!(of("padding_idx = -1").unwrap(), "normal mean 0 std 1, row 99 zero");
    assert_eq!(of("padding_idx = \"pad\"").unwrap(), "normal mean 0 std 1");
    assert_eq!(of("rows = 97").unwrap(), "normal mean 0 std 1, rows 97 to 99 zero");
    assert_eq!(of("rows = 100").unwrap(), "normal mean 0 std 1");
    for wrong in [
        "padding_idx = 100",
        "padding_idx = -101",
        "padding_idx = 0.5",
        "rows = -1",
        "rows = 1\npadding_idx = 1",
    ] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
    assert!(of("std = \"pad\"").unwrap_err().contains("variable `pad`"));
    // Null is no row; what is not there is the model's own.
    let rule = "[[rule]]\nname = \"embed.*\"\ninit = \"normal\"\npadding_idx = \"pad\"";
    let own = recipe("std = 1\npad = { config = \"pad\", optional = true, value = 2 }", rule);
    let first = |config| laws(&own, config).unwrap()[0].clone();
    assert_eq!(first(Some(r#"{"pad": null}"#)), "normal mean 0 std 1");
    assert_eq!(first(Some(r#"{"pad": 0}"#)), "normal mean 0 std 1, row 0 zero");
    assert_eq!(first(Some("{}")), "normal mean 0 std 1, row 2 zero");
    assert_eq!(first(None), "normal mean 0 std 1, row 2 zero");
}

#[test]
fn a_recipe_extends_another() {
    let mine = "extends = \"hf/default\"\n[vars]\ninitializer_range = 0.5\n[[rule]]\nname = \"*.lm_head.weight\"\ninit = \"zeros\"";
    let template = Template::new([
        ("model.embed_tokens.weight", "F32", &[100, 8][..]),
        ("model.lm_head.weight", "F32", &[100, 8]),
    ]);
    let plan = Recipe::parse("mine", mine).unwrap().plan(&template.unwrap(), None).unwrap();
    let laws: Vec<_> =
        plan.parameters().iter().map(|it| it.drawn.distribution.to_string()).collect();
    assert_eq!(laws, ["normal mean 0 std 0.5", "constant 0"]);
    assert!(plan.notes().is_empty(), "{:?}", plan.notes());
    let text = Recipe::parse("mine", "extends = \"hf/defalt\"").unwrap_err().to_string();
    assert!(text.contains("line 1") && text.contains("did you mean `hf/default`?"), "{text}");
}

/// Every built-in recipe can be read, and no two are for the same models.
#[test]
fn the_built_in_recipes_are_recipes() {
    let mut types = std::collections::HashMap::new();
    for it in BUILT_IN {
        let recipe = Recipe::built_in(it.name).unwrap();
        assert_eq!(recipe.identity().built_in, Some(it.name));
        for model_type in it.model_types() {
            let config = format!(r#"{{"model_type": "{model_type}"}}"#);
            let config = Config::parse(config.as_bytes()).unwrap();
            assert_eq!(Recipe::hf(Some(&config)).unwrap().name(), it.name);
            assert_eq!(types.insert(model_type.clone(), it.name), None, "{model_type}");
        }
    }
}
