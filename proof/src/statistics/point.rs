//! A test of the values as a set, and what it is shown of them.

use super::{law::Law, outcome::Outcome};

/// A run of equal values, and what the law says of it.
pub(crate) struct Point {
    pub(crate) value: f64,
    /// The probabilities below and above.
    pub(crate) sides: [f64; 2],
    /// How many of the sample lie below, how many are equal, and how many there are.
    pub(crate) first: u64,
    pub(crate) count: u64,
    pub(crate) n: u64,
}

/// A test of the values as a set.
pub(crate) trait Marginal {
    fn add(&mut self, point: &Point);
    fn merge(&mut self, other: &Self);
    fn outcomes(&self, law: Law, n: u64) -> Vec<Outcome>;
}
