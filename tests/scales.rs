//! Fans, gains, scales and errors against those recorded from TransformerLens and torch.

use serde_json::Value;
use wgpu_weights::{
    Convention, Distribution, FanMode, Fans, Kaiming, Kind, Nonlinearity, Xavier,
    calc_fan_in_and_fan_out, calculate_gain,
    initialiser::{Arguments, Drawn, Initialiser},
    kaiming_normal, kaiming_uniform, xavier_normal, xavier_uniform,
};

type Outcome = Result<Kind, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A number, or one that JSON has no form for, spelt out.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn kaiming_args(args: &Value, convention: Convention) -> Result<Kaiming, String> {
    let mut kaiming = Kaiming { convention, ..Kaiming::default() };
    if let Some(gain) = args.get("gain") {
        kaiming.gain = number(gain).unwrap();
    }
    if let Some(name) = args.get("nonlinearity") {
        kaiming.nonlinearity = name.as_str().unwrap().parse::<Nonlinearity>().map_err(text)?;
    }
    // TransformerLens' default is 0; a null is torch's, which the name alone stands for.
    kaiming.nonlinearity = match args.get("a") {
        Some(a) => number(a).map_or(kaiming.nonlinearity, |a| kaiming.nonlinearity.with_slope(a)),
        None => kaiming.nonlinearity.with_slope(0.0),
    };
    if let Some(name) = args.get("mode") {
        kaiming.mode = name.as_str().unwrap().parse::<FanMode>().map_err(text)?;
    }
    Ok(kaiming)
}

fn ours(function: &str, shape: &[u64], args: &Value, convention: Convention) -> Outcome {
    let xavier = Xavier { gain: args.get("gain").and_then(number).unwrap_or(1.0), convention };
    match function.trim_start_matches("init_").trim_end_matches('_') {
        "kaiming_normal" => kaiming_normal(shape, kaiming_args(args, convention)?),
        "kaiming_uniform" => kaiming_uniform(shape, kaiming_args(args, convention)?),
        "xavier_normal" => xavier_normal(shape, xavier),
        "xavier_uniform" => xavier_uniform(shape, xavier),
        other => panic!("{other} is not covered"),
    }
    .map(|distribution| distribution.kind())
    .map_err(text)
}

/// Where we refuse what the peer takes in silence: a mode that is none, read as fan_out.
fn refused_by_us_alone(args: &Value) -> bool {
    args.get("mode").is_some_and(|mode| mode != "fan_in" && mode != "fan_out")
}

#[test]
fn recorded_cases() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("data/scales.json")).expect("the recorded cases");
    let mut checked = 0;
    for case in &cases {
        let convention = match case["source"].as_str().unwrap() {
            "transformer_lens" => Convention::TransformerLens,
            "torch" => Convention::Torch,
            _ => continue,
        };
        let function = case["fn"].as_str().unwrap();
        let args = &case["args"];
        if function == "calculate_gain" {
            checked += gain_case(case);
            continue;
        }
        let shape: Vec<u64> =
            case["shape"].as_array().unwrap().iter().map(|dim| dim.as_u64().unwrap()).collect();
        let fans = calc_fan_in_and_fan_out(&shape, convention);
        if let (Some(fan_in), Some(fan_out)) = (case["fan_in"].as_u64(), case["fan_out"].as_u64()) {
            let fans = fans.as_ref().unwrap();
            assert_eq!((fans.fan_in, fans.fan_out), (fan_in, fan_out), "{case}");
        }
        match function {
            "calc_fan_in_and_fan_out" => assert_eq!(fans.is_err(), case.get("error").is_some()),
            // Distributions with scales of the caller's own: no fan is involved.
            "normal_" | "uniform_" | "trunc_normal_" => continue,
            _ if refused_by_us_alone(args) => {
                let error = ours(function, &shape, args, convention).unwrap_err();
                assert!(error.contains("fan_in, fan_out"), "{error}");
            }
            // An error of the peer's dtype, not of the scale.
            _ if case["error"]["type"] == "NotImplementedError" => continue,
            _ if case.get("error").is_some() => {
                let error = ours(function, &shape, args, convention).expect_err(&case.to_string());
                assert!(!error.is_empty());
            }
            _ => scale_case(case, ours(function, &shape, args, convention).unwrap()),
        }
        checked += 1;
    }
    // 89 of TransformerLens and 39 of torch, less 5 plain distributions and 2 dtypes.
    assert_eq!(checked, 121, "cases checked");
}

