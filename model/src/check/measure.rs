//! One tensor of a file, measured in chunks.

use std::io::{Read, Seek};

use serde::Serialize;
use wgpu_weights::Distribution;

use super::{
    histogram::Histogram,
    pieces::{PIECE, pieces},
    verdict::{self, Found},
};
use crate::{
    error::{Context, Result},
    memory,
    safetensors::{TensorInfo, dtype::Decoder},
};

/// Distinct values that are counted exactly: all that a uniform f32 can have. Their bits, twice
/// over while they are sorted, take 128 MiB.
const MAX_DISTINCT: usize = 1 << 24;

/// An element's value and the bits that tell it from others.
type Element = (f64, u32);

/// What was found.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Measured {
    /// The tensor's name.
    pub name: String,
    /// Its dtype.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Its elements.
    pub n: u64,
    /// Those that are NaN or infinite, which the rest leaves out.
    pub nonfinite: u64,
    /// The mean.
    pub mean: Option<f64>,
    /// The standard deviation, of the values as a whole population.
    pub std: Option<f64>,
    /// The lowest value.
    pub min: Option<f64>,
    /// The highest value.
    pub max: Option<f64>,
    /// How many different bit patterns there are.
    pub distinct: u64,
    /// Whether there are more than that.
    pub more_distinct: bool,
    /// What it was drawn from, where the file says.
    pub promised: Option<Distribution>,
    /// Whether it is; none where nothing was promised.
    pub as_promised: Option<bool>,
    /// What is not as promised.
    pub wrong: Option<String>,
    /// Where the values lie.
    pub histogram: Histogram,
}

impl Measured {
    /// Whether it is not as promised, or has NaN or infinite values that nobody promised.
    pub fn failed(&self) -> bool {
        self.wrong.is_some() || self.promised.is_none() && self.nonfinite > 0
    }
}

/// Measures a tensor in two passes over its bytes; none for a dtype that is not measured. The data of `file`
/// begins at byte `data`.
///
/// # Errors
/// A file that cannot be read; no memory.
pub fn measure(
    file: &mut (impl Read + Seek),
    data: u64,
    tensor: &TensorInfo,
    promised: Option<Distribution>,
) -> Result<Option<Measured>> {
    let Some(decoder) = Decoder::of(&tensor.dtype) else { return Ok(None) };
    let law = promised.map(|promised| promised.kind());
    let mut pass = |each: &mut dyn FnMut(&[Element])| {
        chunks(file, data, tensor, decoder, each)
            .with_context(|| format!("tensor {:?}", tensor.name))
    };
    let (mut moments, mut distinct) = (Moments::default(), Distinct::of(tensor.numel)?);
    // Zeros of rows that are to be zero are no draws; the other rows have none worth counting.
    let zeroed = promised.is_some_and(|promised| promised.zero_rows().is_some());
    let (mut zeros, mut drawn) = (0, Vec::new());
    pass(&mut |values| {
        distinct.add(values);
        if zeroed {
            drawn.clear();
            drawn.extend(values.iter().filter(|it| it.0 != 0.0));
            zeros += (values.len() - drawn.len()) as u64;
            moments.add(&drawn);
        } else {
            moments.add(values);
        }
    })?;
    let found = (moments.n > 0).then_some((moments.min, moments.max));
    let mut histogram = Histogram::new(found, law);
    pass(&mut |values| {
        let shown = |(value, _): &&Element| value.is_finite() && !(zeroed && *value == 0.0);
        values.iter().filter(shown).for_each(|(value, _)| histogram.add(*value));
    })?;
    let n = tensor.numel - zeros;
    histogram.expect(law, n);
    let (count, more_distinct) = distinct.count();
    let some = |value: f64| found.map(|_| value);
    let std = (moments.squares / moments.n as f64).sqrt();
    let wrong = law.and_then(|promised| {
        let found = Found {
            dtype: &tensor.dtype,
            n,
            infinite: n - moments.n - moments.nan,
            nan: moments.nan,
            moments: found.map(|(min, max)| [moments.mean, std, min, max]),
        };
        if n == 0 { None } else { verdict::wrong(&found, promised) }
    });
    Ok(Some(Measured {
        name: tensor.name.clone(),
        dtype: tensor.dtype.clone(),
        shape: tensor.shape.clone(),
        n: tensor.numel,
        nonfinite: n - moments.n,
        mean: some(moments.mean),
        std: some(std),
        min: some(moments.min),
        max: some(moments.max),
        distinct: count,
        more_distinct,
        promised,
        as_promised: promised.and_then(|it| verdict::judged(it.kind(), wrong.is_some())),
        wrong,
        histogram,
    }))
}

/// Hands on the elements of a tensor, so many at a time.
fn chunks(
    file: &mut (impl Read + Seek),
    data: u64,
    tensor: &TensorInfo,
    decoder: Decoder,
    each: &mut dyn FnMut(&[Element]),
) -> Result<()> {
    let (mut buffer, mut values) = (Vec::new(), Vec::new());
    pieces(file, data, tensor, &mut buffer, |_, bytes| {
        values.clear();
        memory::reserve(&mut values, bytes.len() / decoder.size)?;
        values.extend(bytes.chunks_exact(decoder.size).map(|it| decoder.decode(it)));
        each(&values);
        Ok(())
    })
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
        if self.patterns.len() > 2 * MAX_DISTINCT - PIECE {
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
