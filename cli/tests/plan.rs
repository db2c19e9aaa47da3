//! `plan`: every parameter of every TransformerLens mode against scales computed here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{example, folder, program, run, run_in};
use serde_json::{Value, json};

/// Fan in and fan out as TransformerLens reads them.
fn fans(shape: &[f64]) -> (f64, f64) {
    match *shape {
        [n] => (1.0, n),
        [input, output] => (input, output),
        [heads, input, output] => (input, heads * output),
        _ => panic!("no fans for {shape:?}"),
    }
}

fn normal(std: f64) -> Value {
    json!({"kind": "normal", "mean": 0.0, "std": f64::from(std as f32)})
}

fn uniform(bound: f64) -> Value {
    json!({"kind": "uniform", "low": f64::from(-bound as f32), "high": f64::from(bound as f32)})
}

#[test]
fn every_transformer_lens_mode_on_gpt2_small() {
    let template: serde_json::Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(example("gpt2-small.tl.json")).unwrap())
            .unwrap();
    for mode in
        ["gpt2", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "mup"]
    {
        let recipe = format!("transformer-lens/{mode}");
        let plan =
            run(&["plan", &example("gpt2-small.tl.json"), "--recipe", &recipe, "--json"]).json();
        let plan = plan.as_array().unwrap();
        assert_eq!(plan.len(), 198);
        for (row, (name, entry)) in plan.iter().zip(&template) {
            assert_eq!(
                (row["name"].as_str(), &row["shape"]),
                (Some(name.as_str()), &entry["shape"])
            );
            assert_eq!(row["dtype"], "F32");
            assert_eq!(row["stream"], wgpu_weights::stream_of(name));
            let shape: Vec<f64> = entry["shape"]
                .as_array()
                .unwrap()
                .iter()
                .map(|dim| dim.as_f64().unwrap())
                .collect();
            let (fan_in, fan_out) = fans(&shape);
            let expected = if !name.contains("W_") {
                json!({"kind": "constant", "value": if name.ends_with(".w") { 1.0 } else { 0.0 }})
            } else {
                match mode {
                    "gpt2" => normal(0.8 / 768f64.sqrt()),
                    "xavier_uniform" => uniform((6.0 / (fan_in + fan_out)).sqrt()),
                    "xavier_normal" => normal((2.0 / (fan_in + fan_out)).sqrt()),
                    "kaiming_uniform" => uniform(2f64.sqrt() * (3.0 / fan_in).sqrt()),
                    "kaiming_normal" => normal(2f64.sqrt() / fan_in.sqrt()),
                    _ if name.ends_with("W_E") || name.ends_with("W_pos") => normal(1.0),
                    _ if name.ends_with("W_U") => normal(1.0 / fan_in),
                    _ => normal(1.0 / fan_in.sqrt()),
                }
            };
            assert_eq!(row["distribution"], expected, "{mode} {name}");
            let scaled = name.contains("W_")
                && (mode.contains('_')
                    || mode == "mup" && !name.ends_with("W_E") && !name.ends_with("W_pos"));
            let expected = if scaled { json!(fan_in as u64) } else { Value::Null };
            assert_eq!(row["fan_in"], expected, "{mode} {name}");
        }
    }
}

#[test]
fn parameters_that_no_rule_matches_are_counted_with_the_rule_to_add() {
    run(&["plan", &example("gpt2-small.tl.json"), "--recipe", "gpt2"]).fails(
        1,
        &[
            "198 parameters match no rule of recipe gpt2",
            "embed.W_E",
            "and 190 more",
            "extends = \"gpt2\"",
            "*embed.W_E",
        ],
    );
    run(&["plan", &example("llama-7b.hf.json"), "--recipe", "gpt2"])
        .fails(1, &["290 parameters match no rule of recipe gpt2"]);
}

