//! One tensor of a file, measured in chunks.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::{
    describe::Described,
    dtype::{self, Decoder},
    histogram::Histogram,
    memory,
    template::Entry,
    verdict::{self, Found},
};

/// Bytes read at once; a multiple of every element's size.
const CHUNK: usize = 4 << 20;
/// Distinct values that are counted exactly: all that a uniform f32 can have. Their bits, twice
/// over while they are sorted, take 128 MiB.
const MAX_DISTINCT: usize = 1 << 24;

/// An element's value and the bits that tell it from others.
type Element = (f64, u32);

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    /// The tensor's name.
    pub(crate) name: String,
    /// Its dtype.
    pub(crate) dtype: String,
    /// Its dimensions.
    pub(crate) shape: Vec<u64>,
    /// Its elements.
    pub(crate) n: u64,
    /// Those that are NaN or infinite, which the rest leaves out.
    pub(crate) nonfinite: u64,
    /// The mean.
    pub(crate) mean: Option<f64>,
    /// The standard deviation, of the values as a whole population.
    pub(crate) std: Option<f64>,
    /// The lowest value.
    pub(crate) min: Option<f64>,
    /// The highest value.
    pub(crate) max: Option<f64>,
    /// How many different bit patterns there are.
    pub(crate) distinct: u64,
    /// Whether there are more than that.
    pub(crate) more_distinct: bool,
    /// What it was drawn from, where the file says.
    pub(crate) promised: Option<Described>,
    /// Whether it is; none where nothing was promised.
    pub(crate) as_promised: Option<bool>,
    /// What is not as promised.
    pub(crate) wrong: Option<String>,
    /// Where the values lie.
    pub(crate) histogram: Histogram,
}

/// Measures a tensor in two passes over its bytes; none for a dtype that is not measured.
///
/// # Errors
/// A file that cannot be read; no memory.
pub(crate) fn measure(
    file: &mut File,
    data: u64,
    entry: &Entry,
    promised: Option<Described>,
) -> Result<Option<Measured>> {
    let Some((size, decode)) = dtype::decoder(&entry.dtype) else { return Ok(None) };
    let from = data + entry.offsets.map_or(0, |[begin, _]| begin);
    let mut pass = |each: &mut dyn FnMut(&[Element])| {
        chunks(file, from, entry.bytes, size, decode, each)
            .with_context(|| format!("tensor {:?}", entry.name))
    };
    let (mut moments, mut distinct) = (Moments::default(), Distinct::of(entry.numel)?);
    pass(&mut |values| {
        moments.add(values);
        distinct.add(values);
    })?;
    let found = (moments.n > 0).then_some((moments.min, moments.max));
    let mut histogram = Histogram::new(found, promised.as_ref());
    pass(&mut |values| {
        values.iter().filter(|(value, _)| value.is_finite()).for_each(|(value, _)| {
            histogram.add(*value);
        });
    })?;
    histogram.expect(promised.as_ref(), entry.numel);
    let (count, more_distinct) = distinct.count();
    let some = |value: f64| found.map(|_| value);
    let std = (moments.squares / moments.n as f64).sqrt();
    let wrong = promised.as_ref().and_then(|promised| {
        let found = Found {
            dtype: &entry.dtype,
            n: entry.numel,
            infinite: entry.numel - moments.n - moments.nan,
            nan: moments.nan,
            moments: found.map(|(min, max)| [moments.mean, std, min, max]),
        };
        if entry.numel == 0 { None } else { verdict::wrong(&found, promised) }
    });
    Ok(Some(Measured {
        name: entry.name.clone(),
        dtype: entry.dtype.clone(),
        shape: entry.shape.clone(),
        n: entry.numel,
        nonfinite: entry.numel - moments.n,
        mean: some(moments.mean),
        std: some(std),
        min: some(moments.min),
        max: some(moments.max),
        distinct: count,
        more_distinct,
        promised,
        as_promised: promised.map(|_| wrong.is_none()),
        wrong,
        histogram,
    }))
}

