//! The known-answer file, against the CPU twin and every GPU.
//!
//! `WGPU_WEIGHTS_BLESS=1 cargo test --test known_answers cpu` writes it anew from the CPU twin: a
//! change of any digest is value-breaking (DESIGN.md).
#[path = "common/answers.rs"]
mod answers;
mod common;

use answers::{Answer, hex, parse};
use common::Gpu;
use sha2::{Digest, Sha256};
use wgpu_weights::{Filler, cpu, wgpu};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/known_answers.txt");

fn answers() -> Vec<Answer> {
    answers::all(&std::fs::read_to_string(FILE).expect("the known-answer file"))
}

fn check(answer: &Answer, bytes: &[u8], who: &str) {
    assert_eq!(hex(&bytes[..16]), answer.first, "{who}: first values of {}", answer.line);
    assert_eq!(hex(Sha256::digest(bytes)), answer.sha256, "{who}: {}", answer.line);
}

#[test]
fn cpu_twin() {
    if std::env::var_os("WGPU_WEIGHTS_BLESS").is_some() {
        bless();
    }
    let answers = answers();
    assert!(answers.len() >= 72);
    let mut bytes = Vec::new();
    for answer in &answers {
        bytes.resize(answer.fill.bytes().unwrap() as usize, 0);
        cpu::fill(&answer.fill, &mut bytes).unwrap();
        check(answer, &bytes, "CPU twin");
    }
}

#[test]
fn every_gpu() {
    let answers = answers();
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        let filler = Filler::new(&gpu.device).unwrap();
        for answer in &answers {
            check(answer, &gpu.fill(&filler, &answer.fill), &gpu.name);
        }
        for filler in gpu.fillers() {
            let who = format!("{} with {:?}", gpu.name, filler.integers());
            for answer in answers.iter().filter(|answer| answer.fill.count() < 1 << 24) {
                check(answer, &gpu.fill(&filler, &answer.fill), &who);
            }
        }
    }
}

/// Digests anew for the lines of the file, whatever they were.
fn bless() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let mut blessed = String::new();
    for line in text.lines() {
        if line.starts_with('#') || line.is_empty() {
            blessed += line;
        } else {
            let answer = parse(line).unwrap();
            let mut bytes = vec![0; answer.fill.bytes().unwrap() as usize];
            cpu::fill(&answer.fill, &mut bytes).unwrap();
            blessed +=
                &format!("{} {} {}", answer.line, hex(Sha256::digest(&bytes)), hex(&bytes[..16]));
        }
        blessed += "\n";
    }
    std::fs::write(FILE, blessed).unwrap();
}