fn scale_case(case: &Value, kind: Kind) {
    let bits = |key: &str| {
        u32::from_str_radix(case[key].as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    };
    match (case["dist"].as_str().unwrap(), kind) {
        ("normal", Kind::Normal { mean, std }) => {
            assert_eq!((mean.to_bits(), std.to_bits()), (0, bits("std_f32_bits")), "{case}");
        }
        ("uniform", Kind::Uniform { low, high }) => {
            let bound = f32::from_bits(bits("bound_f32_bits"));
            assert_eq!((low, high.to_bits()), (-bound, bound.to_bits()), "{case}");
        }
        ("noop", _) => {}
        (_, kind) => panic!("{kind:?} for {case}"),
    }
}

fn gain_case(case: &Value) -> usize {
    let args = &case["args"];
    let name = args["nonlinearity"].as_str().unwrap();
    let a = args.get("param").or_else(|| args.get("a")).and_then(number);
    let expected = ["gain", "value", "result"].iter().find_map(|key| number(&case[*key]));
    match name.parse::<Nonlinearity>() {
        Ok(nonlinearity) => {
            let nonlinearity = a.map_or(nonlinearity, |a| nonlinearity.with_slope(a));
            assert_eq!(calculate_gain(nonlinearity), expected.unwrap(), "{case}")
        }
        Err(_) => assert!(case.get("error").is_some(), "{case}"),
    }
    1
}

/// An initialiser by name, with arguments as the command line has them.
fn by_name(name: &str, shape: &[u64], args: &[(&str, String)]) -> Result<Drawn, String> {
    let init = Initialiser::named(name).map_err(text)?;
    let mut given = Arguments::default();
    for (key, value) in args {
        let argument = init.argument(key).map_err(text)?;
        given.set(argument, argument.parse(value).map_err(text)?).map_err(text)?;
    }
    init.draw(shape, &given).map_err(text)
}

/// A number of the peer's, which computed in f32, and ours, rounded once from f64.
fn near(ours: f32, peers: f64, ulps: u32) -> bool {
    ours.to_bits().abs_diff((peers as f32).to_bits()) <= ulps
}

/// JAX's and Keras' names are ours.
#[test]
fn recorded_cases_of_jax_and_keras() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("data/scales.json")).expect("the recorded cases");
    let mut checked = 0;
    for case in &cases {
        let (source, function) = (case["source"].as_str().unwrap(), case["fn"].as_str().unwrap());
        let (name, ulps) = match (source, function) {
            ("jax", name) => (name, 2),
            ("keras", "HeNormal") => ("he_normal", 0),
            ("keras", "LecunNormal") => ("lecun_normal", 0),
            ("keras", "GlorotUniform") => ("glorot_uniform", 0),
            _ => continue,
        };
        let shape: Vec<u64> =
            case["shape"].as_array().unwrap().iter().map(|dim| dim.as_u64().unwrap()).collect();
        let mut args = vec![("convention", source.to_owned())];
        for (key, value) in case["args"].as_object().unwrap() {
            let ours = match key.as_str() {
                "mode" => "fan",
                "distribution" => "law",
                other => other,
            };
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            args.push((ours, value.trim_matches(['[', ']']).to_owned()));
        }
        let drawn = by_name(name, &shape, &args);
        checked += 1;
        if case.get("error").is_some() {
            assert!(drawn.is_err(), "{case}");
            continue;
        }
        let drawn = drawn.unwrap_or_else(|error| panic!("{error}: {case}"));
        let fans = drawn.fans.unwrap();
        let recorded = ["fan_in", "fan_out"].map(|it| case[it].as_f64().unwrap() as u64);
        assert_eq!([fans.fan_in, fans.fan_out], recorded, "{case}");
        let number = |key: &str| case[key].as_f64().unwrap();
        match (case["dist"].as_str().unwrap(), drawn.distribution.kind()) {
            ("normal", Kind::Normal { mean: 0.0, std }) => {
                assert!(near(std, number("std"), ulps), "{std}: {case}");
            }
            ("uniform", Kind::Uniform { low, high }) => {
                assert!(low == -high && near(high, number("bound"), ulps), "{high}: {case}");
            }
            ("trunc_normal", Kind::TruncatedNormal { mean: 0.0, std, low, high }) => {
                assert!(near(std, number("std_before_truncation"), ulps), "{std}: {case}");
                assert!(low == -high && near(high, number("bound"), ulps), "{high}: {case}");
                let after = drawn.distribution.std().unwrap();
                assert!((after / number("std") - 1.0).abs() < 3e-7, "{after}: {case}");
            }
            (_, kind) => panic!("{kind:?} for {case}"),
        }
    }
    assert_eq!(checked, 34, "28 of JAX and 6 of Keras");
}

