//! A law as its values are stored: distribution function, moments, and points that stand for it.

use libm::erfc;
use wgpu_weights::{Dtype, FloatFormat, Kind};

use crate::truncated;

/// Points that stand for a law.
const POINTS: u32 = 4096;

/// A law of independent values that has a distribution function, in a dtype.
#[derive(Clone, Debug)]
pub(super) struct Law {
    shape: Shape,
    format: FloatFormat,
    /// Of what is stored.
    pub(super) mean: f64,
    pub(super) std: f64,
    /// How far a peer's generator may be off in probability: in narrow dtypes some draw a uniform of so many bits.
    pub(super) slack: f64,
    points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Uniform {
        low: f64,
        high: f64,
    },
    Normal {
        mean: f64,
        std: f64,
    },
    /// Its bounds in standard deviations.
    Truncated {
        mean: f64,
        std: f64,
        low: f64,
        high: f64,
    },
}

impl Law {
    /// Of what is not one value everywhere and has a distribution function of all values alike.
    pub(super) fn of(kind: Kind, dtype: &str) -> Option<Self> {
        let dtype: Dtype = dtype.parse().ok()?;
        let dtype = if dtype == Dtype::F64 { Dtype::F32 } else { dtype };
        let format = dtype.float_format()?;
        let shape = match kind {
            Kind::Uniform { low, high } => Shape::Uniform { low: low.into(), high: high.into() },
            Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
                Shape::Normal { mean: mean.into(), std: std.into() }
            }
            Kind::TruncatedNormal { mean, std, low, high } => {
                let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
                Shape::Truncated { mean, std, low: (low - mean) / std, high: (high - mean) / std }
            }
            _ => return None,
        };
        let (from, to) = shape.support();
        // Wide enough to be told from one value.
        if !(to - from > 1e-30 && (to - from) > 1e-9 * from.abs().max(to.abs())) {
            return None;
        }
        let points: Vec<_> = (0..POINTS)
            .map(|at| {
                let value = from + (to - from) * (f64::from(at) + 0.5) / f64::from(POINTS);
                (format.round(value), shape.weight(value))
            })
            .collect();
        let total: f64 = points.iter().map(|it| it.1).sum();
        let mean = points.iter().map(|(value, weight)| value * weight).sum::<f64>() / total;
        let variance =
            points.iter().map(|(value, weight)| weight * (value - mean).powi(2)).sum::<f64>()
                / total;
        // What is left of a sum that is zero.
        let mean = if mean.abs() < 1e-9 * variance.sqrt() { 0.0 } else { mean };
        let bits = format.mantissa_bits() as i32;
        let slack = match shape {
            // Drawn of as many bits as the dtype has.
            Shape::Uniform { .. } if bits < 23 => 2f64.powi(-bits),
            // Rounded first, and rejected after: what lies near a bound is drawn too often.
            Shape::Truncated { .. } if bits < 23 => 2f64.powi(-bits - 3),
            _ => 0.0,
        };
        (mean.is_finite() && variance > 0.0 && variance.is_finite()).then(|| Self {
            shape,
            format,
            mean,
            std: variance.sqrt(),
            slack,
            points,
        })
    }

    /// The points, as stored.
    pub(super) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The part of the values that are stored as this or less, where it lies [between](Self::between) two.
    pub(super) fn below(&self, value: f64) -> f64 {
        self.shape.below(value)
    }

    /// A value between two that are stored, near this one.
    pub(super) fn between(&self, value: f64) -> f64 {
        let stored = self.format.round(value);
        // Towards 0 from a power of two the next one is half as far.
        let toward = if stored < 0.0 { stored * (1.0 - 1e-9) } else { stored };
        stored + 0.5 * self.format.spacing(toward)
    }

    /// The value that this part of all lies below.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let (mut low, mut high) = self.shape.support();
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.shape.below(middle) < part { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// The lowest and the highest value that may be stored, where there are such.
    pub(super) fn bounds(&self) -> Option<[f64; 2]> {
        let round = |it: f64| self.format.round(it);
        match self.shape {
            Shape::Uniform { low, high } => Some([round(low), round(high)]),
            Shape::Truncated { mean, std, low, high } => {
                // A peer's arithmetic in its own dtype may round outwards.
                let [low, high] = [low, high].map(|it| mean + std * it);
                let room = |at: f64| self.format.spacing(at.abs().max(mean.abs()));
                Some([round(low) - room(low), round(high) + room(high)])
            }
            Shape::Normal { .. } => None,
        }
    }
}

impl Shape {
    /// Where all of it that is ever seen lies.
    fn support(&self) -> (f64, f64) {
        match *self {
            Self::Uniform { low, high } => (low, high),
            Self::Normal { mean, std } => (mean - 8.5 * std, mean + 8.5 * std),
            Self::Truncated { mean, std, low, high } => {
                let (low, high) = truncated::support(0.0, 8.5, low, high);
                (mean + std * low, mean + std * high)
            }
        }
    }

    fn weight(&self, value: f64) -> f64 {
        match *self {
            Self::Uniform { .. } => 1.0,
            Self::Normal { mean, std } => (-0.5 * ((value - mean) / std).powi(2)).exp(),
            Self::Truncated { mean, std, low, high } => {
                let (z, nearest) = ((value - mean) / std, 0f64.clamp(low, high));
                (0.5 * (nearest * nearest - z * z)).exp()
            }
        }
    }

    fn below(&self, value: f64) -> f64 {
        let part = match *self {
            Self::Uniform { low, high } => (value - low) / (high - low),
            Self::Normal { mean, std } => {
                0.5 * erfc((mean - value) / std * std::f64::consts::FRAC_1_SQRT_2)
            }
            Self::Truncated { mean, std, low, high } => {
                let z = ((value - mean) / std).clamp(low, high);
                truncated::mass(low, z) / truncated::mass(low, high)
            }
        };
        part.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_quantiles_are_those_of_the_law() {
        let normal = Law::of(Kind::Normal { mean: 1.0, std: 0.5 }, "F32").unwrap();
        assert!((normal.mean - 1.0).abs() < 1e-6 && (normal.std - 0.5).abs() < 1e-6);
        assert!((normal.below(1.5) - 0.841_344_746).abs() < 1e-9);
        assert!((normal.quantile(0.975) - 1.979_982).abs() < 1e-5);
        let cut = Kind::TruncatedNormal { mean: 0.0, std: 1.0, low: -2.0, high: 2.0 };
        let cut = Law::of(cut, "F32").unwrap();
        assert!((cut.std - 0.879_626).abs() < 1e-5, "{}", cut.std);
        assert_eq!(cut.below(2.1), 1.0);
        let uniform = Law::of(Kind::Uniform { low: -1.0, high: 3.0 }, "BF16").unwrap();
        assert!((uniform.below(0.0) - 0.25).abs() < 1e-12 && uniform.slack == 1.0 / 128.0);
        assert_eq!(uniform.between(1.0), 1.0 + 1.0 / 256.0);
        // Next to a power of two: one step is half the other.
        assert_eq!(uniform.between(-1.0), -1.0 + 1.0 / 512.0);
        assert_eq!(uniform.between(-2.0), -2.0 + 1.0 / 256.0);
        assert_eq!(uniform.between(2.0), 2.0 + 1.0 / 128.0);
        assert!(Law::of(Kind::Constant { value: 1.0 }, "F32").is_none());
        assert!(Law::of(Kind::Normal { mean: 1.0, std: 0.0 }, "F32").is_none());
    }
}
