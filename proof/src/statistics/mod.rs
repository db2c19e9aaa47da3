//! Statistics of the values that users get, each test first shown to fail on a planted defect.
//!
//! `statistics` looks at 2^28 values of each law, some minutes; `statistics-quick` at 2^22.

mod correlation;
pub(crate) mod defects;
mod distribution;
mod law;
mod marginal;
mod moments;
mod neighbours;
mod outcome;
mod pair;
mod point;
mod rows;
mod sorted;
mod source;
mod tails;

use std::time::Instant;

use wgpu_weights::{Distribution, stream_of};

use law::Law;
use outcome::{Outcome, SIGNIFICANCE};
use source::{Library, Sample};

const SEED: u64 = 42;

/// How much is looked at, as powers of two.
struct Size {
    values: u32,
    of_defects: u32,
}

/// 2^28 values; defects are found in 2^24.
pub(crate) fn full() -> bool {
    run(&Size { values: 28, of_defects: 24 })
}

/// 2^22 values.
pub(crate) fn quick() -> bool {
    run(&Size { values: 22, of_defects: 22 })
}

/// Every test of a sample.
fn outcomes(sample: &Sample<'_>) -> Vec<Outcome> {
    let tests = [
        marginal::outcomes,
        neighbours::autocorrelation,
        rows::outcomes,
        neighbours::seeds,
        neighbours::streams,
        neighbours::names,
    ];
    tests.iter().flat_map(|test| test(sample)).collect()
}

fn run(size: &Size) -> bool {
    println!(
        "seed {SEED}, stream of \"weight\"; each test rejects sound values with probability \
         {SIGNIFICANCE:e}"
    );
    // Defects first: a test that finds nothing says nothing.
    let mut holds = defects_are_found(size);
    let laws = [
        ("normal(0, 1)", Law::Normal, Distribution::normal(0.0, 1.0)),
        ("uniform(0, 1)", Law::Uniform, Distribution::uniform(0.0, 1.0)),
    ];
    for (name, law, distribution) in laws {
        let started = Instant::now();
        let source = Library(distribution.expect("the parameters are in range"));
        println!("\n{name}, 2^{} values per test", size.values);
        println!("{:<17} {:<44} {:>10} {:>10}", "test", "", "statistic", "critical");
        let outcomes = outcomes(&sample(&source, law, size.values));
        for outcome in &outcomes {
            let Outcome { family, name, statistic, critical } = outcome;
            let verdict = if outcome.passes() { "pass" } else { "FAIL" };
            println!("{family:<17} {name:<44} {statistic:>10.3} {critical:>10.3} {verdict}");
        }
        let failed = outcomes.iter().filter(|it| !it.passes()).count();
        let seconds = started.elapsed().as_secs();
        println!("{name}: {failed} of {} tests fail ({seconds} s)", outcomes.len());
        holds &= failed == 0;
    }
    holds
}

fn sample(source: &dyn source::Source, law: Law, log2: u32) -> Sample<'_> {
    Sample { source, law, seed: SEED, stream: stream_of("weight"), n: 1 << log2 }
}

/// Defects by families: how many tests of the family fail.
fn defects_are_found(size: &Size) -> bool {
    let mut holds = true;
    println!("\nplanted defects, and the tests of each family that find them (* must)");
    for defect in defects::all() {
        let log2 = defect.needs.unwrap_or(size.of_defects);
        if log2 > size.values {
            println!("{:<26} 2^{log2} values: too many for a quick look", defect.name);
            continue;
        }
        let tests = if defect.needs.is_some() { marginal::outcomes } else { outcomes };
        let found = tests(&sample(&*defect.source, defect.law, log2));
        let mut families: Vec<&str> = found.iter().map(|it| it.family).collect();
        families.dedup();
        // A family that has no test finds nothing.
        families.extend(
            defect
                .found_by
                .iter()
                .filter(|family| !found.iter().any(|outcome| outcome.family == **family)),
        );
        let mut line = String::new();
        for family in families {
            let tests = found.iter().filter(|it| it.family == family);
            let failed = tests.clone().filter(|it| !it.passes()).count();
            let must = defect.found_by.contains(&family);
            if failed > 0 || must {
                let star = if must { "*" } else { "" };
                line += &format!("  {family}{star} {failed}/{}", tests.count());
            }
            if must && failed == 0 {
                line += " MISSED";
                holds = false;
            }
        }
        println!("{:<26} {:?}, 2^{log2}{line}", defect.name, defect.law);
    }
    holds
}
