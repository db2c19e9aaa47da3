//! Fans, gains, scales and errors against those recorded from TransformerLens and torch.

use serde_json::Value;
use wgpu_weights::{
    Convention, FanMode, Kaiming, Kind, Nonlinearity, Xavier, calc_fan_in_and_fan_out,
    calculate_gain, kaiming_normal, kaiming_uniform, xavier_normal, xavier_uniform,
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
