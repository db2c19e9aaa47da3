//! All 2^24 values of uniforms, against f64.
//!
//! A value is two roundings from the exact `u·(high - low) + low`: the worst distance is printed in
//! units of the last place of the interval's largest number, and mean and variance of the
//! enumeration beside those of the continuous distribution.

use wgpu_weights::{
    Distribution, Fill,
    cpu::uniform,
    plan::{Limits, plan},
};

/// The last one's span rounds to the worst.
const INTERVALS: [(f64, f64); 7] = [
    (0.0, 1.0),
    (-0.1, 0.1),
    (-0.3, 0.7),
    (1.0, 1.001),
    (-1e6, -3.0),
    (0.0, 3e38),
    (-0.1, 0.100_000_01),
];

/// As the contract has it; Rust rounds each operation once.
fn contract(word: u32, low: f32, high: f32) -> f32 {
    let value = (word & 0xff_ffff) as f32 * 0.5f32.powi(24) * (high - low) + low;
    if value >= high { high.next_down() } else { value }
}

/// None where the interval is none.
fn interval(low64: f64, high64: f64) -> Option<bool> {
    let (low, high) = (low64 as f32, high64 as f32);
    let fill = Fill::new(Distribution::uniform(low64, high64).ok()?, [1]);
    let limits = Limits { max_binding: 1 << 27, alignment: 256, max_workgroups: 65_535 };
    let params = plan(&fill, 0, limits).ok()?.next()?.params;

    let unit =
        f64::from(low.abs().max(high.abs()).next_up()) - f64::from(low.abs().max(high.abs()));
    let (low64, span) = (f64::from(low), f64::from(high) - f64::from(low));
    let (mut worst, mut sums, mut inside, mut as_written) = ((0.0, 0), [0.0; 2], true, true);
    for word in 0..1u32 << 24 {
        let value = uniform::value(word, &params);
        // The upper bits do not count.
        as_written &= uniform::value(!word << 24 | word, &params) == contract(word, low, high);
        inside &= (low..high).contains(&value);
        let exact = f64::from(word) * 0.5f64.powi(24) * span + low64;
        let error = (f64::from(value) - exact).abs() / unit;
        if error > worst.0 {
            worst = (error, word);
        }
        let part = (f64::from(value) - low64) / span;
        sums = [sums[0] + part, sums[1] + part * part];
    }
    let [mean, square] = sums.map(|sum| sum * 0.5f64.powi(24));
    println!(
        "[{low}, {high}): worst error {:.2} units, word {:#08x}; of (x - low) / (high - low): mean 1/2 \
         {:+.2e}, variance 1/12 {:+.2e}; within: {inside}; as the contract writes it: {as_written}",
        worst.0,
        worst.1,
        mean - 0.5,
        square - mean * mean - 1.0 / 12.0
    );
    // Half a unit each for the span, the product and the sum, and what is taken from `high`.
    Some(inside && as_written && worst.0 <= 2.0)
}

pub(crate) fn run() -> bool {
    INTERVALS
        .into_iter()
        .fold(true, |holds, (low, high)| interval(low, high) == Some(true) && holds)
}
