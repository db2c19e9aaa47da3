//! Kolmogorov and Smirnov's D, Anderson and Darling's A², χ² on equiprobable bins, and how often
//! two values coincide, all from the values in order, without approximation.

use super::{
    law::Law,
    outcome::{Outcome, anderson_darling, chi_square, kolmogorov},
    point::{Marginal, Point},
};

/// The largest distance of the empirical distribution function from the law's.
#[derive(Clone, Default)]
pub(crate) struct KolmogorovSmirnov(f64);

impl Marginal for KolmogorovSmirnov {
    fn add(&mut self, at: &Point) {
        let [below, _] = at.sides;
        let (first, end) =
            (at.first as f64 / at.n as f64, (at.first + at.count) as f64 / at.n as f64);
        self.0 = self.0.max(below - first).max(end - below);
    }

    fn merge(&mut self, other: &Self) {
        self.0 = self.0.max(other.0);
    }

    fn outcomes(&self, _: Law, n: u64) -> Vec<Outcome> {
        let statistic = self.0 * (n as f64).sqrt();
        let name = "√n·D".into();
        vec![Outcome { family: "ks", name, statistic, critical: kolmogorov() }]
    }
}

/// The squared distance, weighted by the inverse of its variance: it hears the tails.
#[derive(Clone, Default)]
pub(crate) struct AndersonDarling(f64);

impl Marginal for AndersonDarling {
    /// A² = -n - Σ ((2i - 1) ln F(x_i) + (2n - 2i + 1) ln(1 - F(x_i)))/n, i from 1; equal values
    /// together.
    fn add(&mut self, at: &Point) {
        let [below, above] = at.sides.map(|p| p.max(f64::MIN_POSITIVE).ln());
        let (ranks, n) = ((2 * at.first + at.count) as f64, at.n as f64);
        self.0 -= at.count as f64 * ((ranks * below + (2.0 * n - ranks) * above) / n + 1.0);
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }

    fn outcomes(&self, _: Law, _: u64) -> Vec<Outcome> {
        let (family, name) = ("anderson-darling", "A²".into());
        vec![Outcome { family, name, statistic: self.0, critical: anderson_darling() }]
    }
}

const BINS: usize = 1 << 10;

/// Counts of bins that are equally probable.
#[derive(Clone)]
pub(crate) struct ChiSquare([u64; BINS]);

impl Default for ChiSquare {
    fn default() -> Self {
        Self([0; BINS])
    }
}

impl Marginal for ChiSquare {
    fn add(&mut self, at: &Point) {
        self.0[((at.sides[0] * BINS as f64) as usize).min(BINS - 1)] += at.count;
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    fn outcomes(&self, _: Law, n: u64) -> Vec<Outcome> {
        let expected = n as f64 / BINS as f64;
        let statistic = self.0.iter().map(|&it| (it as f64 - expected).powi(2) / expected).sum();
        let critical = chi_square(BINS as f64 - 1.0);
        vec![Outcome { family: "chi-square", name: format!("{BINS} bins"), statistic, critical }]
    }
}

/// Pairs of equal values. Values of too few significant bits meet too often, which no test of
/// their distribution sees: a step of 2^-17 is far below the noise of 2^28 values.
#[derive(Clone, Default)]
pub(crate) struct Coincidences(f64);

impl Marginal for Coincidences {
    fn add(&mut self, at: &Point) {
        self.0 += at.count as f64 * (at.count - 1) as f64 / 2.0;
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }

    /// A sum over pairs, each with the probability Σp²; two pairs are dependent where they share
    /// a value, n³ times Σp³ - (Σp²)².
    fn outcomes(&self, law: Law, n: u64) -> Vec<Outcome> {
        let (n, [squares, cubes]) = (n as f64, law.coincidences());
        let pairs = n * (n - 1.0) / 2.0;
        let variance = pairs * squares * (1.0 - squares) + n.powi(3) * (cubes - squares * squares);
        let expected = pairs * squares;
        let z = (self.0 - expected) / variance.sqrt();
        let name = format!("{:.6e} pairs, {expected:.6e} expected", self.0);
        vec![Outcome::deviate("coincidences", name, z)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: [f64; 5] = [0.1, 0.25, 0.25, 0.3, 0.8];

    fn seen<M: Marginal + Default>() -> M {
        let n = SAMPLE.len() as u64;
        let [mut one, mut other] = [M::default(), M::default()];
        for (value, first, count) in [(0.1, 0, 1), (0.25, 1, 2), (0.3, 3, 1), (0.8, 4, 1)] {
            let point = Point { value, sides: Law::Uniform.sides(value), first, count, n };
            if first < 2 { &mut one } else { &mut other }.add(&point);
        }
        one.merge(&other);
        one
    }

    #[test]
    fn equal_values_count_as_often_as_they_occur() {
        // 4/5 of the sample is at most 0.3.
        assert!((seen::<KolmogorovSmirnov>().0 - 0.5).abs() < 1e-12);
        // Anderson and Darling's sum, value by value.
        let term = |(i, x): (usize, &f64)| {
            let (x, other) = (*x, SAMPLE[SAMPLE.len() - 1 - i]);
            (2 * i + 1) as f64 / 5.0 * (x.ln() + (1.0 - other).ln())
        };
        let expected = -5.0 - SAMPLE.iter().enumerate().map(term).sum::<f64>();
        assert!((seen::<AndersonDarling>().0 - expected).abs() < 1e-12);
        assert_eq!(seen::<Coincidences>().0, 1.0);
        let bins = seen::<ChiSquare>().0;
        assert_eq!([102, 256, 307, 819].map(|bin| bins[bin]), [1, 2, 1, 1]);
    }
}