#[test]
fn a_recipe_of_ones_own() {
    let folder = folder();
    let at = folder.path();
    std::fs::write(
        at.join("t.json"),
        r#"{"h.0.x": {"dtype": "F32", "shape": [3, 5]}, "h.11.x": {"dtype": "F32", "shape": [3, 5]},
            "h.11.y": {"dtype": "F32", "shape": [7]}, "h.11.z": {"dtype": "F32", "shape": [4]}}"#,
    )
    .unwrap();
    let plan = |recipe: &str| {
        std::fs::write(at.join("r.toml"), recipe).unwrap();
        run_in(at, &["plan", "t.json", "--recipe", "r.toml", "--json"])
    };
    let rows = plan(
        r#"convention = "torch"
        [vars]
        width = { dim = 1, of = "h.*.x" }
        layers = { count = "*.x" }
        base = "width * 2"
        [[rule]]
        name = "h.*.x"
        init = "normal"
        mean = "-layer"
        std = "base * (layer + 1) / layers"
        [[rule]]
        name = "*.z"
        init = "truncated_normal"
        std = "1 / numel"
        low = "-2 / numel"
        high = 1
        [[rule]]
        name = "*"
        init = "uniform"
        low = "-numel"
        high = 0
        [[rule]]
        name = "h.11.y"
        init = "constant""#,
    )
    .json();
    assert_eq!(rows[0]["distribution"], json!({"kind": "normal", "mean": 0.0, "std": 5.0}));
    assert_eq!(rows[1]["distribution"], json!({"kind": "normal", "mean": -11.0, "std": 60.0}));
    assert_eq!(rows[2]["distribution"], json!({"kind": "uniform", "low": -7.0, "high": 0.0}));
    let truncated =
        json!({"kind": "truncated_normal", "mean": 0.0, "std": 0.25, "low": -0.5, "high": 1.0});
    assert_eq!(rows[3]["distribution"], truncated);
    assert_eq!((rows[1]["rule"].as_str(), &rows[1]["fan_in"]), (Some("h.*.x"), &Value::Null));

    let rule = |body: &str| format!("[[rule]]\nname = \"*\"\n{body}\n");
    for (recipe, said) in [
        (
            rule("init = \"normal\"\nstd = \"n / 2\""),
            &["rule 1", "h.0.x", "`n`", "not defined", "\"n / 2\""][..],
        ),
        (rule("init = \"normal\"\nstd = \"1 / layer\""), &["rule 1", "h.0.x", "1 / layer", "inf"]),
        (
            rule("init = \"normal\"\nstd = \"layer - 1\""),
            &["h.0.x", "layer - 1", "is -1", "zero or more"],
        ),
        (rule("init = \"normal\"\nstd = \"sqrt(\""), &["rule 1", "sqrt("]),
        (rule("init = \"normal\"\nstd = nan"), &["NaN"]),
        (rule("init = \"truncated_normal\"\nlow = \"layer + 3\""), &["h.0.x", "low is 3"]),
        (rule("init = \"truncated_normal\"\ngain = 2"), &["`gain` has no effect", "`low`"]),
        (rule("init = \"normal\"\nvalue = 1"), &["`value` has no effect on `normal`"]),
        (rule("init = \"normal\"\nsdt = 1"), &["line 4", "sdt"]),
        (rule("init = \"gauss\""), &["line 3", "gauss"]),
        (rule("init = \"bits\""), &["bits"]),
        (rule("init = \"xavier_normal\"\nconvention = \"theano\""), &["theano", "torch"]),
        (rule("init = \"xavier_normal\"\nconvention = \"torch\""), &["h.11.y", "[7]", "torch"]),
        ("[[rule]]\nname = \"[\"\ninit = \"normal\"".into(), &["rule 1"]),
        ("[vars]\nfan_in = 1\n".to_string() + &rule("init = \"normal\""), &["fan_in", "taken"]),
        ("[vars]\nsin = 1\n".to_string() + &rule("init = \"normal\""), &["sin"]),
        (
            "[vars]\na = \"b\"\nb = \"a\"\n".to_string() + &rule("init = \"normal\"\nstd = \"a\""),
            &["circle"],
        ),
        (
            "[vars]\na = {count = \"z*\"}\n".to_string() + &rule("init = \"normal\"\nstd = \"a\""),
            &["z*"],
        ),
        ("[vars]\na = {size = 1}\n".to_string() + &rule("init = \"normal\""), &["line 2"]),
        ("convention = \"torch\"".into(), &["no [[rule]]"]),
        ("= 1".into(), &["line 1"]),
    ] {
        plan(&recipe).fails(1, said);
    }
    run_in(at, &["plan", "t.json", "--recipe", "gpt3"])
        .fails(1, &["gpt3", "did you mean `gpt2`?", "`wgpu-weights recipes`"]);
}

