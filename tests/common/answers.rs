//! The known-answer file, read.
#![allow(dead_code, reason = "each user takes its own part")]

use wgpu_weights::{Distribution, Dtype, Fill};

pub(crate) struct Answer {
    /// What is asked.
    pub(crate) line: String,
    pub(crate) fill: Fill,
    pub(crate) sha256: String,
    /// The first 16 bytes.
    pub(crate) first: String,
}

/// `normal 0 1 F32 seed stream start count sha256 first-words`.
pub(crate) fn parse(line: &str) -> Answer {
    let mut fields = line.split_whitespace();
    let mut next = || fields.next().unwrap_or_else(|| panic!("{line}: a field is missing"));
    let kind = next();
    let mut number = || next().parse::<f64>().unwrap();
    let distribution = match kind {
        "bits" => Distribution::bits(),
        "constant" => Distribution::constant(number()).unwrap(),
        "uniform" => Distribution::uniform(number(), number()).unwrap(),
        "normal" => Distribution::normal(number(), number()).unwrap(),
        "truncated_normal" => {
            Distribution::truncated_normal(number(), number(), number(), number()).unwrap()
        }
        other => panic!("{other}"),
    };
    let dtype: Dtype = next().parse().unwrap();
    let mut integer = || next().parse::<u64>().unwrap();
    let (seed, stream, start, count) = (integer(), integer(), integer(), integer());
    let fill =
        Fill::new(distribution, 0).dtype(dtype).seed(seed).stream(stream).window(start, count);
    let line = line.split_whitespace().take_while(|field| field.len() < 64).collect::<Vec<_>>();
    Answer {
        line: line.join(" "),
        fill,
        sha256: fields.next().unwrap_or_default().into(),
        first: fields.next().unwrap_or_default().into(),
    }
}

/// Every line that is no comment.
pub(crate) fn all(text: &str) -> Vec<Answer> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(parse).collect()
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
