//! A tally against its law: what deviates, and how likely that is by chance.

use super::{chance, tally::Tally};
use crate::text;

/// A test of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Test {
    /// What deviates, in words with the number found and the one promised.
    pub(super) what: String,
    /// The natural logarithm of a bound on the probability of such a deviation by chance.
    pub(super) chance: f64,
    /// Which test, for who explains it.
    pub(super) of: Of,
}

/// What a test is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    NotFinite,
    Bounds,
    Mean,
    Scale,
    Shape,
    Zeros,
    Rows,
    Narrow,
    /// Of what is judged of all values together.
    Whole,
}

fn instead(what: &str, found: f64, promised: f64) -> String {
    format!("{what} {} instead of {}", text::number_of(found, 4), text::number_of(promised, 4))
}

/// How often a peer's generator makes a zero where the law has none: of 24 bits, and more where it has fewer.
const PEERS_ZERO: f64 = 1.0 / (1 << 22) as f64;

/// Every test of the tally; the first that says most is the one to tell.
pub(super) fn tests(tally: &Tally) -> Vec<Test> {
    let (law, n) = (&tally.law, tally.n);
    let mut tests = Vec::new();
    let mut test = |of, what, chance| tests.push(Test { what, chance, of });
    let sure = |wrong: bool| if wrong { f64::NEG_INFINITY } else { 0.0 };
    let all = n + tally.nan + tally.infinite;
    for (count, what) in [(tally.nan, "NaN"), (tally.infinite, "infinite")] {
        test(Of::NotFinite, format!("{count} of {all} values are {what}"), sure(count > 0));
    }
    if n == 0 {
        return tests;
    }
    if let Some([low, high]) = law.bounds() {
        let outside = if tally.min < low { tally.min } else { tally.max };
        let what = format!(
            "{} is outside of [{}, {}]",
            text::number(outside),
            text::number(low),
            text::number(high)
        );
        test(Of::Bounds, what, sure(tally.min < low || tally.max > high));
    }
    // As far as a peer's generator may be off, in standard deviations: of a uniform, whose range is √12 of them.
    let off = law.slack * 12f64.sqrt();
    let in_units = |value: f64| (value - law.mean) / law.std;
    let toward = |found: f64, room: f64, to: f64| {
        to + (found - to).signum() * ((found - to).abs() - room).max(0.0)
    };
    let points: Vec<(f64, f64)> =
        law.points().iter().map(|(value, weight)| (in_units(*value), *weight)).collect();
    let found = toward(in_units(tally.mean()), off, 0.0);
    test(Of::Mean, instead("mean", tally.mean(), law.mean), chance::mean(&points, n, |z| z, found));
    let found = toward((tally.std() / law.std).powi(2), 4.0 * off, 1.0);
    test(
        Of::Scale,
        instead("std", tally.std(), law.std),
        chance::mean(&points, n, |z| z * z, found),
    );
    let (mut below, mut farthest, mut before) = (0, [0.0; 4], 0.0);
    let mut begin = f64::NEG_INFINITY;
    for (edge, &count) in tally.edges.iter().zip(&tally.cells) {
        below += count;
        let promised = law.below(*edge);
        // What lies in one cell, and what lies beyond its end.
        let within = promised - before;
        let what = format!(
            "{count} of {n} values in ({}, {}] instead of {}",
            text::number_of(begin, 3),
            text::number_of(*edge, 3),
            text::number_of(n as f64 * within, 4)
        );
        test(Of::Shape, what, chance::binomial(n, count, within, law.slack));
        let (side, beyond, part) = match promised < 0.5 {
            true => ("at most", below, promised),
            false => ("above", n - below, 1.0 - promised),
        };
        let what = format!(
            "{beyond} of {n} values {side} {} instead of {}",
            text::number_of(*edge, 3),
            text::number_of(n as f64 * part, 4)
        );
        test(Of::Shape, what, chance::binomial(n, beyond, part, law.slack));
        let found = below as f64 / n as f64;
        let apart = (found - promised).abs();
        if apart > farthest[0] {
            farthest = [apart, *edge, promised, found];
        }
        (before, begin) = (promised, *edge);
    }
    let [apart, edge, promised, found] = farthest;
    let what = format!(
        "{} of the values up to {} instead of {}",
        text::number_of(found, 4),
        text::number_of(edge, 3),
        text::number_of(promised, 4)
    );
    test(Of::Shape, what, chance::distance(n, apart, law.slack));
    // Values that are stored as zero: half a step around it at most.
    let step = law.between(0.0);
    let stored = law.below(step) - law.below(-step);
    if tally.zeros as f64 > n as f64 * stored.max(PEERS_ZERO) {
        let what = format!("{} of {n} values are exactly 0", tally.zeros);
        // A peer's Box-Muller makes a zero of 24 bits that are zero, and then two at once.
        let chance = match stored < PEERS_ZERO {
            true => chance::binomial(n, tally.zeros / 2, PEERS_ZERO, law.slack),
            false => chance::binomial(n, tally.zeros, stored + PEERS_ZERO, law.slack),
        };
        test(Of::Zeros, what, chance);
    }
    for ((count, sum), line) in tally.lines().into_iter().zip(["row", "column"]) {
        // What a mean that is off makes of sums is told already.
        if count > 1 && law.slack == 0.0 {
            let ratio = (sum / count as f64).sqrt();
            let what = format!(
                "sums of {line}s vary {} times as much as independent values let them",
                text::number_of(ratio, 3)
            );
            test(Of::Rows, what, chance::squares(count, sum));
        }
    }
    for ((count, sum), place) in [(tally.beside, "beside"), (tally.above, "above")] {
        if count > 1 {
            let mean = toward(sum / count as f64, off * off, 0.0);
            let what = format!(
                "values {place} each other correlate by {}",
                text::number_of(sum / count as f64, 3)
            );
            test(Of::Rows, what, chance::products(count, mean));
        }
    }
    let (count, sum) = tally.pairs;
    if count > 0 && law.slack == 0.0 {
        let times = text::number_of((sum / count as f64).sqrt(), 3);
        let what = format!(
            "rows above each other have products {times} times as large as those of independent ones"
        );
        test(Of::Rows, what, chance::squares(count, sum));
    }
    if let Some(dtype) = tally.narrow() {
        // A value has more bits than that dtype with a probability of 7/8 at least: it is as wide by three bits or more.
        let what = format!("every value is one of {dtype}");
        let differs = tally.min != tally.max;
        test(Of::Narrow, what, if differs { n as f64 * 0.125f64.ln() } else { 0.0 });
    }
    tests
}
