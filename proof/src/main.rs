//! The evidence for the values, made anew: `cargo run --release -p wgpu-weights-proof -- exhaustion`.

mod adapters;
#[path = "../../tests/common/answers.rs"]
mod answers;
mod cases;
mod compilers;
mod control;
#[path = "../../benches/edits.rs"]
mod edits;
mod exhaustion;
mod kernels;
mod rounding;
mod statistics;
#[path = "../../tests/common/translate.rs"]
mod translate;
mod truncated;
mod uniform;
mod windows;
mod words;

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let holds = match words[..] {
        ["cases"] => cases::run(),
        ["kernels", folder] => kernels::run(folder),
        ["candidates", ref folders @ ..] => compilers::candidates(folders),
        ["compilers"] => compilers::head(),
        ["compilers", folder, target, compiler] => compilers::row(folder, target, compiler),
        ["pipelines", kernels, target, out] => compilers::pipelines::run(kernels, target, out),
        ["adapters", "software"] => adapters::run(true),
        ["adapters", "hardware"] => adapters::run(false),
        ["control", "software"] => control::run(true),
        ["control", "hardware"] => control::run(false),
        ["words", ..] => match words::run(&arguments[1..]) {
            Ok(()) => true,
            Err(message) => return wrong_use(&message),
        },
        _ => {
            match words.iter().map(|word| PROOFS.iter().find(|(name, _)| name == word)).collect() {
                Some(proofs) if !words.is_empty() => run(proofs),
                _ => return wrong_use(&usage()),
            }
        }
    };
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wrong_use(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

fn usage() -> String {
    let names: Vec<_> = PROOFS.iter().map(|(name, _)| *name).collect();
    format!(
        "usage: wgpu-weights-proof PROOF... | cases | kernels FOLDER | adapters software|hardware | words; proofs: {}",
        names.join(", ")
    )
}

/// All of them, whatever the first ones say.
fn run(proofs: Vec<&Proof>) -> bool {
    proofs.into_iter().fold(true, |all, (name, run)| {
        println!("== {name}");
        let holds = run();
        println!("{name}: {}", if holds { "holds" } else { "FAILS" });
        all && holds
    })
}
