//! Correlation of a sample with itself, and of samples whose seeds, streams or names are neighbours.

use rayon::prelude::*;
use wgpu_weights::stream_of;

use super::{
    correlation::{LAGS, Lags, MIDDLE, correlations},
    outcome::Outcome,
    pair::pair,
    source::Sample,
};

/// The worst lag of values and of squares.
fn worst(family: &'static str, of: &[Lags; 2], from: i64) -> Vec<Outcome> {
    let outcome = |(lags, what): (&Lags, &str)| {
        let (lag, z, count) = lags.worst(from);
        Outcome::worst(family, format!("{what}: lag {lag} of {count}"), z, count)
    };
    of.iter().zip(["values", "squares"]).map(outcome).collect()
}

/// Lags 1 to 4096.
pub(crate) fn autocorrelation(sample: &Sample<'_>) -> Vec<Outcome> {
    let windows = sample.n.div_ceil(MIDDLE as u64);
    let draw = |window: u64, first: &mut [f32], second: &mut [f32]| {
        sample.fill(window * MIDDLE as u64, first);
        second.copy_from_slice(first);
    };
    worst("autocorrelation", &correlations(sample.law, windows, draw), 1)
}

/// Seeds that follow each other.
pub(crate) fn seeds(sample: &Sample<'_>) -> Vec<Outcome> {
    neighbours(sample, "seeds", |at, out| {
        sample.source.fill(sample.seed + at, sample.stream, 0, out);
    })
}

/// Streams that follow each other.
pub(crate) fn streams(sample: &Sample<'_>) -> Vec<Outcome> {
    neighbours(sample, "streams", |at, out| {
        sample.source.fill(sample.seed, sample.stream + at, 0, out);
    })
}

/// Streams of the names that one weight has in layers that follow each other.
pub(crate) fn names(sample: &Sample<'_>) -> Vec<Outcome> {
    neighbours(sample, "names", |at, out| {
        let stream = stream_of(&format!("model.layers.{at}.mlp.down_proj.weight"));
        sample.source.fill(sample.seed, stream, 0, out);
    })
}

/// Lags -4096 to 4096 over all pairs of neighbours, and the worst pair at lag 0.
fn neighbours(
    sample: &Sample<'_>,
    family: &'static str,
    fill: impl Fn(u64, &mut [f32]) + Sync,
) -> Vec<Outcome> {
    let pairs = sample.n.div_ceil(MIDDLE as u64);
    let lags = correlations(sample.law, pairs, |at, first, second| {
        fill(at, first);
        fill(at + 1, second);
    });
    let single = (0..pairs).into_par_iter().map(|at| {
        let [mut first, mut second] = [vec![0.0; MIDDLE], vec![0.0; MIDDLE]];
        fill(at, &mut first);
        fill(at + 1, &mut second);
        let standard =
            |x: Vec<f32>| x.iter().map(|&x| sample.law.standardised(x)).collect::<Vec<_>>();
        pair(&standard(first), &standard(second)).deviate().abs()
    });
    let largest = single.reduce(|| 0.0, f64::max);
    let mut outcomes = worst(family, &lags, -(LAGS as i64));
    outcomes.push(Outcome::worst(family, format!("worst of {pairs} pairs"), largest, pairs));
    outcomes
}
