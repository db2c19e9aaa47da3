//! Whether a device makes the contract's bits.

use std::time::Instant;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wgpu_weights::{
    Fill,
    gpu::{Difference, read_back_blocking, verify_blocking},
    kernel::Integers,
};

use crate::{
    answers::{Answer, hex},
    device::{Error, Gpu},
};

/// What was asked of a device, and what was wrong.
pub(crate) struct Bits {
    /// What its kernels are made of.
    integers: Integers,
    windows: usize,
    values: u64,
    /// Where it differs from the CPU twin.
    differences: Vec<String>,
    /// Known answers that there was time for, and all.
    pub(crate) asked: usize,
    pub(crate) of: usize,
    /// Those among them that differ.
    wrong: Vec<String>,
}

impl Bits {
    /// Holds the device against the CPU twin, then against the known answers while there is time.
    pub(crate) fn check(gpu: &Gpu, answers: &[Answer], until: Instant) -> Result<Self, Error> {
        let report = verify_blocking(&gpu.device, &gpu.queue)?;
        let mut bits = Self {
            integers: gpu.filler.integers(),
            windows: report.windows,
            values: report.values,
            differences: report.differences.iter().map(text).collect(),
            asked: 0,
            of: answers.len(),
            wrong: Vec::new(),
        };
        if report.values == 0 {
            bits.differences.push("no value was compared".into());
        }
        let sizes = answers.iter().map(|answer| answer.fill.bytes());
        let largest = sizes.collect::<Result<Vec<_>, _>>()?.into_iter().max();
        let buffer =
            gpu.try_buffer(largest.ok_or("no known answer is asked")?.next_multiple_of(4))?;
        for answer in answers {
            // One at least: nothing asked is nothing known.
            if bits.asked > 0 && Instant::now() > until {
                break;
            }
            let slice = buffer.slice(..answer.fill.bytes()?);
            gpu.lap(|encoder| Ok(gpu.filler.fill(encoder, slice, &answer.fill)?))?;
            let found = hex(Sha256::digest(read_back_blocking(&gpu.device, &gpu.queue, slice)?));
            bits.asked += 1;
            if found != answer.sha256 {
                bits.wrong.push(format!("{}: {found} and not {}", answer.line, answer.sha256));
            }
            if bits.asked.is_multiple_of(50) {
                eprintln!("  {} of {} known answers", bits.asked, bits.of);
            }
        }
        Ok(bits)
    }

    pub(crate) fn exact(&self) -> bool {
        self.differences.is_empty() && self.wrong.is_empty()
    }

    /// Everything that differs.
    pub(crate) fn wrong(&self) -> impl Iterator<Item = &String> {
        self.differences.iter().chain(&self.wrong)
    }

    pub(crate) fn summary(&self) -> String {
        format!(
            "kernels of {:?}: {} values verified in {} windows, {} windows differ; known answers: {} of {} \
             right, of {}",
            self.integers,
            self.values,
            self.windows,
            self.differences.len(),
            self.asked - self.wrong.len(),
            self.asked,
            self.of,
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "integers": format!("{:?}", self.integers),
            "verify": {
                "windows": self.windows,
                "values": self.values,
                "differences": self.differences,
            },
            "known_answers": {
                "of": self.of,
                "asked": self.asked,
                "right": self.asked - self.wrong.len(),
                "wrong": self.wrong,
            },
            "exact": self.exact(),
        })
    }
}

fn text(difference: &Difference) -> String {
    let Difference { fill, index, expected, found, count } = difference;
    format!(
        "{}: {count} of {} values differ, first that of index {index}: {found:#010x} and not {expected:#010x}",
        name(fill),
        fill.count()
    )
}

fn name(fill: &Fill) -> String {
    format!("{:?} {}", fill.distribution().kind(), fill.dtype())
}
