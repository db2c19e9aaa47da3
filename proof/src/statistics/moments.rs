//! Means of the powers 1 to 8.

use super::{
    law::Law,
    outcome::Outcome,
    point::{Marginal, Point},
};

/// Sums of powers.
#[derive(Clone, Default)]
pub(crate) struct Moments([f64; 8]);

impl Marginal for Moments {
    fn add(&mut self, at: &Point) {
        let mut power = at.count as f64;
        for sum in &mut self.0 {
            power *= at.value;
            *sum += power;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    /// Against the standard error √((E x^2k - (E x^k)²)/n), exact and not estimated.
    fn outcomes(&self, law: Law, n: u64) -> Vec<Outcome> {
        let outcome = |(k, sum): (i32, &f64)| {
            let error = ((law.moment(2 * k) - law.moment(k).powi(2)) / n as f64).sqrt();
            let mean = sum / n as f64;
            let name = format!("{k}: {mean:+.6} of {:.6}", law.moment(k));
            Outcome::deviate("moments", name, (mean - law.moment(k)) / error)
        };
        (1..).zip(&self.0).map(outcome).collect()
    }
}
