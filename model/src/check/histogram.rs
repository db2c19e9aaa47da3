//! Histograms, and the densities that were promised.

use serde::Serialize;
use wgpu_weights::Kind;

use crate::truncated;

/// Bins of equal width. Enough to see a shape, few enough to be drawn.
const BINS: usize = 64;

/// Ranges that are no wider are points: far below the f32 that are drawn, far above where an f64
/// has no inverse.
const TINY: f64 = 1e-60;

/// How many values fall where.
#[derive(Clone, Debug, Serialize)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last bin ends.
    pub high: f64,
    /// Values in each bin.
    pub counts: Vec<u64>,
    /// Values that the promised density would put there; none without a promise that has a density.
    pub expected: Option<Vec<f64>>,
}

impl Histogram {
    /// An empty one that has room for the values found and for those promised.
    pub fn new(found: Option<(f64, f64)>, promised: Option<Kind>) -> Self {
        let promised = promised.map(range).or(found).unwrap_or((0.0, 0.0));
        let found = found.unwrap_or(promised);
        let (mut low, mut high) = (found.0.min(promised.0), found.1.max(promised.1));
        // A single value gets a range around it that can be told from it, and so does a range that
        // is too narrow to be divided: whoever steps through it would stand still.
        if high - low <= TINY.max(low.abs().max(high.abs()) * 1e-9) {
            let room = (low.abs() * 0.5).max(0.5);
            (low, high) = (low - room, high + room);
        }
        Self { low, high, counts: vec![0; BINS], expected: None }
    }

    /// Counts a finite value.
    pub fn add(&mut self, value: f64) {
        let place = (value - self.low) / (self.high - self.low) * BINS as f64;
        // The highest value belongs to the last bin.
        self.counts[(place as usize).min(BINS - 1)] += 1;
    }

    /// Where each bin begins, and its width.
    pub fn bins(&self) -> (impl Iterator<Item = f64>, f64) {
        let (low, width) = (self.low, (self.high - self.low) / BINS as f64);
        ((0..BINS).map(move |bin| low + bin as f64 * width), width)
    }

    /// Sets what was promised of `n` values: the density's mean over points of each bin, since a
    /// truncated one may fall to half within a few bins.
    pub fn expect(&mut self, promised: Option<Kind>, n: u64) {
        const POINTS: usize = 8;
        let (bins, width) = self.bins();
        let step = width / POINTS as f64;
        self.expected = promised.and_then(|promised| {
            bins.map(|low| {
                let points = (0..POINTS).map(|point| low + (point as f64 + 0.5) * step);
                let sum: f64 = points.map(|at| density(promised, at)).sum::<Option<f64>>()?;
                Some(n as f64 * step * sum)
            })
            .collect()
        });
    }

    /// The counts as a line of blocks.
    pub fn spark(&self) -> String {
        let columns: Vec<u64> =
            self.counts.chunks(BINS / 16).map(|counts| counts.iter().sum()).collect();
        let most = columns.iter().max().copied().unwrap_or(0).max(1);
        let blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        columns
            .iter()
            .map(|&count| match count {
                0 => ' ',
                count => {
                    blocks[((count as f64 / most as f64 * 8.0).ceil() as usize).clamp(1, 8) - 1]
                }
            })
            .collect()
    }
}

/// Where nearly all of a distribution lies.
pub(super) fn range(promised: Kind) -> (f64, f64) {
    match promised {
        Kind::Constant { value } => (value.into(), value.into()),
        Kind::Uniform { low, high } => {
            let [low, high] = [low, high].map(f64::from);
            // Four bins on either side, so that the edges are seen and fall between bins.
            let room = (high - low) * 4.0 / (BINS as f64 - 8.0);
            (low - room, high + room)
        }
        Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
            let [mean, std] = [mean, std].map(f64::from);
            (mean - 5.0 * std, mean + 5.0 * std)
        }
        Kind::TruncatedNormal { mean, std, low, high } => {
            let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
            let (low, high) = truncated::support(mean, 5.0 * std, low, high);
            let room = (high - low) * 4.0 / (BINS as f64 - 8.0);
            (low - room, high + room)
        }
        Kind::Diagonal { value, .. } => {
            let value = f64::from(value);
            (value.min(0.0), value.max(0.0))
        }
        Kind::Orthogonal { gain, matrices } => {
            // Elements have a deviation of the gain by the longer side's root, and never more than the gain.
            let longer = matrices.rows.max(matrices.columns).max(1) as f64;
            let most = f64::from(gain) * (5.0 / longer.sqrt()).min(1.0);
            (-most, most)
        }
        Kind::Arange { start, step, period } => {
            let last = start + step * period.saturating_sub(1) as f64;
            (start.min(last), start.max(last))
        }
        // Whatever it makes.
        Kind::Formula(_) => (0.0, 0.0),
        Kind::Bits => (0.0, 4_294_967_296.0),
    }
}

