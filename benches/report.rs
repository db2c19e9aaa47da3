//! Turns criterion's results, and those of the peers that live apart, into the README's table and plots.
//!
//! `cargo bench -p wgpu-weights-bench && cargo run --release -p wgpu-weights-bench --example bench-report` writes the table between the
//! markers of README.md and the plots to benches/results/. It takes in target/peers/*.json
//! (benches/peers/torch_numpy.py, benches/burn) and target/criterion-avx2 where they exist.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use plotters::prelude::*;
use serde_json::Value;

const CONTENDERS: [&str; 13] = [
    "clear_buffer",
    "gpu",
    "gpu native",
    "burn",
    "torch cuda",
    "gpu+readback",
    "cpu+upload",
    "cpu",
    "cpu 1 thread",
    "cpu 1 thread avx2",
    "rand",
    "torch",
    "numpy",
];
/// What is compared, where both were measured.
const RATIOS: [(&str, &str); 11] = [
    ("gpu", "clear_buffer"),
    ("gpu", "gpu native"),
    ("gpu", "burn"),
    ("gpu", "torch"),
    ("gpu", "torch cuda"),
    ("cpu", "cpu 1 thread"),
    ("cpu", "torch"),
    ("cpu", "torch kaiming_normal_"),
    ("cpu 1 thread", "rand"),
    ("cpu 1 thread avx2", "rand"),
    ("cpu 1 thread", "numpy"),
];
const BEGIN: &str = "<!-- bench-report begin -->";
const END: &str = "<!-- bench-report end -->";

/// Median millions of elements per second, by (distribution/dtype, count), then contender.
type Results = BTreeMap<(String, u64), BTreeMap<String, f64>>;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no parent folder")?;
    let criterion = root.join("target/criterion");
    let device = fs::read_to_string(criterion.join("device.txt"))
        .map_err(|error| format!("{}: {error}; run `cargo bench` first", criterion.display()))?;
    let mut results = Results::new();
    collect(&criterion, "", &mut results)?;
    collect(&root.join("target/criterion-avx2"), " avx2", &mut results)?;
    peers(&root.join("target/peers"), &mut results)?;
    let text = report(&device, &results);
    print!("{text}");

    let readme = root.join("README.md");
    let old = fs::read_to_string(&readme)?;
    let (before, rest) = old.split_once(BEGIN).ok_or("README.md has no bench-report marker")?;
    let (_, after) = rest.split_once(END).ok_or("README.md has no end marker")?;
    fs::write(&readme, format!("{before}{BEGIN}\n{text}{END}{after}"))?;
    let folder = root.join("benches/results");
    fs::create_dir_all(&folder)?;
    plot(&folder.join("normal.svg"), "normal/f32", &device, &results)?;
    plot(&folder.join("uniform.svg"), "uniform/f32", &device, &results)
}

/// Reads every `GROUP/CONTENDER/new` below criterion's folder, where there is one.
fn collect(folder: &Path, suffix: &str, results: &mut Results) -> Result<(), Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.ends_with("new") {
            read(&path, suffix, results)?;
        } else if path.is_dir() {
            collect(&path, suffix, results)?;
        }
    }
    Ok(())
}

fn json(path: PathBuf) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

fn read(folder: &Path, suffix: &str, results: &mut Results) -> Result<(), Box<dyn Error>> {
    let benchmark = json(folder.join("benchmark.json"))?;
    let estimates = json(folder.join("estimates.json"))?;
    let (Some(group), Some(contender), Some(count), Some(nanoseconds)) = (
        benchmark["group_id"].as_str(),
        benchmark["function_id"].as_str(),
        benchmark["throughput"]["Elements"].as_u64(),
        estimates["median"]["point_estimate"].as_f64(),
    ) else {
        return Ok(());
    };
    let name = group.trim_end_matches(&format!("/{count}")).to_owned();
    let rate = count as f64 / nanoseconds * 1e3;
    results.entry((name, count)).or_default().insert(format!("{contender}{suffix}"), rate);
    Ok(())
}

