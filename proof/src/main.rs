//! The evidence for the values, made anew: `cargo run --release -p wgpu-weights-proof -- exhaustion`.

mod adapters;
#[path = "../../tests/common/answers.rs"]
mod answers;
mod cases;
mod exhaustion;
mod rounding;
mod statistics;
mod truncated;
mod uniform;
mod windows;

use std::process::ExitCode;

/// A name and whether what it claims holds.
type Proof = (&'static str, fn() -> bool);

const PROOFS: &[Proof] = &[
    ("exhaustion", exhaustion::run),
    ("uniform", uniform::run),
    ("truncated", truncated::run),
    ("rounding", rounding::run),
    ("statistics", statistics::full),
    ("statistics-quick", statistics::quick),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["cases"] => Some(cases::run()),
        ["adapters", "software"] => Some(adapters::run(true)),
        ["adapters", "hardware"] => Some(adapters::run(false)),
        _ => None,
    };
    if let Some(done) = done {
        return if done { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let chosen: Vec<_> =
        PROOFS.iter().filter(|(name, _)| wanted.iter().any(|w| w == name)).collect();
    if chosen.is_empty() || chosen.len() != wanted.len() {
        let names = PROOFS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        eprintln!(
            "usage: wgpu-weights-proof PROOF... | cases | adapters software|hardware; proofs: {names}"
        );
        return ExitCode::from(2);
    }
    let mut all = true;
    for (name, run) in chosen {
        println!("== {name}");
        let holds = run();
        println!("{name}: {}", if holds { "holds" } else { "FAILS" });
        all &= holds;
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