/// The density of a distribution; none where it has a point mass instead.
pub fn density(promised: Kind, at: f64) -> Option<f64> {
    match promised {
        // Many zeros, or a law that depends on where an element lies.
        Kind::Constant { .. }
        | Kind::Diagonal { .. }
        | Kind::Sparse { .. }
        | Kind::Orthogonal { .. }
        | Kind::Arange { .. }
        | Kind::Formula(_) => None,
        Kind::Normal { mean, std } => {
            let [mean, std] = [mean, std].map(f64::from);
            let z = (at - mean) / std;
            (std > TINY).then(|| (-0.5 * z * z).exp() / (std * std::f64::consts::TAU.sqrt()))
        }
        Kind::TruncatedNormal { mean, std, low, high } => {
            let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
            if std <= TINY || high - low <= TINY {
                return None;
            }
            let [z, low, high] = [at, low, high].map(|x| (x - mean) / std);
            let inside = (low..=high).contains(&z);
            let density = if inside { truncated::density(z, low, high) / std } else { 0.0 };
            // So far out that f64 has no number for what is left there.
            density.is_finite().then_some(density)
        }
        Kind::Uniform { low, high } => {
            let [low, high] = [low, high].map(f64::from);
            let inside = (low..high).contains(&at);
            (high - low > TINY).then(|| if inside { 1.0 / (high - low) } else { 0.0 })
        }
        Kind::Bits => {
            Some(if (0.0..4_294_967_296.0).contains(&at) { 1.0 / 4_294_967_296.0 } else { 0.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_adds_up() {
        for promised in [
            Kind::Normal { mean: 1.0, std: 0.02 },
            Kind::Uniform { low: -0.5, high: 0.25 },
            Kind::TruncatedNormal { mean: 1.0, std: 0.02, low: 0.96, high: 1.04 },
            Kind::TruncatedNormal { mean: 0.0, std: 0.5, low: 1.0, high: 40.0 },
            Kind::Bits,
        ] {
            let mut histogram = Histogram::new(None, Some(promised));
            histogram.expect(Some(promised), 1000);
            let sum: f64 = histogram.expected.unwrap().iter().sum();
            assert!((sum - 1000.0).abs() < 1.0, "{promised:?} {sum}");
        }
    }

    #[test]
    fn a_range_can_be_stepped_through() {
        for promised in [
            Kind::Normal { mean: 1.0, std: 1e-16 },
            Kind::Uniform { low: 0.0, high: 1e-45 },
            Kind::Normal { mean: 0.0, std: 1e-45 },
            Kind::TruncatedNormal { mean: 0.0, std: 1e-45, low: -1e-45, high: 1e-45 },
            Kind::TruncatedNormal { mean: 0.0, std: 1.0, low: 11.0, high: 11.0 },
            Kind::TruncatedNormal { mean: 0.0, std: 1.0, low: 11.0, high: 1e30 },
            Kind::TruncatedNormal { mean: 0.0, std: 1.0, low: 38.5, high: 40.0 },
            Kind::Uniform { low: 1.0, high: 1.0 + f32::EPSILON },
        ] {
            let histogram = Histogram::new(None, Some(promised));
            let step = (histogram.high - histogram.low) * 1e-3;
            for at in [histogram.low, histogram.high, 0.5 * (histogram.low + histogram.high)] {
                assert!(at + step > at, "{promised:?}");
                assert!(density(promised, at).is_none_or(f64::is_finite), "{promised:?}");
            }
        }
    }

    #[test]
    fn values_at_the_ends_are_counted() {
        let mut histogram = Histogram::new(Some((-1.0, 1.0)), None);
        histogram.add(-1.0);
        histogram.add(1.0);
        assert_eq!((histogram.counts[0], histogram.counts[BINS - 1]), (1, 1));
    }
}
