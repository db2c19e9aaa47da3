//! What a test says, and the critical values it is held against.
//!
//! Seeds are fixed, so a run has the same outcome everywhere. Each test rejects a perfect generator
//! for one seed in a million; a run of its 134 tests, for one in 7500.

use std::f64::consts::SQRT_2;

use statrs::function::{
    erf::erfc_inv,
    gamma::{gamma_lr, gamma_ur},
};

/// The probability that a test rejects values that are what they should be.
pub(crate) const SIGNIFICANCE: f64 = 1e-6;

/// A statistic and the value it must not exceed.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) family: &'static str,
    pub(crate) name: String,
    pub(crate) statistic: f64,
    pub(crate) critical: f64,
}

impl Outcome {
    /// A standard normal deviate, either sign.
    pub(crate) fn deviate(family: &'static str, name: impl Into<String>, z: f64) -> Self {
        Self::worst(family, name, z, 1)
    }

    /// The largest of `of` standard normal deviates, dependent or not (Bonferroni).
    pub(crate) fn worst(family: &'static str, name: impl Into<String>, z: f64, of: u64) -> Self {
        let critical = two_sided(SIGNIFICANCE / of as f64);
        Self { family, name: name.into(), statistic: z.abs(), critical }
    }

    /// NaN fails too.
    pub(crate) fn passes(&self) -> bool {
        self.statistic <= self.critical
    }
}

/// The z that a normal deviate exceeds on either side with this probability.
pub(crate) fn two_sided(p: f64) -> f64 {
    SQRT_2 * erfc_inv(p)
}

/// √n·D: Kolmogorov's law, P(√n·D > x) = 2 exp(-2x²) and smaller terms.
pub(crate) fn kolmogorov() -> f64 {
    (-0.5 * (SIGNIFICANCE / 2.0).ln()).sqrt()
}

/// A²: the sum of χ²/(j(j + 1)) over all j, whose far tail is that of its first term, χ²/2, times
/// the product of (1 - 2/(j(j + 1)))^(-1/2) over j >= 2, which is √3.
pub(crate) fn anderson_darling() -> f64 {
    erfc_inv(SIGNIFICANCE / 3f64.sqrt()).powi(2)
}

/// χ², by Wilson and Hilferty's cube.
pub(crate) fn chi_square(freedom: f64) -> f64 {
    let z = two_sided(2.0 * SIGNIFICANCE);
    let c = 2.0 / (9.0 * freedom);
    freedom * (1.0 - c + z * c.sqrt()).powi(3)
}

/// A Poisson count as the normal deviate of the same two-sided probability.
pub(crate) fn poisson(count: u64, expected: f64) -> f64 {
    let at_most = gamma_ur(count as f64 + 1.0, expected);
    let at_least = if count == 0 { 1.0 } else { gamma_lr(count as f64, expected) };
    let p = (2.0 * at_most.min(at_least)).clamp(f64::MIN_POSITIVE, 1.0);
    two_sided(p)
}

#[cfg(test)]
mod tests {
    use libm::erfc;

    use super::*;

    /// Of a normal deviate at least this far out, either side.
    fn probability(z: f64) -> f64 {
        erfc(z.abs() / SQRT_2)
    }

    #[test]
    fn critical_values_are_those_of_their_laws() {
        assert!((two_sided(0.05) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((probability(two_sided(1e-14)) / 1e-14 - 1.0).abs() < 1e-6);
        assert!((2.0 * (-2.0 * kolmogorov().powi(2)).exp() / SIGNIFICANCE - 1.0).abs() < 1e-12);
        assert!(
            (gamma_ur(1023.0 / 2.0, chi_square(1023.0) / 2.0) / SIGNIFICANCE - 1.0).abs() < 0.01
        );
        // Tables have A² = 3.878 at 1 %: what holds far out is 7 % low there.
        let at_one_percent = 3f64.sqrt() * erfc(3.878f64.sqrt());
        assert!((at_one_percent / 0.01 - 1.0).abs() < 0.08, "{at_one_percent}");
    }

    #[test]
    fn poisson_counts() {
        // P(X = 0) of 3: both sides, 2e^-3.
        assert!((probability(poisson(0, 3.0)) / (2.0 * (-3f64).exp()) - 1.0).abs() < 1e-9);
        // P(X >= 2) of 0.1, 0.00467884.
        assert!(
            (probability(poisson(2, 0.1)) / (2.0 * 0.004_678_840_160_444_47) - 1.0).abs() < 1e-9
        );
        // Large counts are nearly normal.
        let z = poisson(362_000 + 1806, 362_000.0);
        assert!((z - 3.0).abs() < 0.02, "{z}");
        assert!(poisson(10_000, 362_000.0) > 30.0);
    }
}
