//! What a truncated normal looks like.

use libm::erfc;

/// Where nearly all of it lies, `reach` being as far as a whole normal of this mean is seen.
pub(crate) fn support(mean: f64, reach: f64, low: f64, high: f64) -> (f64, f64) {
    (low.max(mean.min(high) - reach), high.min(mean.max(low) + reach))
}

/// The part of a normal that lies in `[low, high]`; both in standard deviations from the mean.
pub(crate) fn mass(low: f64, high: f64) -> f64 {
    let tail = |x: f64| 0.5 * erfc(x * std::f64::consts::FRAC_1_SQRT_2);
    // From the tail that both bounds lie in: differences of small numbers.
    if low > 0.0 { tail(low) - tail(high) } else { tail(-high) - tail(-low) }
}

/// The density at `z`, which lies in `[low, high]`; all three in standard deviations from the mean.
pub(crate) fn density(z: f64, low: f64, high: f64) -> f64 {
    (-0.5 * z * z).exp() / (mass(low, high) * std::f64::consts::TAU.sqrt())
}