/// Hands on the elements of a range of the file, so many at a time.
fn chunks(
    file: &mut File,
    from: u64,
    bytes: u64,
    size: usize,
    decode: Decoder,
    each: &mut dyn FnMut(&[Element]),
) -> Result<()> {
    file.seek(SeekFrom::Start(from))?;
    let most = CHUNK.min(usize::try_from(bytes).unwrap_or(CHUNK));
    let (mut buffer, mut values) = (Vec::new(), Vec::new());
    memory::reserve(&mut buffer, most)?;
    memory::reserve(&mut values, most / size)?;
    buffer.resize(most, 0);
    let mut left = bytes;
    while left > 0 {
        let now = &mut buffer[..left.min(CHUNK as u64) as usize];
        file.read_exact(now)?;
        left -= now.len() as u64;
        values.clear();
        values.extend(now.chunks_exact(size).map(decode));
        each(&values);
    }
    Ok(())
}

/// Mean and squared deviations, joined chunk by chunk so that no sum grows long.
///
/// Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm" (1979).
struct Moments {
    n: u64,
    nan: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { n: 0, nan: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    fn add(&mut self, values: &[Element]) {
        let finite = || values.iter().map(|(value, _)| *value).filter(|value| value.is_finite());
        let (mut n, mut sum) = (0u64, 0.0);
        for value in finite() {
            n += 1;
            sum += value;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        }
        self.nan += values.iter().filter(|(value, _)| value.is_nan()).count() as u64;
        if n == 0 {
            return;
        }
        let mean = sum / n as f64;
        let squares: f64 = finite().map(|value| (value - mean) * (value - mean)).sum();
        let (before, total) = (self.n as f64, (self.n + n) as f64);
        let apart = mean - self.mean;
        self.squares += squares + apart * apart * before * (n as f64 / total);
        self.mean += apart * (n as f64 / total);
        self.n += n;
    }
}

/// The bit patterns met so far: sorted without repeats, then new ones.
struct Distinct {
    patterns: Vec<u32>,
    /// More than the most that are counted.
    more: bool,
}

impl Distinct {
    /// None of so many elements yet.
    fn of(elements: u64) -> Result<Self> {
        let most = usize::try_from(elements).unwrap_or(usize::MAX).min(2 * MAX_DISTINCT);
        let mut patterns = Vec::new();
        memory::reserve(&mut patterns, most)?;
        Ok(Self { patterns, more: false })
    }

    fn add(&mut self, values: &[Element]) {
        if self.more {
            return;
        }
        self.patterns.extend(values.iter().map(|(_, bits)| *bits));
        if self.patterns.len() > 2 * MAX_DISTINCT - CHUNK {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.patterns.sort_unstable();
        self.patterns.dedup();
        if self.patterns.len() > MAX_DISTINCT {
            self.more = true;
            self.patterns = Vec::new();
        }
    }

    /// How many, and whether there are more.
    fn count(mut self) -> (u64, bool) {
        self.settle();
        let count = if self.more { MAX_DISTINCT } else { self.patterns.len() };
        (count as u64, self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_do_not_depend_on_the_chunks() {
        let values: Vec<(f64, u32)> = (0..1000u32).map(|i| (1e6 + f64::from(i), i % 7)).collect();
        let (mut moments, mut distinct) = (Moments::default(), Distinct::of(1000).unwrap());
        for chunk in values.chunks(33) {
            moments.add(chunk);
            distinct.add(chunk);
        }
        assert_eq!((moments.n, moments.min, moments.max), (1000, 1e6, 1e6 + 999.0));
        assert!((moments.mean - (1e6 + 499.5)).abs() < 1e-6);
        assert!((moments.squares / 1000.0 - (1000.0 * 1000.0 - 1.0) / 12.0).abs() < 1e-3);
        assert_eq!(distinct.count(), (7, false));
    }
}
