//! Recipes, rules, variables and files that would stop a careless program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{fmt::Write, fs, path::Path};

use common::{Run, folder, line_in, program, words};

const TEMPLATE: &str =
    r#"{"h.0.w": {"dtype": "F32", "shape": [3, 5]}, "h.1.w": {"dtype": "F32", "shape": [3, 5]}}"#;
const RULE: &str = "[[rule]]\nname = \"*\"\ninit = \"normal\"\n";

fn plan(at: &Path, recipe: &str) -> Run {
    fs::write(at.join("t.json"), TEMPLATE).unwrap();
    fs::write(at.join("r.toml"), recipe).unwrap();
    line_in(at, "plan t.json --recipe r.toml --json")
}

#[test]
fn patterns_have_bounds() {
    let folder = folder();
    let at = folder.path();
    let nested = |depth: usize| "{".repeat(depth) + "*" + &"}".repeat(depth);
    for (pattern, said) in [
        (nested(9), "nested 9 deep; at most 8"),
        (nested(250), "nested 250 deep; at most 8"),
        (nested(200_000), "400001 bytes; at most 1000"),
        ("?".repeat(300_000), "300000 bytes; at most 1000"),
        (format!("{{{}}}", "a,".repeat(50_000)), "100002 bytes; at most 1000"),
    ] {
        let rule = format!("[[rule]]\nname = '{pattern}'\n");
        let run = plan(at, &format!("{rule}init = \"normal\"\n"));
        assert!(run.err.len() < 500, "{}", run.err.len());
        run.fails(1, &["rule 1", said]);
        plan(at, &format!("[vars]\nn = {{ count = '{pattern}' }}\n{RULE}"))
            .fails(1, &["variable `n`", said]);
        plan(at, &format!("[vars]\nn = {{ dim = 0, of = '{pattern}' }}\n{RULE}"))
            .fails(1, &["variable `n`", said]);
        fs::write(at.join("tp.toml"), format!("{rule}dim = 0\n")).unwrap();
        fs::write(at.join("r.toml"), RULE).unwrap();
        let init = "init t.json --recipe r.toml --seed 1 --tensor-parallel tp.toml -o m";
        line_in(at, &format!("{init} --rank 0 --world-size 1")).fails(1, &["rule 1", said]);
    }
    // The longest that are taken do not make regexes too large.
    for pattern in [
        nested(8),
        "?".repeat(1000),
        "é".repeat(500),
        "[!é]".repeat(200),
        "{**,?}".repeat(166),
        format!("{{{}}}", "[!a],".repeat(199)),
        "{".repeat(8) + &",*".repeat(480) + &"}".repeat(8),
        "{a,{b,{c,{d,{e,{f,{g,{h,?}}}}}}}}".repeat(30),
    ] {
        plan(at, &format!("[[rule]]\nname = '{pattern}'\ninit = \"normal\"\n{RULE}")).ok();
    }
}

#[test]
fn variables_have_bounds() {
    let folder = folder();
    let at = folder.path();
    let chain = |count: usize, of: &str| {
        let mut text = String::from("[vars]\nv0 = \"1 * 1\"\n");
        for i in 1..count {
            let _ = writeln!(text, "v{i} = \"{}\"", of.replace('#', &format!("v{}", i - 1)));
        }
        format!("{text}{RULE}std = \"v{}\"\n", count - 1)
    };
    plan(at, &chain(64, "#")).ok();
    plan(at, &chain(65, "#")).fails(1, &["variable `v0`", "more than 64"]);
    plan(at, &chain(1000, "#")).fails(1, &["variable `v936`", "more than 64"]);
    plan(at, &chain(10_000, "#")).fails(1, &["10000 variables; at most 1000"]);
    // Known already or not, a variable is as deep as it is.
    let two = chain(65, "#") + "mean = \"v40\"\n";
    plan(at, &two).fails(1, &["more than 64"]);
    plan(at, &format!("{RULE}std = \"1{}\"\n", "+1".repeat(500))).fails(1, &["1001 bytes", "1000"]);

    // Twice as many steps for each, were they not kept: and the layer tells the parameters apart.
    let mut fibonacci = String::from("[vars]\na = \"1 * 1\"\nv00 = \"a\"\nv01 = \"layer\"\n");
    for i in 2..60 {
        let _ = writeln!(fibonacci, "v{i:02} = \"v{:02} + v{:02}\"", i - 1, i - 2);
    }
    let rows = plan(at, &format!("{fibonacci}{RULE}mean = \"v09 + a\"\nstd = \"v59\"\n")).json();
    for (row, mean, std) in [(0, 22.0, 591_286_729_879f64), (1, 56.0, 1_548_008_755_920.0)] {
        assert_eq!(rows[row]["distribution"]["mean"], mean);
        assert_eq!(rows[row]["distribution"]["std"], f64::from(std as f32));
    }
}

