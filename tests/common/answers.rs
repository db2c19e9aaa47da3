//! The known-answer file, read.
#![allow(dead_code, reason = "each user takes its own part")]

use std::error::Error;

use wgpu_weights::{Diagonal, Distribution, Dtype, Fill, Layout, Matrices, Zeros};

pub(crate) struct Answer {
    /// What is asked.
    pub(crate) line: String,
    pub(crate) fill: Fill,
    pub(crate) sha256: String,
    /// The first 16 bytes.
    pub(crate) first: String,
}

/// `normal 0 1 F32 seed stream start count sha256 first-words`.
pub(crate) fn parse(line: &str) -> Result<Answer, Box<dyn Error>> {
    let mut fields = line.split_whitespace();
    let mut next = || fields.next().ok_or("a field is missing");
    let kind = next()?;
    let mut number = || Ok::<f64, Box<dyn Error>>(next()?.parse()?);
    let distribution = match kind {
        "bits" => Distribution::bits(),
        "constant" => Distribution::constant(number()?)?,
        "uniform" => Distribution::uniform(number()?, number()?)?,
        "normal" => Distribution::normal(number()?, number()?)?,
        "truncated_normal" => {
            Distribution::truncated_normal(number()?, number()?, number()?, number()?)?
        }
        "diagonal" => {
            let value = number()?;
            let layout = match next()? {
                "out-in-field" => Layout::OutInField,
                "field-in-out" => Layout::FieldInOut,
                "out-field-in" => Layout::OutFieldIn,
                other => return Err(format!("no layout is called {other}").into()),
            };
            let mut integer = || Ok::<u64, Box<dyn Error>>(next()?.parse()?);
            let (rows, columns) = (integer()?, integer()?);
            let (taps, tap, period) = (integer()?, integer()?, integer()?);
            Distribution::diagonal(value, Diagonal { layout, rows, columns, taps, tap, period })?
        }
        "sparse" => {
            let (mean, std, each) = (number()?, next()?.parse()?, next()?.parse()?);
            let mut integer = || Ok::<u32, Box<dyn Error>>(next()?.parse()?);
            let (rows, columns, zeros) = (integer()?, integer()?, integer()?);
            Distribution::sparse(mean, std, Zeros { each, rows, columns, zeros })?
        }
        "orthogonal" => {
            let gain = number()?;
            let mut integer = || Ok::<u64, Box<dyn Error>>(next()?.parse()?);
            let (first, count) = (integer()?, integer()?);
            let (rows, columns, inner) = (integer()?, integer()?, integer()?);
            Distribution::orthogonal(gain, Matrices { first, count, rows, columns, inner })?
        }
        "arange" => Distribution::arange(number()?, number()?, next()?.parse()?)?,
        other => return Err(format!("no distribution is called {other}").into()),
    };
    let (mut distribution, mut dtype) = (distribution, next()?);
    if dtype == "zero-rows" {
        distribution = distribution.with_zero_rows(next()?.parse()?..next()?.parse()?);
        dtype = next()?;
    }
    let dtype: Dtype = dtype.parse()?;
    let mut integer = || Ok::<u64, Box<dyn Error>>(next()?.parse()?);
    let (seed, stream, start, count) = (integer()?, integer()?, integer()?, integer()?);
    // Answers are asked of any index that there is.
    let fill = Fill::new(distribution, [u64::MAX]).with_dtype(dtype);
    let fill = fill.with_seed(seed).with_stream(stream).window(start, count)?;
    let line = line.split_whitespace().take_while(|field| field.len() < 64).collect::<Vec<_>>();
    Ok(Answer {
        line: line.join(" "),
        fill,
        sha256: fields.next().unwrap_or_default().into(),
        first: fields.next().unwrap_or_default().into(),
    })
}

/// Every line that is no comment.
pub(crate) fn read(text: &str) -> Result<Vec<Answer>, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| parse(line).map_err(|error| format!("{line}: {error}"))).collect()
}

/// The same of a file that is known to be in order.
pub(crate) fn all(text: &str) -> Vec<Answer> {
    read(text).expect("the known-answer file is in order")
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
