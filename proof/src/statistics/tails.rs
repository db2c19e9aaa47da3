//! How many normals lie beyond 3, 4, 5 and 6, on either side.

use super::{
    law::Law,
    outcome::{Outcome, poisson},
    point::{Marginal, Point},
};

const BEYOND: [f64; 4] = [3.0, 4.0, 5.0, 6.0];

/// Counts, below and above.
#[derive(Clone, Default)]
pub(crate) struct Tails([[u64; 4]; 2]);

impl Marginal for Tails {
    fn add(&mut self, at: &Point) {
        for (value, counts) in [-at.value, at.value].into_iter().zip(&mut self.0) {
            for (count, beyond) in counts.iter_mut().zip(BEYOND) {
                *count += if value > beyond { at.count } else { 0 };
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            *count += more;
        }
    }

    fn outcomes(&self, law: Law, n: u64) -> Vec<Outcome> {
        if law == Law::Uniform {
            return Vec::new();
        }
        let outcome = |sign: char, (&count, beyond): (&u64, f64)| {
            let expected = n as f64 * law.sides(beyond)[1];
            let name = format!("{sign}{beyond}: {count} of {expected:.1}");
            Outcome::deviate("tails", name, poisson(count, expected))
        };
        let side =
            |(sign, counts)| BEYOND.iter().zip(counts).map(move |(&b, c)| outcome(sign, (c, b)));
        ['-', '+'].into_iter().zip(&self.0).flat_map(side).collect()
    }
}
