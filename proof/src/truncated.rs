//! All 2^32 words of truncated normals, against the quantile function in f64.
//!
//! The inverse needs no inversion: where the twin says `z` and the tail that the word stands for is
//! `q`, `z` is off by `(Q(z) - q) / density(z)`, to first order; errors are so small that the
//! second cannot be seen. `Q` is libm's, not the one that the library computes its parameters with.

use libm::erfc;
use rayon::prelude::*;
use wgpu_weights::{
    Distribution, Fill, Params,
    cpu::truncated_normal::quantile,
    plan::{Limits, plan},
};

/// The contract's, up to 5 deviations.
const BOUND: f64 = 1.0 / (1u64 << 18) as f64;
/// Beyond, where the contract has none: what the fit was made for, up to where a truncation may begin.
const BEYOND: f64 = 1.0 / (1u64 << 15) as f64;
const STEP: u64 = 1 << 20;
/// Of [low, high] in standard deviations, and how many words are left out between two.
const INTERVALS: [(f64, f64, usize); 7] = [
    (-2.0, 2.0, 1),
    (-6.0, 6.0, 1),
    (-1.0, 4.5, 61),
    (0.25, 5.0, 61),
    (-5.0, -3.0, 61),
    (9.0, 9.5, 61),
    (12.0, 38.0, 61),
];

fn upper_tail(x: f64) -> f64 {
    0.5 * erfc(x * std::f64::consts::FRAC_1_SQRT_2)
}

fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

/// The worst error over max(1, |z|) within 5 deviations and beyond, its word, and the sums of z and z².
#[derive(Clone, Copy, Default)]
struct Sweep {
    inside: (f64, u32),
    beyond: (f64, u32),
    sums: [f64; 2],
    words: u64,
}

impl Sweep {
    fn merge(mut self, other: Self) -> Self {
        let worse = |a: (f64, u32), b: (f64, u32)| if b.0 > a.0 { b } else { a };
        self.inside = worse(self.inside, other.inside);
        self.beyond = worse(self.beyond, other.beyond);
        self.sums = [self.sums[0] + other.sums[0], self.sums[1] + other.sums[1]];
        self.words += other.words;
        self
    }
}

fn sweep(params: &Params, low: f64, high: f64, step: usize) -> Sweep {
    let (below, above) = (upper_tail(-low), upper_tail(high));
    let width = if low > 0.0 { upper_tail(low) - above } else { upper_tail(-high) - below };
    let piece = |piece: u64| {
        let mut found = Sweep::default();
        for word in (piece * STEP..(piece + 1) * STEP).step_by(step) {
            let word = word as u32;
            let z = f64::from(quantile(word, params));
            // From the nearer tail, where the numbers are small.
            let n = if z > 0.0 { !word } else { word };
            let u = (f64::from(n) + 0.5) * 0.5f64.powi(32);
            let q = if z > 0.0 { above } else { below } + width * u;
            let error = (upper_tail(z.abs()) - q).abs() / density(z) / z.abs().max(1.0);
            let worst = if z.abs() <= 5.0 { &mut found.inside } else { &mut found.beyond };
            if error > worst.0 {
                *worst = (error, word);
            }
            found.sums[0] += z;
            found.sums[1] += z * z;
            found.words += 1;
        }
        found
    };
    let pieces: Vec<Sweep> = (0..(1 << 32) / STEP).into_par_iter().map(piece).collect();
    pieces.into_iter().fold(Sweep::default(), Sweep::merge)
}

/// Mean and variance of a standard normal on condition that it lies in [low, high].
fn moments(low: f64, high: f64) -> (f64, f64) {
    let mass = if low > 0.0 {
        upper_tail(low) - upper_tail(high)
    } else {
        upper_tail(-high) - upper_tail(-low)
    };
    let mean = (density(low) - density(high)) / mass;
    (mean, 1.0 + (low * density(low) - high * density(high)) / mass - mean * mean)
}

pub(crate) fn run() -> bool {
    let limits = Limits { max_binding: 1 << 27, alignment: 256, max_workgroups: 65_535 };
    INTERVALS.into_iter().fold(true, |holds, (low, high, step)| {
        let distribution = Distribution::truncated_normal(0.0, 1.0, low, high);
        let params = distribution.ok().and_then(|distribution| {
            plan(&Fill::new(distribution, [1]), 0, limits).ok()?.next().map(|first| first.params)
        });
        let Some(params) = params else { return false };
        let Sweep { inside, beyond, sums, words } = sweep(&params, low, high, step);
        let mean = sums[0] / words as f64;
        let variance = sums[1] / words as f64 - mean * mean;
        let exact = moments(low, high);
        println!(
            "[{low}, {high}], {words} words: worst error within 5 deviations 2^{:.2} of max(1, |z|), \
             word {:#010x}; beyond 2^{:.2}; mean {mean:.6} ({:+.1e}), variance {variance:.6} ({:+.1e})",
            inside.0.log2(),
            inside.1,
            beyond.0.log2(),
            mean - exact.0,
            variance - exact.1
        );
        // Over all words of an interval around the middle errors cancel; further out neighbours share them.
        let shared = if step == 1 { 1e-6 } else { BEYOND * low.abs().max(high.abs()) };
        let moments = (mean - exact.0).abs().max((variance - exact.1).abs()) < shared;
        // Each interval has words of one kind at least.
        let met = inside.0 > 0.0 || beyond.0 > 0.0;
        holds && met && moments && inside.0 <= BOUND && beyond.0 <= BEYOND
    })
}