#[test]
fn fans_are_told_whether_a_variable_was_known_or_not() {
    let folder = folder();
    let recipe = format!("[vars]\nx = \"1 / fan_in\"\n{RULE}mean = \"x\"\nstd = \"x\"\n");
    let rows = plan(folder.path(), &recipe).json();
    assert_eq!([&rows[0]["fan_in"], &rows[1]["fan_in"]], [3, 3]);
}

#[test]
fn long_names_fit_a_table() {
    let folder = folder();
    let at = folder.path();
    let name = "x".repeat(70_000);
    fs::write(at.join("r.toml"), RULE).unwrap();
    fs::write(at.join("t.json"), format!(r#"{{"{name}": {{"dtype":"F32","shape":[2]}}}}"#))
        .unwrap();
    let init = "init t.json --recipe r.toml --seed 1 --device cpu -o w";
    line_in(at, init).ok();
    for line in ["plan t.json --recipe r.toml", "stats w"] {
        let out = line_in(at, line).ok().out;
        assert!(out.len() < 2000 && String::from_utf8(out).unwrap().contains("xx…xx"), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn rules_without_end_are_not_read() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("t.json"), TEMPLATE).unwrap();
    fs::write(at.join("r.toml"), RULE).unwrap();
    line_in(at, "plan t.json --recipe /dev/zero").fails(1, &["/dev/zero", "1 MiB"]);
    let init = "init t.json --recipe r.toml --seed 1 --rank 0 --world-size 1 -o m";
    line_in(at, &format!("{init} --tensor-parallel /dev/zero")).fails(1, &["/dev/zero", "1 MiB"]);
    let comment = |bytes: usize| format!("{}\n{RULE}", "#".repeat(bytes - RULE.len() - 1));
    plan(at, &comment(1 << 20)).ok();
    plan(at, &comment((1 << 20) + 1)).fails(1, &["1 MiB"]);
}

/// A file of two values under a promise.
fn promised(promise: &str, dtype: &str, values: &[u8]) -> Vec<u8> {
    let metadata = format!(r#"{{"distributions":"{{\"x\":{promise}}}"}}"#);
    let bytes = values.len();
    let tensor = format!(r#"{{"dtype":"{dtype}","shape":[2],"data_offsets":[0,{bytes}]}}"#);
    let header = format!(r#"{{"__metadata__":{metadata},"x":{tensor}}}"#);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), values].concat()
}

#[test]
fn ranges_of_no_width_are_drawn() {
    let folder = folder();
    let at = folder.path();
    for promise in [
        r#"{\"kind\":\"normal\",\"mean\":0.0,\"std\":1e-310}"#,
        r#"{\"kind\":\"normal\",\"mean\":1.0,\"std\":1e-16}"#,
        r#"{\"kind\":\"uniform\",\"low\":0.0,\"high\":5e-324}"#,
        r#"{\"kind\":\"truncated_normal\",\"mean\":0.0,\"std\":1.0,\"low\":38.5,\"high\":40.0}"#,
    ] {
        fs::write(at.join("w"), promised(promise, "F32", &[0; 8])).unwrap();
        // Whether the values keep the promise is another question.
        let run = line_in(at, "stats w --plot p.svg --force");
        assert!(!run.err.contains("panicked"), "{}", run.err);
        assert!(fs::read_to_string(at.join("p.svg")).unwrap().contains("</svg>"));
    }
}

/// Values that lie outside of nothing: none that is finite, or between bounds that round to one.
#[test]
fn impossible_promises_are_told() {
    let folder = folder();
    let at = folder.path();
    let truncated = |low: f64, high: f64| {
        let bounds = format!(r#"\"low\":{low:?},\"high\":{high:?}"#);
        format!(r#"{{\"kind\":\"truncated_normal\",\"mean\":0.0,\"std\":1.0,{bounds}}}"#)
    };
    let infinite = [0, 0, 0x80, 0x7f].repeat(2);
    for (promise, dtype, values) in [
        (truncated(1.0, -1.0), "F32", &infinite[..]),
        (truncated(1.001, 1.0), "BF16", &[0x80, 0x3f, 0x80, 0x3f]),
        (r#"{\"kind\":\"uniform\",\"low\":1.0,\"high\":-1.0}"#.into(), "F32", &infinite),
        (r#"{\"kind\":\"normal\",\"mean\":0.0,\"std\":-1.0}"#.into(), "F32", &[0; 8]),
    ] {
        fs::write(at.join("w"), promised(&promise, dtype, values)).unwrap();
        line_in(at, "stats w").fails(1, &["not what this program writes"]);
    }
}

#[cfg(unix)]
#[test]
fn a_rank_that_is_no_text_is_no_rank() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let folder = folder();
    let at = folder.path();
    plan(at, RULE).ok();
    let mut command = program();
    command.args(words("init t.json --recipe r.toml --seed 1 -o m")).current_dir(at);
    command.env("RANK", OsStr::from_bytes(b"\xff")).env("WORLD_SIZE", "2");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("RANK"), "{said}");
    assert!(!at.join("m").exists());
}

#[test]
fn a_damaged_digest_file_is_mended() {
    let folder = folder();
    let at = folder.path();
    plan(at, RULE).ok();
    let init = "init t.json --recipe r.toml --seed 1 --device cpu --resume -o w";
    line_in(at, init).ok();
    let sidecar = at.join(".w.sha256");
    let whole = fs::read(&sidecar).unwrap();
    for (place, byte) in [(66, b'x'), (66, 0xff), (67, b' ')] {
        let mut damaged = whole.clone();
        damaged[place] = byte;
        fs::write(&sidecar, damaged).unwrap();
        assert!(line_in(at, init).ok().err.contains("kept"));
        assert!(fs::read(&sidecar).unwrap() == whole);
    }
    fs::write(&sidecar, [&whole[..], &[b'\n'; 9000]].concat()).unwrap();
    line_in(at, init).ok();
    assert!(fs::read(&sidecar).unwrap() == whole);
}

#[test]
fn any_json_is_a_template() {
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("r.toml"), RULE).unwrap();
    let plan = |template: &str| {
        fs::write(at.join("t.json"), template).unwrap();
        line_in(at, "plan t.json --recipe r.toml --json")
    };
    let plain = plan(TEMPLATE).json();
    for before in ["        ", "\n\n\n\n\n\n\n\n\n\n{", "\u{feff}", "\u{feff}        ", " \t\r\n"] {
        let before = before.trim_end_matches('{');
        assert_eq!(plan(&format!("{before}{TEMPLATE}")).json(), plain, "{before:?}");
    }
    for wrong in ["[1, 2, 3, 4, 5]", "        ", "\u{feff}", "\u{feff}[1, 2, 3]"] {
        plan(wrong).fails(1, &["neither"]);
    }
    let large = 1u64 << 62;
    let shape = |shape: &str| plan(&format!(r#"{{"w":{{"dtype":"F32","shape":[{shape}]}}}}"#));
    shape(&format!("0,{large},{large}")).ok();
    shape(&format!("{large},{large},0")).fails(1, &["no elements", "safetensors library"]);
}

#[test]
fn force_does_not_destroy_what_it_needs() {
    let folder = folder();
    let at = folder.path();
    plan(at, RULE).ok();
    fs::write(at.join("tp.toml"), "[[rule]]\nname = \"*\"\ndim = 0\n").unwrap();
    let init = "init t.json --recipe r.toml --seed 1 --device cpu --force";
    for out in ["t.json", "./t.json", "r.toml"] {
        let run = line_in(at, &format!("{init} -o {out}")).fails(1, &["made from"]);
        let errors = run.err.lines().skip_while(|line| !line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{}", run.err);
    }
    // Nor as a file of another checkpoint in the output folder.
    line_in(at, "init t.json --recipe r.toml --seed 1 --device cpu --max-shard-size 1MB -o m").ok();
    let init = "init m/model.safetensors --recipe r.toml --seed 2 --device cpu --force -o m";
    for size in ["1MB", "50"] {
        line_in(at, &format!("{init} --max-shard-size {size}")).fails(1, &["made from"]);
    }
    assert!(at.join("m/model.safetensors").exists());
    assert_eq!(fs::read_to_string(at.join("t.json")).unwrap(), TEMPLATE);
}