#[test]
fn recipes_are_printed_and_can_be_used() {
    let folder = folder();
    let listed = run(&["recipes"]).ok();
    let listed = String::from_utf8(listed.out).unwrap();
    let names: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for name in ["hf", "hf/llama", "gpt2", "torch", "torchtitan/llama3", "transformer-lens/mup"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(listed.lines().all(|line| line.ends_with('.')), "{listed}");
    // Whose rules `hf` takes.
    let models = String::from_utf8(run(&["recipes", "hf"]).ok().out).unwrap();
    let llama = models.lines().find(|line| line.starts_with("hf/llama ")).unwrap();
    assert!(llama.contains("mistral") && llama.contains("qwen3"), "{llama}");
    let printed = run(&["recipes", "transformer-lens/mup"]).ok();
    std::fs::write(folder.path().join("mup.toml"), printed.out).unwrap();
    let of = |recipe: &str| {
        run_in(
            folder.path(),
            &["plan", &example("gpt2-small.tl.json"), "--recipe", recipe, "--json"],
        )
        .json()
    };
    assert_eq!(of("mup.toml"), of("transformer-lens/mup"));
    run(&["recipes", "gpt3"]).fails(1, &["gpt3"]);
}

#[test]
fn devices_are_listed_and_verified() {
    let devices = run(&["devices", "--json"]).json();
    let devices = devices.as_array().unwrap();
    assert!(!devices.is_empty(), "a software Vulkan driver is needed");
    for (at, device) in devices.iter().enumerate() {
        assert_eq!(device["index"], at);
        assert_eq!(device["bit_exact"], true, "{device}");
    }
    assert!(!run(&["devices"]).ok().out.is_empty());
}

/// Mesa can be asked for a GL without compute shaders; another driver is as it is.
#[test]
fn the_status_tells_of_adapters_that_are_not_exact() {
    let output = program()
        .args(["devices", "--json"])
        .envs([("WGPU_BACKEND", "gl"), ("MESA_GLES_VERSION_OVERRIDE", "3.0")])
        .env("MESA_GL_VERSION_OVERRIDE", "3.0")
        .output()
        .unwrap();
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    let wrong = rows.iter().filter(|row| row["bit_exact"] != true).count();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(wrong > 0)), "{rows:?} {said}");
    assert_eq!(said.contains("error: adapter"), wrong > 0, "{said}");
}

/// A folder with a template of three parameters in narrow dtypes.
fn narrow() -> tempfile::TempDir {
    let folder = folder();
    let template = r#"{"a.weight": {"dtype": "F8_E4M3", "shape": [3, 5]},
        "b.weight": {"dtype": "F8_E4M3", "shape": [3, 5]}, "c.bias": {"dtype": "F16", "shape": [3]}}"#;
    std::fs::write(folder.path().join("t.json"), template).unwrap();
    folder
}

