//! Templates that no model can have, which must be told and never crash.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{folder, names, run_in};

#[test]
fn hostile_json_is_told() {
    let folder = folder();
    let deep = format!(r#"{{"w": {}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let shape = "1,".repeat(64) + "1";
    let many = format!(r#"{{"w": {{"dtype": "F32", "shape": [{shape}]}}}}"#);
    let entry = |body: &str| format!(r#"{{"fine": {{"dtype":"F32","shape":[2]}}, "w": {body}}}"#);
    for (template, said) in [
        ("".to_string(), &["neither"][..]),
        ("not".into(), &["neither"]),
        ("not JSON, but long enough".into(), &["neither"]),
        ("{".into(), &["JSON"]),
        ("{}".into(), &["no parameters"]),
        (r#"{"__metadata__": {}}"#.into(), &["no parameters"]),
        (r#"{"__metadata__": {"a": 1}, "w": {"dtype":"F32","shape":[2]}}"#.into(), &["__metadata__"]),
        (entry("{}")+"x", &["JSON"]),
        (entry("{}"), &["\"w\"", "dtype"]),
        (entry("[]"), &["\"w\""]),
        (entry("null"), &["\"w\""]),
        (entry(r#"{"dtype":"F32","shape":[-1]}"#), &["\"w\"", "-1"]),
        (entry(r#"{"dtype":"F32","shape":[2,1.5]}"#), &["\"w\"", "dimension 1", "1.5"]),
        (entry(r#"{"dtype":"F32","shape":[1e30]}"#), &["\"w\""]),
        (entry(r#"{"dtype":"F32","shape":[18446744073709551616]}"#), &["\"w\"", "dimension 0"]),
        (entry(r#"{"dtype":"F32","shape":[4294967296,4294967296]}"#), &["\"w\"", "2^63"]),
        (entry(r#"{"dtype":"F32","shape":[2305843009213693952]}"#), &["\"w\"", "2^63"]),
        (entry(r#"{"dtype":"F32","shape":[2305843009213693951]}"#), &["\"w\"", "2^63"]),
        (entry(r#"{"dtype":"F32","shape":"x"}"#), &["\"w\""]),
        (entry(r#"{"dtype":"F33","shape":[1]}"#), &["\"w\"", "F33"]),
        (entry(r#"{"dtype":"F32","shape":[1],"extra":1}"#), &["\"w\"", "extra"]),
        (entry(r#"{"dtype":"F32","shape":[1],"shape":[2]}"#), &["\"w\"", "duplicate"]),
        (entry(r#"{"dtype":"F32","shape":[1],"data_offsets":[4,0]}"#), &["\"w\"", "data_offsets"]),
        (entry(r#"{"dtype":"I64","shape":[1]}"#), &["w (I64)"]),
        (entry(r#"{"dtype":"BOOL","shape":[1]}"#), &["w (BOOL)"]),
        (r#"{"w":{"dtype":"F32","shape":[1]},"w":{"dtype":"F32","shape":[1]}}"#.into(), &["\"w\"", "twice"]),
        (
            // A collision of 64-bit FNV-1a.
            r#"{"8yn0iYCKYHlIj4-BwPqk":{"dtype":"F32","shape":[1]},"GReLUrM4wMqfg9yzV3KQ":{"dtype":"F32","shape":[1]}}"#.into(),
            &["8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ", "stream"],
        ),
        (deep, &["\"w\""]),
        (many, &["\"w\"", "65 dimensions"]),
    ] {
        let at = folder.path();
        std::fs::write(at.join("t.json"), &template).unwrap();
        std::fs::write(at.join("r.toml"), "[[rule]]\nname = \"*\"\ninit = \"normal\"\n").unwrap();
        run_in(at, &["init", "t.json", "--recipe", "r.toml", "--seed", "1", "-o", "o"]).fails(1, said);
        assert_eq!(names(at), ["r.toml", "t.json"]);
    }
}

#[test]
fn hostile_safetensors_files_are_told() {
    let folder = folder();
    let at = folder.path();
    let header = br#"{"W_x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    for (length, text, said) in [
        (u64::MAX, &header[..], &["neither"][..]),
        (100_000_001, header, &["100 MB"]),
        (1000, header, &["beyond"]),
        (header.len() as u64 - 1, header, &["JSON"]),
        (0, b"", &["JSON"]),
        (4, b"\xff\xfe\xfd\xfc", &["JSON"]),
    ] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend_from_slice(text);
        std::fs::write(at.join("t"), bytes).unwrap();
        let recipe = ["--recipe", "transformer-lens/xavier_normal"];
        run_in(at, &[&["plan", "t"], &recipe[..]].concat()).fails(1, said);
        run_in(at, &["stats", "t"]).fails(1, &[]);
    }
    // Only the header is read: data that is missing is no concern.
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header);
    std::fs::write(at.join("t"), bytes).unwrap();
    run_in(at, &["plan", "t", "--recipe", "transformer-lens/xavier_normal"]).ok();
    run_in(at, &["plan", "none", "--recipe", "gpt2"]).fails(1, &["none", "No such file"]);
    run_in(at, &["plan", ".", "--recipe", "gpt2"]).fails(1, &["neither model.safetensors nor"]);
}

#[test]
fn usage_errors_and_help_have_their_status() {
    let at = folder();
    for (args, status) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["init", "--help"], 0),
        (&[], 2),
        (&["init"], 2),
        (&["train"], 2),
        (&["plan", "t.json"], 2),
    ] {
        let run = run_in(at.path(), args);
        assert_eq!(run.status, status, "{args:?} {}", run.err);
    }
}
