//! What a truncated normal leaves out, as the kernels take it.

use crate::{Kind, distribution::MOST_SIGMAS, float_format::power_of_two, normal_tail::upper_tail};

#[derive(Clone, Copy, Default)]
pub(super) struct Tails {
    pub(super) tails: [f32; 2],
    pub(super) width: f32,
    pub(super) median: u32,
    pub(super) shift: u32,
}

impl Tails {
    /// Nothing, for another distribution.
    pub(super) fn new(kind: Kind) -> Self {
        let Kind::TruncatedNormal { mean, std, low, high } = kind else { return Self::default() };
        // Without a deviation everything is the mean, which lies within the bounds.
        let sigmas = |x: f32, without: f64| {
            let distance = f64::from(x) - f64::from(mean);
            if std == 0.0 { without } else { distance / f64::from(std) }
        };
        // No truncation begins further out; what rounding to f32 made of a tiny deviation might.
        let low = sigmas(low, f64::NEG_INFINITY).min(MOST_SIGMAS + 1.0);
        let high = sigmas(high, f64::INFINITY).max(-MOST_SIGMAS - 1.0);
        // From the tail that both bounds lie in, where they do: differences of small numbers.
        let (below, above) = (upper_tail(-low), upper_tail(high));
        let (width, largest) = if low > 0.0 {
            (upper_tail(low) - above, upper_tail(low))
        } else if high < 0.0 {
            (upper_tail(-high) - below, upper_tail(-high))
        } else {
            (1.0 - above - below, 0.5)
        };
        // Far out, so that the largest is between a quarter and a half.
        let exponent = (largest.to_bits() >> 52) as u32;
        let shift = if largest < f64::from(power_of_two(-20)) { 1021 - exponent } else { 0 };
        let up = |x: f64| {
            // The half that is not used may be large, and nothing is subnormal.
            let scaled = (x * f64::from(power_of_two(shift as i32))).min(1.0) as f32;
            if scaled < power_of_two(-100) { 0.0 } else { scaled }
        };
        let median = if low > 0.0 { 0.0 } else { ((0.5 - below) / width).clamp(0.0, 1.0) };
        Self {
            tails: [up(below), up(above)],
            width: up(width) * power_of_two(-33),
            median: (median * f64::from(power_of_two(31))) as u32,
            shift,
        }
    }
}
