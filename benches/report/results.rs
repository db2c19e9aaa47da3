//! What was measured, read from where criterion and the peers left it.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::lock::version;

/// A contender's figure.
pub(crate) struct Rate {
    /// Median millions of elements per second.
    pub(crate) melems: f64,
    /// Those of our own contenders that took turns with it, where it was measured apart.
    pub(crate) beside: BTreeMap<String, f64>,
}

/// One distribution, dtype and count, by contender.
pub(crate) type Row = BTreeMap<String, Rate>;

pub(crate) struct Results {
    /// Device, driver and processor.
    pub(crate) device: String,
    /// Whether the device is a processor: then only ratios say anything.
    pub(crate) software: bool,
    /// Names and versions of everything that took part.
    pub(crate) versions: Vec<String>,
    /// By distribution and dtype, and count.
    pub(crate) rows: BTreeMap<(String, u64), Row>,
}

impl Results {
    /// Of everything below `target`.
    pub(crate) fn read(root: &Path) -> Result<Self, Box<dyn Error>> {
        let criterion = root.join("target/criterion");
        let device = json(criterion.join("device.json")).map_err(|error| {
            format!("{}: {error}; run `cargo bench` first", criterion.display())
        })?;
        let mut results = Self {
            device: device["text"].as_str().unwrap_or_default().into(),
            software: device["software"].as_bool().unwrap_or(true),
            versions: ["wgpu-weights", "wgpu", "rand", "rand_distr"]
                .into_iter()
                .filter_map(|name| Some(format!("{name} {}", version(name)?)))
                .collect(),
            rows: BTreeMap::new(),
        };
        results.criterion(&criterion, "")?;
        results.criterion(&root.join("target/criterion-avx2"), " avx2")?;
        results.peers(&root.join("target/peers"))?;
        Ok(results)
    }

    /// Of the README's own table of a software device, whose figures are multiples of `gpu`'s.
    pub(crate) fn of_the_table(readme: &str) -> Result<Self, Box<dyn Error>> {
        let (_, text) = readme.split_once("<!-- bench-report begin -->").ok_or("no table")?;
        let about =
            text.lines().find(|line| line.starts_with("Elements per second")).ok_or("no head")?;
        let device = about.split_once(", on ").and_then(|(_, it)| it.split_once("; wgpu-weights"));
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let mut lines = text.lines().skip_while(|line| !line.starts_with("| | elements"));
        let head = cells(lines.next().ok_or("no columns")?);
        let mut rows = BTreeMap::new();
        for line in lines.skip(1).take_while(|line| line.starts_with('|')) {
            let cells = cells(line);
            let [name, count, figures @ ..] = &cells[..] else { continue };
            let count = 1 << count.trim_start_matches("2^").parse::<u32>()?;
            let figures = head[2..].iter().zip(figures);
            let rate = |(name, figure): (&String, &String)| {
                let melems = figure.parse().ok()?;
                Some((name.clone(), Rate { melems, beside: BTreeMap::new() }))
            };
            rows.insert((name.clone(), count), figures.filter_map(rate).collect());
        }
        let device = device.map_or(String::new(), |(device, _)| device.to_owned());
        Ok(Self { device, software: true, versions: Vec::new(), rows })
    }

    /// Reads every `GROUP/CONTENDER/new` below criterion's folder, where there is one.
    fn criterion(&mut self, folder: &Path, suffix: &str) -> Result<(), Box<dyn Error>> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            if path.ends_with("new") {
                self.estimate(&path, suffix)?;
            } else if path.is_dir() {
                self.criterion(&path, suffix)?;
            }
        }
        Ok(())
    }

    fn estimate(&mut self, folder: &Path, suffix: &str) -> Result<(), Box<dyn Error>> {
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
        let rate = Rate { melems: count as f64 / nanoseconds * 1e3, beside: BTreeMap::new() };
        self.rows.entry((name, count)).or_default().insert(format!("{contender}{suffix}"), rate);
        Ok(())
    }

    /// What the peers that live apart measured, where they were run.
    fn peers(&mut self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
        for entry in entries {
            let found = json(entry?.path())?;
            let texts = found["versions"].as_array().into_iter().flatten();
            self.versions.extend(texts.filter_map(|text| Some(text.as_str()?.to_owned())));
            for row in found["rows"].as_array().into_iter().flatten() {
                if let (Some(name), Some(count), Some(contender), Some(melems)) = (
                    row["name"].as_str(),
                    row["count"].as_u64(),
                    row["contender"].as_str(),
                    row["melems"].as_f64(),
                ) {
                    let beside = row["beside"].as_object().into_iter().flatten();
                    let beside = beside.filter_map(|(name, it)| Some((name.clone(), it.as_f64()?)));
                    let rate = Rate { melems, beside: beside.collect() };
                    let row = self.rows.entry((name.into(), count)).or_default();
                    row.insert(contender.into(), rate);
                }
            }
        }
        Ok(())
    }
}

/// How many times as fast `one` was as `other`, in turns with it where they took turns.
pub(crate) fn ratio(row: &Row, one: &str, other: &str) -> Option<f64> {
    let (one_rate, other_rate) = (row.get(one), row.get(other)?);
    if let Some(beside) = other_rate.beside.get(one) {
        return Some(beside / other_rate.melems);
    }
    let one_rate = one_rate?;
    let other = one_rate.beside.get(other).unwrap_or(&other_rate.melems);
    Some(one_rate.melems / other)
}

fn json(path: PathBuf) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}