#[test]
fn what_a_narrow_dtype_loses_is_noted_once_for_each_rule() {
    let folder = narrow();
    let at = folder.path();
    let recipe = |std: &str, value: &str| {
        let recipe = format!(
            "[[rule]]\nname = \"*.weight\"\ninit = \"normal\"\nstd = {std}\n\
             [[rule]]\nname = \"*.bias\"\ninit = \"constant\"\nvalue = {value}\n"
        );
        std::fs::write(at.join("r.toml"), recipe).unwrap();
    };
    recipe("0.0011", "1");
    let note = "note: std 0.0011 is below F8_E4M3's smallest step 2^-9: most values become 0 \
                (rule `*.weight`, 2 parameters, first a.weight)\n";
    let line = |line: &str| common::line_in(at, line);
    assert_eq!(line("plan t.json --recipe r.toml").ok().err, note);
    let init = "init t.json --recipe r.toml --seed 1 --device cpu --force";
    assert!(line(&format!("{init} -o o.safetensors")).ok().err.starts_with(note));
    assert_eq!(line("plan t.json --recipe r.toml --dtype f16").ok().err, "");
    recipe("0.02", "1e5");
    line("plan t.json --recipe r.toml").fails(1, &["100000", "F16", "65504", "c.bias"]);
    line(&format!("{init} -o p.safetensors")).fails(1, &["100000", "F16", "65504"]);
    line("plan t.json --recipe r.toml --dtype bf16").ok();
}

#[test]
fn rules_that_decide_nothing_are_noted() {
    let folder = narrow();
    let at = folder.path();
    let rule = |name: &str| format!("[[rule]]\nname = \"{name}\"\ninit = \"normal\"\n");
    let recipe = ["*.weight", "b.*", "*", "z"].map(rule).concat();
    std::fs::write(at.join("r.toml"), recipe).unwrap();
    let said = run_in(at, &["plan", "t.json", "--recipe", "r.toml"]).ok().err;
    let expected = "note: recipe r.toml: rule 2 (`b.*`) decides nothing: the one parameter that it \
                    matches is taken by rule 1 (`*.weight`)\n\
                    note: recipe r.toml: rule 4 (`z`) matches no parameter\n";
    assert_eq!(said, expected);
    // The built-in ones are for more than one model.
    for (template, recipe) in [
        ("gpt2-small.tl.json", "transformer-lens/mup"),
        ("gpt2.hf.json", "gpt2"),
        ("llama-7b.hf.json", "hf/default"),
    ] {
        let said = run(&["plan", &example(template), "--recipe", recipe]).ok().err;
        assert!(!said.contains("decides nothing") && !said.contains("matches no"), "{said}");
    }
}

#[test]
fn slips_in_a_recipe_are_told_with_what_would_be_right() {
    let folder = narrow();
    let at = folder.path();
    let plan = |recipe: &str| {
        std::fs::write(at.join("r.toml"), recipe).unwrap();
        run_in(at, &["plan", "t.json", "--recipe", "r.toml"])
    };
    plan("[[rule]]\nname = \"*\"\ninit = normal\n").fails(1, &["line 3", "init = \"normal\""]);
    plan("[[rule]]\nname = \"*\"\ninit = \"normal\"\nstd = \"root(2)\"\n")
        .fails(1, &["no function `root`", "sqrt", "exp"]);
    plan("[[rule]]\nname = \"*\"\ninit = \"normal\"\nstd = \"(2) * (1 + sqrt (4))\"\n").ok();
    run_in(at, &["plan", "t.json", "--recipe", "t.json"]).fails(1, &["a recipe is TOML"]);
}

#[test]
fn the_convention_that_fans_are_read_in_is_said() {
    let folder = narrow();
    let at = folder.path();
    let recipe = "[[rule]]\nname = \"a*\"\ninit = \"xavier_normal\"\nconvention = \"torch\"\n\
                  [[rule]]\nname = \"*\"\ninit = \"normal\"\nstd = \"1 / fan_in\"\n";
    std::fs::write(at.join("r.toml"), recipe).unwrap();
    let plan = ["plan", "t.json", "--recipe", "r.toml"];
    let table = String::from_utf8(run_in(at, &plan).ok().out).unwrap();
    assert!(table.contains("fans of 1 parameter: shapes are read as torch, [out, in"), "{table}");
    assert!(table.contains("fans of 2 parameters: shapes are read as transformer-lens"), "{table}");
    let rows = run_in(at, &[&plan[..], &["--json"]].concat()).json();
    assert_eq!(rows[0]["fan_in"], json!(5));
}
