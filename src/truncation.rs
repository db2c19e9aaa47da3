//! What a cut makes of a normal's standard deviation, in f64: the same bits on every host.

use crate::normal_tail::exp_minus;

/// Intervals of Simpson's rule.
const INTERVALS: u32 = 1 << 12;
/// Where a density is below e^-40 of its largest, nothing of it counts.
const REACH: f64 = 80.0;

/// The standard deviation of a standard normal on condition that it lies within `[low, high]`, for `low < high`.
///
/// An integral, since the formula by densities and tails loses everything where the bounds are near each other.
/// Source: Johnson, Kotz and Balakrishnan, "Continuous univariate distributions" (1994), 13.10.
pub(crate) fn std_after(low: f64, high: f64) -> f64 {
    // The same on either side of zero.
    if low + high < 0.0 {
        return std_after(-high, -low);
    }
    let mode = low.max(0.0);
    let from = low.max(-REACH.sqrt());
    let to = high.min((mode * mode + REACH).sqrt());
    let step = (to - from) / f64::from(INTERVALS);
    let moments = |about: f64| {
        let mut sums = [0.0; 3];
        for at in 0..=INTERVALS {
            let weight = match at {
                0 | INTERVALS => 1.0,
                odd if odd % 2 == 1 => 4.0,
                _ => 2.0,
            };
            let x = from + f64::from(at) * step;
            // (x² - mode²)/2, without a difference of squares.
            let density = weight * exp_minus((x - mode) * (x + mode) / 2.0);
            let distance = x - about;
            sums[0] += density;
            sums[1] += density * distance;
            sums[2] += density * distance * distance;
        }
        sums
    };
    let [all, first, _] = moments(from);
    let [all, first, second] = moments(from + first / all);
    (second / all - (first / all) * (first / all)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::std_after;

    /// Values of 20 digits from mpmath; the first is JAX's constant.
    #[test]
    fn known_deviations() {
        for (low, high, std) in [
            (-2.0, 2.0, 0.879_625_661_034_239_8),
            (-1.0, 1.0, 0.539_560_093_754_897),
            (-3.0, 3.0, 0.986_578_392_558_108_6),
            (-40.0, 40.0, 1.0),
            (0.0, 40.0, 0.602_810_274_989_087),
        ] {
            let found = std_after(low, high);
            assert!((found / std - 1.0).abs() < 1e-12, "[{low}, {high}]: {found} for {std}");
            assert_eq!(std_after(-high, -low), found);
        }
        // Next to uniform where the bounds are near each other; exponential far out.
        assert!((std_after(0.5, 0.5 + 1e-9) / (1e-9 / 12f64.sqrt()) - 1.0).abs() < 1e-6);
        assert!((std_after(12.0, 99.0) * 12.0 - 1.0).abs() < 0.02);
    }
}
