//! The values of a sample in order, and how often each occurs.
//!
//! The whole sample in order would take its size in memory twice over. Drawing is cheaper than
//! keeping: each of a few slices of equal probability is drawn anew, sorted and visited.

use rayon::prelude::*;

use super::source::Sample;

const WINDOW: usize = 1 << 16;
/// Values that are sorted at once.
const SLICE: u64 = 1 << 24;

/// A value, how often it occurs, and how many of the sample lie below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) value: f32,
    pub(crate) first: u64,
    pub(crate) count: u64,
}

/// All runs, in order, slice by slice.
pub(crate) fn visit(sample: &Sample<'_>, mut slice: impl FnMut(&[Run])) {
    let slices = (sample.n / SLICE).max(1);
    let edge = |at: u64| match at {
        0 => f32::NEG_INFINITY,
        _ if at == slices => f32::INFINITY,
        _ => sample.law.quantile(at as f64 / slices as f64) as f32,
    };
    let mut first = 0;
    for at in 0..slices {
        let runs = runs(drawn(sample, edge(at), edge(at + 1)), first);
        first = runs.last().map_or(first, |run| run.first + run.count);
        slice(&runs);
    }
    assert_eq!(first, sample.n, "values are finite numbers");
}

/// The values of the sample within [low, high).
fn drawn(sample: &Sample<'_>, low: f32, high: f32) -> Vec<f32> {
    let window = |at: u64| {
        let mut values = vec![0.0; WINDOW];
        sample.fill(at * WINDOW as u64, &mut values);
        values.retain(|&value| low <= value && value < high);
        values
    };
    (0..sample.n / WINDOW as u64).into_par_iter().flat_map_iter(window).collect()
}

fn runs(mut values: Vec<f32>, mut first: u64) -> Vec<Run> {
    values.par_sort_unstable_by(f32::total_cmp);
    let run = |equal: &[f32]| {
        let run = Run { value: equal[0], first, count: equal.len() as u64 };
        first += run.count;
        run
    };
    values.chunk_by(|a, b| a == b).map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_count_what_lies_below() {
        let run = |value, first, count| Run { value, first, count };
        let expected = [run(-1.0, 7, 2), run(0.5, 9, 1), run(2.0, 10, 3)];
        assert_eq!(runs(vec![2.0, -1.0, 0.5, 2.0, 2.0, -1.0], 7), expected);
    }
}
