//! The README's text: figures, then ratios.

use crate::{
    CONTENDERS,
    results::{Results, ratio},
};

/// What is compared, where both were measured.
const RATIOS: [(&str, &str); 13] = [
    ("gpu", "clear_buffer"),
    ("gpu transposed", "gpu"),
    ("gpu", "gpu native"),
    ("gpu", "burn"),
    ("gpu", "torch"),
    ("gpu", "torch cuda"),
    ("cpu transposed", "cpu"),
    ("cpu", "cpu 1 thread"),
    ("cpu", "torch"),
    ("cpu", "torch kaiming_normal_"),
    ("cpu 1 thread", "rand"),
    ("cpu 1 thread avx2", "rand avx2"),
    ("cpu 1 thread", "numpy"),
];

/// Many tensors against one, and beginnings against next to nothing.
const TIMES: [(&str, &str, &str); 5] = [
    ("gpt2/f32", "gpu 148 tensors", "gpu 1 tensor"),
    ("gpt2/f32", "cpu 148 tensors", "cpu 1 tensor"),
    ("small/f32", "gpu warm", "gpu empty submission"),
    ("small/f32", "gpu first fill", "gpu empty submission"),
    ("stall/f32", "gpu worst recording beside a compilation", "gpu compilation"),
];

pub(crate) fn report(results: &Results) -> String {
    let what = match results.software {
        // A processor's figures are its own; what one contender is to another says more.
        true => "Elements per second as multiples of `gpu`'s",
        false => "Millions of elements per second",
    };
    let mut text =
        format!("\n{what}, medians, on {}; {}.\n\n", results.device, results.versions.join(", "));
    text += &figures(results);
    text += &ratios(results);
    text += &times(results);
    text
}

fn figures(results: &Results) -> String {
    let columns: Vec<&str> = CONTENDERS
        .into_iter()
        .filter(|name| results.rows.values().any(|row| row.contains_key(*name)))
        .collect();
    let mut text = format!("| | elements | {} |\n|---|---|", columns.join(" | "));
    text += &"--:|".repeat(columns.len());
    text.push('\n');
    for ((name, count), row) in &results.rows {
        // Sizes of the peers' own are for the ratios' sake.
        if !row.contains_key("gpu") || !count.is_power_of_two() {
            continue;
        }
        text += &format!("| {name} | 2^{} |", count.ilog2());
        for column in &columns {
            let figure = match results.software {
                true => ratio(row, column, "gpu").map(multiple),
                false => row.get(*column).map(|rate| format!("{:.0}", rate.melems)),
            };
            text += &figure.map_or(" |".into(), |figure| format!(" {figure} |"));
        }
        text.push('\n');
    }
    text
}

fn multiple(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

/// Each pair of contenders, at the largest size that both were measured at.
fn ratios(results: &Results) -> String {
    let names = ["uniform/f32", "normal/f32", "truncated/f32", "uniform/bf16", "normal/bf16"];
    let mut text =
        format!("\n| ratio | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (ours, theirs) in RATIOS {
        let cells = names.map(|wanted| {
            let sizes = results.rows.iter().rev().filter(|((name, _), _)| name == wanted);
            let found = sizes
                .into_iter()
                .find_map(|((_, count), row)| Some((ratio(row, ours, theirs)?, count.ilog2())));
            found.map_or(String::new(), |(ratio, log)| format!("{} (2^{log})", multiple(ratio)))
        });
        if cells.iter().any(|cell| !cell.is_empty()) {
            text += &format!(
                "| {ours} / {} | {} |\n",
                theirs.trim_end_matches(" avx2"),
                cells.join(" | ")
            );
        }
    }
    text.push('\n');
    text
}

fn times(results: &Results) -> String {
    let mut text = String::new();
    for (wanted, contender, reference) in TIMES {
        let Some(((_, count), row)) = results.rows.iter().find(|((name, _), _)| name == wanted)
        else {
            continue;
        };
        if let Some(slower) = ratio(row, reference, contender) {
            text += &format!(
                "* {count} elements, {contender}: {slower:.2} times as long as {reference}"
            );
            if !results.software {
                text += &format!(", {:.3} ms", *count as f64 / row[contender].melems / 1e3);
            }
            text.push('\n');
        }
    }
    text
}