/// What the peers that live apart measured, where they were run.
fn peers(folder: &Path, results: &mut Results) -> Result<(), Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let Value::Array(rows) = json(entry?.path())? else { continue };
        for row in rows {
            if let (Some(name), Some(count), Some(contender), Some(rate)) = (
                row["name"].as_str(),
                row["count"].as_u64(),
                row["contender"].as_str(),
                row["melems"].as_f64(),
            ) {
                let group = results.entry((name.to_owned(), count)).or_default();
                group.insert(contender.to_owned(), rate);
            }
        }
    }
    Ok(())
}

fn report(device: &str, results: &Results) -> String {
    let mut text = format!(
        "\nMillions of elements per second, medians, {device}; wgpu 30, {}.\n\n| | elements |",
        env!("CARGO_PKG_VERSION")
    );
    let columns: Vec<&str> = CONTENDERS
        .into_iter()
        .filter(|name| results.values().any(|row| row.contains_key(*name)))
        .collect();
    for name in &columns {
        text += &format!(" {name} |");
    }
    text += "\n|---|---|";
    text += &"---|".repeat(columns.len());
    text.push('\n');
    for ((name, count), row) in results {
        // Sizes of the peers' own are for the ratios' sake.
        if !row.contains_key("gpu") || !count.is_power_of_two() {
            continue;
        }
        text += &format!("| {name} | 2^{} |", count.ilog2());
        for column in &columns {
            match row.get(*column) {
                Some(rate) => text += &format!(" {rate:.0} |"),
                None => text += " |",
            }
        }
        text.push('\n');
    }
    text += &ratios(results);
    for ((name, count), row) in results.iter().filter(|((_, count), _)| !count.is_power_of_two()) {
        for (contender, rate) in row {
            let time = *count as f64 / rate / 1e3;
            text += &format!("* {name}, {count} elements, {contender}: {time:.3} ms\n");
        }
    }
    text
}

/// Each pair of contenders, at the largest size that both were measured at.
fn ratios(results: &Results) -> String {
    let names = ["uniform/f32", "normal/f32", "uniform/bf16", "normal/bf16"];
    let mut text = format!("\n| ratio | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(4));
    for (ours, theirs) in RATIOS {
        let cells = names.map(|wanted| {
            let sizes = results.iter().rev().filter(|((name, _), _)| name == wanted);
            let found = sizes.into_iter().find_map(|((_, count), row)| {
                Some((row.get(ours)? / row.get(theirs)?, count.ilog2()))
            });
            found.map_or(String::new(), |(ratio, log)| format!("{ratio:.2} (2^{log})"))
        });
        if cells.iter().any(|cell| !cell.is_empty()) {
            text += &format!("| {ours} / {theirs} | {} |\n", cells.join(" | "));
        }
    }
    text.push('\n');
    text
}

fn plot(path: &Path, wanted: &str, device: &str, results: &Results) -> Result<(), Box<dyn Error>> {
    let series: Vec<(&str, Vec<(f64, f64)>)> = CONTENDERS
        .into_iter()
        .map(|contender| {
            let points = results.iter().filter(|((name, _), _)| name == wanted);
            let points = points.filter_map(|((_, count), row)| {
                Some(((*count as f64).log2(), row.get(contender)? / 1e3))
            });
            (contender, points.collect::<Vec<_>>())
        })
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let top = series.iter().flat_map(|(_, points)| points).fold(0.1, |top: f64, p| top.max(p.1));
    let last =
        series.iter().flat_map(|(_, points)| points).fold(26.0, |last: f64, p| last.max(p.0));
    let root = SVGBackend::new(path, (900, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("{wanted}: {device}"), ("sans-serif", 14))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(15.5..last + 0.5, (0.05..top * 1.3).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("log2 of the number of elements")
        .y_desc("billions of elements per second")
        .draw()?;
    for (index, (name, points)) in series.into_iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let dots = points.clone().into_iter().map(move |p| Circle::new(p, 3, color.filled()));
        chart.draw_series(dots)?;
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}
