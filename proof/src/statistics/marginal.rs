//! Tests of the values as a set, whatever their order: all of them in one pass over the sample.

use rayon::prelude::*;

use super::{
    distribution::{AndersonDarling, ChiSquare, Coincidences, KolmogorovSmirnov},
    law::Law,
    moments::Moments,
    outcome::Outcome,
    point::{Marginal, Point},
    sorted::{self, Run},
    source::Sample,
    tails::Tails,
};

/// All tests of the values as a set.
#[derive(Clone, Default)]
struct All {
    ks: KolmogorovSmirnov,
    anderson_darling: AndersonDarling,
    chi_square: ChiSquare,
    coincidences: Coincidences,
    moments: Moments,
    tails: Tails,
}

impl All {
    fn of(runs: &[Run], law: Law, n: u64) -> Self {
        let mut all = Self::default();
        for &Run { value, first, count } in runs {
            let value = law.value(value);
            let point = Point { value, sides: law.sides(value), first, count, n };
            all.ks.add(&point);
            all.anderson_darling.add(&point);
            all.chi_square.add(&point);
            all.coincidences.add(&point);
            all.moments.add(&point);
            all.tails.add(&point);
        }
        all
    }

    fn merge(mut self, other: &Self) -> Self {
        self.ks.merge(&other.ks);
        self.anderson_darling.merge(&other.anderson_darling);
        self.chi_square.merge(&other.chi_square);
        self.coincidences.merge(&other.coincidences);
        self.moments.merge(&other.moments);
        self.tails.merge(&other.tails);
        self
    }
}

/// Runs of one piece of work; pieces are merged in order, so that a run repeats to the last bit.
const PIECE: usize = 1 << 14;

pub(crate) fn outcomes(sample: &Sample<'_>) -> Vec<Outcome> {
    let (law, n) = (sample.law, sample.n);
    let mut all = All::default();
    sorted::visit(sample, |runs| {
        let pieces: Vec<All> = runs.par_chunks(PIECE).map(|runs| All::of(runs, law, n)).collect();
        all = pieces.iter().fold(all.clone(), All::merge);
    });
    [
        all.ks.outcomes(law, n),
        all.anderson_darling.outcomes(law, n),
        all.chi_square.outcomes(law, n),
        all.moments.outcomes(law, n),
        all.tails.outcomes(law, n),
        all.coincidences.outcomes(law, n),
    ]
    .concat()
}
