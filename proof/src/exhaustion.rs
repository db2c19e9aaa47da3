//! All 2^32 radius words and all 2^32 angle words of the normal, against f64.
//!
//! A value is `z = r·d` of two words that do not know of each other, so that a bound for every one
//! of the 2^64 pairs follows from the two enumerations:
//! with `ρ` the worst relative error of a radius and `δ` the error of a direction,
//! `|z - exact| <= r|d|(ρ + 2^-24) + rδ(1 + ρ)`, which over `max(1, |z|)` is largest
//! where `r = min(1/|d|, the largest radius)`. Moments of z are products of moments of r and d.

use rayon::prelude::*;
use wgpu_weights::cpu::box_muller::{direction, radius};

const BOUND: f64 = 1.0 / (1u64 << 20) as f64;
/// √(66 ln 2): the radius of word 0.
const LARGEST: f64 = 6.763_8;
const STEP: u64 = 1 << 20;

/// The worst of an enumeration and its sums of powers 1 to 8.
#[derive(Clone, Copy)]
struct Sweep {
    worst: f64,
    word: u32,
    powers: [f64; 8],
}

impl Sweep {
    const EMPTY: Self = Self { worst: 0.0, word: 0, powers: [0.0; 8] };

    fn add(&mut self, error: f64, word: u32, value: f64) {
        if error > self.worst {
            (self.worst, self.word) = (error, word);
        }
        let mut power = 1.0;
        for sum in &mut self.powers {
            power *= value;
            *sum += power;
        }
    }

    fn merge(mut self, other: Self) -> Self {
        if other.worst > self.worst {
            (self.worst, self.word) = (other.worst, other.word);
        }
        for (sum, more) in self.powers.iter_mut().zip(other.powers) {
            *sum += more;
        }
        self
    }

    /// Moments about 0.
    fn moments(&self) -> [f64; 8] {
        self.powers.map(|sum| sum / 2f64.powi(32))
    }
}

/// Every word, in pieces whose sums are merged in order: the same result at every run.
fn sweep(of: impl Fn(u32) -> (f64, f64) + Sync) -> Sweep {
    let pieces: Vec<Sweep> = (0..(1u64 << 32) / STEP)
        .into_par_iter()
        .map(|piece| {
            let mut sweep = Sweep::EMPTY;
            for word in piece * STEP..(piece + 1) * STEP {
                let (error, value) = of(word as u32);
                sweep.add(error, word as u32, value);
            }
            sweep
        })
        .collect();
    pieces.into_iter().fold(Sweep::EMPTY, Sweep::merge)
}

/// √(-2 ln u) in f64; near 1 from the distance to it, which is exact.
fn exact_radius(word: u32) -> f64 {
    let scale = 2f64.powi(-32);
    let log = if word < 1 << 31 {
        ((f64::from(word) + 0.5) * scale).ln()
    } else {
        (-(f64::from(!word) + 0.5) * scale).ln_1p()
    };
    (-2.0 * log).sqrt()
}

/// (cos, sin)(2πv) in f64, the angle reduced to the nearest quarter turn in integers.
fn exact_direction(word: u32) -> [f64; 2] {
    let quarter = word.wrapping_add(1 << 29) >> 30;
    let rest = (f64::from((word << 2) as i32) + 2.0) * 2f64.powi(-34);
    let (s, c) = (rest * std::f64::consts::TAU).sin_cos();
    [[c, s], [-s, c], [-c, -s], [s, -c]][quarter as usize]
}

pub(crate) fn run() -> bool {
    // 4r and d/4 are what the twin keeps.
    let radii = sweep(|word| {
        let (exact, found) = (exact_radius(word), f64::from(radius(word)) / 4.0);
        ((found - exact).abs() / exact, found)
    });
    println!(
        "radius: worst relative error {:.3e} = 2^{:.2}, word {:#010x}",
        radii.worst,
        radii.worst.log2(),
        radii.word
    );
    let rho = radii.worst + 2f64.powi(-24);
    let mut holds = true;
    let mut moments = Vec::new();
    for (axis, name) in ["cosine", "sine"].into_iter().enumerate() {
        let directions = sweep(|word| {
            let exact = exact_direction(word)[axis];
            let found = f64::from(direction(word)[axis]) * 4.0;
            let error = (found - exact).abs() * (1.0 + rho);
            let r = LARGEST.min(1.0 / exact.abs());
            (r * exact.abs() * rho + r * error, found)
        });
        println!(
            "{name}: no pair of words is further than {:.3e} = 2^{:.2} of max(1, |z|) from the exact \
             value, worst angle word {:#010x}",
            directions.worst,
            directions.worst.log2(),
            directions.word
        );
        holds &= directions.worst <= BOUND;
        moments.push(directions.moments());
    }
    let r = radii.moments();
    for (moments, name) in moments.iter().zip(["z0", "z1"]) {
        let m: Vec<f64> = r.iter().zip(moments).map(|(r, d)| r * d).collect();
        let variance = m[1] - m[0] * m[0];
        println!(
            "{name}: mean {:.3e}, variance 1 {:+.3e}, skewness {:.3e}, kurtosis 3 {:+.3e}",
            m[0],
            variance - 1.0,
            m[2] / variance.powf(1.5),
            m[3] / (variance * variance) - 3.0
        );
        holds &= m[0].abs() < 1e-7 && (variance - 1.0).abs() < 1e-6;
    }
    holds
}
