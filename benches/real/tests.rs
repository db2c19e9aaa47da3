//! On whatever adapter there is, small: bits come first, and one that differs ends it.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{marked, run, table};

/// Two windows of the contract's.
fn answers() -> String {
    let all = include_str!("../../tests/data/known_answers.txt");
    let small = all.lines().filter(|line| line.contains(" 65536 ")).take(2);
    small.map(|line| format!("{line}\n")).collect()
}

/// A folder of the test's own.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("bench-gpu-{test}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Status and record of a run with these known answers.
fn told(test: &str, answers: &str) -> (u8, Value) {
    let folder = folder(test);
    let [file, json] = ["answers.txt", "record.json"].map(|name| folder.join(name));
    fs::write(&file, answers).unwrap();
    let (file, json) = (file.to_str().unwrap(), json.to_str().unwrap());
    let args = ["--elements", "1024", "--seconds", "1", "--answers", file, "--json", json];
    let status = run(args.map(String::from));
    let record = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    fs::remove_dir_all(folder).unwrap();
    (status, record)
}

#[test]
fn bits_then_figures() {
    let (status, record) = told("right", &answers());
    assert_eq!((status, &record["exact"]), (0, &Value::Bool(true)));
    for key in ["name", "type", "backend", "driver", "features"] {
        assert!(!record["device"][key].is_null(), "{key}");
    }
    for key in ["wgpu-weights", "wgpu", "contract"] {
        assert!(!record["versions"][key].is_null(), "{key}");
    }
    let bits = record["bits"].as_object().unwrap();
    assert!(bits.contains_key("without SHADER_INT64"));
    for (side, bits) in bits {
        assert!(bits["verify"]["values"].as_u64().unwrap() > 1 << 20, "{side}");
        assert_eq!(bits["known_answers"]["of"], 2, "{side}");
        assert!(bits["known_answers"]["right"].as_u64().unwrap() >= 1, "{side}");
    }
    let figures = record["speed"]["figures"].as_array().unwrap();
    // clear_buffer and four draws in two dtypes, on each side.
    let ours: Vec<_> = figures.iter().filter(|it| it["by"] != "torch").collect();
    assert_eq!(ours.len(), 9 * bits.len());
    for figure in ours {
        assert!(bits.contains_key(figure["by"].as_str().unwrap()), "{figure}");
        assert!(figure["gb_per_second"].as_f64().unwrap() > 0.0, "{figure}");
        let clear = figure["what"] == "clear_buffer";
        assert_eq!(figure["of_clear_buffer"].is_null(), clear, "{figure}");
        assert_eq!(figure["elements"], if figure["dtype"] == "BF16" { 2048 } else { 1024 });
    }
    assert!(record["torch"]["at_hand"].is_boolean());
    assert!(record["left_out"].is_array());
}

#[test]
fn a_bit_that_differs_ends_it() {
    let right = answers();
    let digest = right.split_whitespace().find(|field| field.len() == 64).unwrap();
    let first = if digest.starts_with('0') { "1" } else { "0" };
    let wrong = right.replacen(digest, &format!("{first}{}", &digest[1..]), 1);
    let (status, record) = told("wrong", &wrong);
    assert_eq!((status, &record["exact"]), (1, &Value::Bool(false)));
    assert!(record["speed"].is_null() && record["torch"].is_null());
    for bits in record["bits"].as_object().unwrap().values() {
        let wrong = bits["known_answers"]["wrong"].as_array().unwrap();
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].as_str().unwrap().contains(digest));
    }
}

#[test]
fn what_cannot_run_is_an_error() {
    for args in [
        &["--adapter", "no such adapter"][..],
        &["--elements", "0"],
        &["--elements"],
        &["--fast"],
        &["--answers", "no such file"],
    ] {
        assert_eq!(run(args.iter().map(|&it| it.into())), 2, "{args:?}");
    }
}

#[test]
fn the_readme_has_a_place() {
    let readme = include_str!("../../README.md");
    let other = "| Other (vulkan) | its driver |\n";
    let rows = |old: &str| {
        assert!(old.starts_with(&table::header()), "{old}");
        table::rows(old, "Other (vulkan)", other)
    };
    let once = marked::replaced(readme, "gpu", rows).unwrap();
    assert!(once.contains(other) && !once.contains("| A GPU | not measured"));
    assert_eq!(marked::replaced(&once, "gpu", rows).unwrap(), once);
}
