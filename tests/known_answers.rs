//! The known-answer file, against the CPU twin and every GPU.
//!
//! `WGPU_WEIGHTS_BLESS=1 cargo test --test known_answers cpu` writes it anew from the CPU twin: a
//! change of any digest is value-breaking (DESIGN.md).
mod common;

use common::Gpu;
use sha2::{Digest, Sha256};
use wgpu_weights::{
    Distribution, Dtype, Fill, Filler, cpu, gpu::FillerOptions, kernel::Multiply, wgpu,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/known_answers.txt");

struct Answer {
    line: String,
    fill: Fill,
    sha256: String,
    first: String,
}

/// `normal 0 1 F32 seed stream start count sha256 first-words`.
fn parse(line: &str) -> Answer {
    let mut fields = line.split_whitespace();
    let mut next = || fields.next().unwrap_or_else(|| panic!("{line}: a field is missing"));
    let kind = next();
    let mut number = || next().parse::<f64>().unwrap();
    let distribution = match kind {
        "bits" => Distribution::bits(),
        "constant" => Distribution::constant(number()).unwrap(),
        "uniform" => Distribution::uniform(number(), number()).unwrap(),
        "normal" => Distribution::normal(number(), number()).unwrap(),
        "truncated_normal" => {
            Distribution::truncated_normal(number(), number(), number(), number()).unwrap()
        }
        other => panic!("{other}"),
    };
    let dtype: Dtype = next().parse().unwrap();
    let mut integer = || next().parse::<u64>().unwrap();
    let (seed, stream, start, count) = (integer(), integer(), integer(), integer());
    let fill =
        Fill::new(distribution, 0).dtype(dtype).seed(seed).stream(stream).window(start, count);
    let line = line.split_whitespace().take_while(|field| field.len() < 64).collect::<Vec<_>>();
    Answer {
        line: line.join(" "),
        fill,
        sha256: fields.next().unwrap_or_default().into(),
        first: fields.next().unwrap_or_default().into(),
    }
}

fn answers() -> Vec<Answer> {
    let text = std::fs::read_to_string(FILE).expect("the known-answer file");
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(parse).collect()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
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
        // Every way to multiply that the device has.
        let int64 = gpu.device.features().contains(wgpu::Features::SHADER_INT64);
        let multiplies = [Multiply::Split, Multiply::U64, Multiply::High];
        for multiply in &multiplies[..if int64 { 3 } else { 1 }] {
            let options = FillerOptions { multiply: Some(*multiply), ..Default::default() };
            let filler = Filler::with_options(&gpu.device, options).unwrap();
            for answer in answers.iter().filter(|answer| answer.fill.count() < 1 << 24) {
                let who = format!("{} with {multiply:?}", gpu.name);
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
            let answer = parse(line);
            let mut bytes = vec![0; answer.fill.bytes().unwrap() as usize];
            cpu::fill(&answer.fill, &mut bytes).unwrap();
            blessed +=
                &format!("{} {} {}", answer.line, hex(Sha256::digest(&bytes)), hex(&bytes[..16]));
        }
        blessed += "\n";
    }
    std::fs::write(FILE, blessed).unwrap();
}
