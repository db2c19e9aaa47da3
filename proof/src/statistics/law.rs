//! What the values should be distributed as.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

use libm::{erf, erfc};
use statrs::function::erf::erfc_inv;

/// A standard law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Law {
    /// Mean 0, standard deviation 1.
    Normal,
    /// On [0, 1), in steps of 2^-24; a value stands for the middle of its step.
    Uniform,
}

/// 1·3·5···(k - 1).
fn double_factorial(k: i32) -> f64 {
    (1..k).step_by(2).map(f64::from).product()
}

impl Law {
    pub(crate) fn value(self, drawn: f32) -> f64 {
        match self {
            Self::Normal => f64::from(drawn),
            Self::Uniform => f64::from(drawn) + 2f64.powi(-25),
        }
    }

    /// The probabilities below and above a value, neither as 1 minus the other.
    pub(crate) fn sides(self, value: f64) -> [f64; 2] {
        match self {
            Self::Normal => [-value, value].map(|x| 0.5 * erfc(x * FRAC_1_SQRT_2)),
            Self::Uniform => [value, 1.0 - value],
        }
    }

    pub(crate) fn quantile(self, p: f64) -> f64 {
        match self {
            Self::Normal => -SQRT_2 * erfc_inv(2.0 * p),
            Self::Uniform => p,
        }
    }

    /// The mean of the k-th power, k even or not.
    pub(crate) fn moment(self, k: i32) -> f64 {
        match self {
            Self::Normal if k % 2 == 1 => 0.0,
            Self::Normal => double_factorial(k),
            Self::Uniform => 1.0 / f64::from(k + 1),
        }
    }

    /// With mean 0 and variance 1.
    pub(crate) fn standardised(self, drawn: f32) -> f64 {
        match self {
            Self::Normal => f64::from(drawn),
            Self::Uniform => (self.value(drawn) - 0.5) * 12f64.sqrt(),
        }
    }

    /// The square of a standardised value, itself with mean 0 and variance 1.
    pub(crate) fn standardised_square(self, standardised: f64) -> f64 {
        let kurtosis: f64 = match self {
            Self::Normal => 3.0,
            Self::Uniform => 1.8,
        };
        (standardised * standardised - 1.0) / (kurtosis - 1.0).sqrt()
    }

    /// The sums, over all f32 numbers, of the square and the cube of the probability that a value
    /// is rounded to that number: its density times the distance to the next.
    pub(crate) fn coincidences(self) -> [f64; 2] {
        match self {
            Self::Uniform => [2f64.powi(-24), 2f64.powi(-48)],
            Self::Normal => {
                let sum = |power: i32| {
                    let (power_, scale) = (f64::from(power), (f64::from(power) / 2.0).sqrt());
                    let binade = |exponent: i32| {
                        let (low, step) = (2f64.powi(exponent), 2f64.powi(exponent - 23));
                        let mass = erf(2.0 * low * scale) - erf(low * scale);
                        step.powi(power - 1) * mass
                    };
                    // Both signs: twice ∫ φ^power, a scaled erf.
                    let density = (2.0 * PI).powf(-power_ / 2.0) * PI.sqrt() / scale;
                    density * (-126..3).map(binade).sum::<f64>()
                };
                [sum(2), sum(3)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_tables() {
        // Φ(-1), Φ(-6), from 20-digit tables.
        for (x, p) in [(-1.0, 0.158_655_253_931_457_05), (-6.0, 9.865_876_450_376_98e-10)] {
            let [below, above] = Law::Normal.sides(x);
            assert!((below / p - 1.0).abs() < 1e-13, "{below}");
            assert!((above - (1.0 - p)).abs() < 1e-15);
            assert!((Law::Normal.quantile(p) - x).abs() < 1e-9);
        }
    }

    #[test]
    fn moments() {
        assert_eq!(
            [1, 2, 4, 8, 16].map(|k| Law::Normal.moment(k)),
            [0.0, 1.0, 3.0, 105.0, 2_027_025.0]
        );
        assert_eq!(Law::Uniform.moment(2), 1.0 / 3.0);
    }

    #[test]
    fn coincidences_are_the_sums_over_numbers() {
        // The same sums by the midpoint rule, 2^12 points a binade.
        let [mut square, mut cube] = [0.0; 2];
        for exponent in -40..3 {
            let (low, step) = (2f64.powi(exponent), 2f64.powi(exponent - 23));
            let width = low / 4096.0;
            for point in 0..4096 {
                let x = low + (f64::from(point) + 0.5) * width;
                let p = (-0.5 * x * x).exp() / (2.0 * PI).sqrt() * step;
                square += 2.0 * p * p * width / step;
                cube += 2.0 * p * p * p * width / step;
            }
        }
        let found = Law::Normal.coincidences();
        assert!((found[0] / square - 1.0).abs() < 1e-6 && (found[1] / cube - 1.0).abs() < 1e-6);
    }
}