/// candle's, burn's, and what schemes for whole models come to.
#[test]
fn recorded_cases_of_the_others() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("data/scales.json")).expect("the recorded cases");
    let mut checked = 0;
    for case in &cases {
        let args = |key: &str| case["args"][key].as_f64().unwrap();
        let normal = |std: f64| Distribution::normal(0.0, std).unwrap().kind();
        let shape = || -> Vec<u64> {
            case["shape"].as_array().unwrap().iter().map(|dim| dim.as_u64().unwrap()).collect()
        };
        let kind = match (case["source"].as_str().unwrap(), case["fn"].as_str().unwrap()) {
            ("candle", "DEFAULT_KAIMING_UNIFORM") => {
                let candle = Kaiming { convention: Convention::Candle, ..Kaiming::default() };
                kaiming_uniform(&shape(), candle).unwrap().kind()
            }
            ("burn", _) => {
                let [fan_in, fan_out] = shape()[..] else { panic!("{case}") };
                let gain = 1.0 / 3f64.sqrt();
                let burn =
                    Kaiming { nonlinearity: Nonlinearity::Linear, gain, ..Kaiming::default() };
                burn.uniform(Fans { fan_in, fan_out }).unwrap().kind()
            }
            ("scheme", name) => normal(match name {
                "gpt2/nanoGPT.residual c_proj" => 0.02 / (2.0 * args("n_layer")).sqrt(),
                "torchtitan.depth_scaled_std / olmo-core llama_depth" => {
                    0.02 / (2.0 * (args("layer_id") + 1.0)).sqrt()
                }
                "olmo.mitchell ff_out" => {
                    (2.0 * args("ff_in") * (args("layer_id") + 1.0)).sqrt().recip()
                }
                "megatron mup hidden" => 0.02 / args("width_mult").sqrt(),
                "transformer_lens 3.x gpt2 default" => 0.8 / args("d_model").sqrt(),
                "small-init (Nguyen&Salazar)" => (2.0 / (5.0 * args("d_model"))).sqrt(),
                other => panic!("{other} is not covered"),
            }),
            _ => continue,
        };
        let bits = |key: &str| {
            u32::from_str_radix(case[key].as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
        };
        match kind {
            Kind::Normal { std, .. } => assert_eq!(std.to_bits(), bits("std_f32_bits"), "{case}"),
            Kind::Uniform { high, .. } => {
                assert_eq!(high.to_bits(), bits("bound_f32_bits"), "{case}");
            }
            other => panic!("{other:?} for {case}"),
        }
        checked += 1;
    }
    assert_eq!(checked, 16, "2 of candle, 2 of burn, 12 schemes");
}

/// Fused and stacked weights are scaled by the fans of one of them.
#[test]
fn fans_of_a_slice() {
    let fans = |name: &str, shape: &[u64], args: &[(&str, &str)]| {
        let args: Vec<_> = args.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        by_name(name, shape, &args)
            .map(|drawn| drawn.fans.map(|it| [it.fan_in, it.fan_out]).unwrap())
    };
    let qkv = [("convention", "torch"), ("parts", "3")];
    assert_eq!(fans("xavier_uniform", &[3 * 768, 768], &qkv), Ok([768, 768]));
    let gate_up = [("parts", "2"), ("part_axis", "-1"), ("batch_axis", "0")];
    assert_eq!(fans("lecun_normal", &[8, 768, 2 * 3072], &gate_up), Ok([768, 3072]));
    let torch_experts = [("convention", "torch"), ("batch_axis", "0")];
    assert_eq!(fans("kaiming_normal", &[8, 3072, 768], &torch_experts), Ok([768, 3072]));
    // maxtext's (E, d, ff) with in_axis 0 and out_axis 1 is what it is.
    assert_eq!(
        fans("lecun_normal", &[8, 768, 3072], &[("in_axis", "0"), ("out_axis", "1")]),
        Ok([8 * 3072, 768 * 3072])
    );
    // JAX's embedding, whose only named axis is that of the outputs.
    assert_eq!(fans("lecun_normal", &[50_257, 768], &[("out_axis", "0")]), Ok([768, 768]));
    for (args, said) in [
        (&[("parts", "5")][..], "axis 0 of shape [9, 4] can not be cut into 5 equal parts"),
        (&[("parts", "0")], "`parts` is 0; it must be a whole number of one or more"),
        (&[("parts", "1.5")], "`parts` is 1.5"),
        (&[("part_axis", "1")], "`part_axis` has no effect unless `parts` is 2 or more"),
        (&[("in_axis", "2"), ("out_axis", "0")], "shape [9, 4] has no axis 2"),
        (&[("in_axis", "-3")], "has no axis -3"),
        (&[("in_axis", "0"), ("batch_axis", "0")], "axis 0 of shape [9, 4] is named twice"),
        (&[("in_axis", "0,0")], "is named twice"),
        (&[("in_axis", "a")], "`in_axis` is \"a\"; it must be axes"),
        (&[("in_axis", "0,1,2,3,4,5,6,7,8")], "eight at most"),
    ] {
        let error = fans("he_normal", &[9, 4], args).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}
