//! The upper tail of the standard normal distribution, in f64: the same bits on every host, which
//! no system's `erfc` or `exp` promises.

/// Below this the series converges fast, from it on the continued fraction does.
const SERIES_BELOW: f64 = 2.5;

/// The probability that a standard normal value lies above `x`, to 1e-13 of itself for any `x` up
/// to 38 (beyond, it underflows).
///
/// Sources: Abramowitz and Stegun, "Handbook of mathematical functions", 26.2.11 (the series) and
/// 26.2.14 (the continued fraction).
pub(crate) fn upper_tail(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - upper_tail(-x);
    }
    let density = 0.398_942_280_401_432_7 * exp_minus(x * x / 2.0);
    if x < SERIES_BELOW {
        let (mut sum, mut term) = (0.0, x);
        for odd in (3..120).step_by(2) {
            sum += term;
            term *= x * x / f64::from(odd);
        }
        0.5 - density * sum
    } else {
        density / (1..200).rev().fold(x, |below, n| x + f64::from(n) / below)
    }
}

/// e^-y for y of zero or more: 2^-k times the exponential series of the rest.
pub(crate) fn exp_minus(y: f64) -> f64 {
    let k = (y * std::f64::consts::LOG2_E).round();
    if k > 1022.0 {
        return 0.0;
    }
    // ln 2 in two parts, the first with enough trailing zeros that its product is exact.
    let rest = (k * 0.693_147_180_369_123_8 - y) + k * 1.908_214_929_270_587_7e-10;
    let series = (1..20).rev().fold(1.0, |sum, n| 1.0 + rest / f64::from(n) * sum);
    series * f64::from_bits((1023 - k as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::upper_tail;

    /// Values of 30 digits from mpmath's ncdf(-x).
    #[test]
    fn known_tails() {
        let known = [
            (-9.0, 1.0),
            (-1.5, 0.9331927987311419),
            (0.0, 0.5),
            (1e-09, 0.49999999960105773),
            (0.25, 0.4012936743170763),
            (0.5, 0.3085375387259869),
            (1.0, 0.15865525393145705),
            (1.75, 0.04005915686381709),
            (2.0, 0.02275013194817921),
            (2.4999, 0.00621141837494459),
            (2.5, 0.006209665325776135),
            (3.0, 0.0013498980316300946),
            (4.0, 3.1671241833119924e-05),
            (5.0, 2.866515718791939e-07),
            (6.0, 9.86587645037698e-10),
            (8.0, 6.220960574271784e-16),
            (12.0, 1.776482112077679e-33),
            (20.0, 2.7536241186062337e-89),
            (37.0, 5.725571222524577e-300),
        ];
        for (x, tail) in known {
            let found = upper_tail(x);
            assert!((found - tail).abs() <= 1e-13 * tail, "{x}: {found:e} for {tail:e}");
        }
        assert_eq!(upper_tail(f64::INFINITY), 0.0);
        assert_eq!(upper_tail(f64::NEG_INFINITY), 1.0);
    }
}
