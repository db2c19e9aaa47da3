//! Neighbouring rows of weight matrices: all of them together, which is the autocorrelation at the
//! row's length, and the worst pair.

use rayon::prelude::*;

use super::{outcome::Outcome, pair::pair, source::Sample};

/// Widths, vocabularies and fused projections of GPT-2, Llama, Mistral and Qwen.
const LENGTHS: [u64; 20] = [
    768, 1024, 1280, 1600, 2048, 2304, 3072, 4096, 5120, 6400, 8192, 11_008, 12_288, 13_824,
    14_336, 28_672, 32_000, 50_257, 128_256, 151_936,
];

/// Values that are drawn at once.
const WINDOW: u64 = 1 << 19;

pub(crate) fn outcomes(sample: &Sample<'_>) -> Vec<Outcome> {
    LENGTHS.iter().flat_map(|&length| of_length(sample, length)).collect()
}

fn of_length(sample: &Sample<'_>, length: u64) -> [Outcome; 2] {
    let (pairs, at_once) = (sample.n / length - 1, (WINDOW / length).max(1));
    let window = |at: u64| {
        let rows = at_once.min(pairs - at * at_once) + 1;
        let mut drawn = vec![0.0; (rows * length) as usize];
        sample.fill(at * at_once * length, &mut drawn);
        let values: Vec<f64> = drawn.iter().map(|&x| sample.law.standardised(x)).collect();
        let (mut sum, mut worst) = (0.0, 0f64);
        for two in values.windows(2 * length as usize).step_by(length as usize) {
            let (upper, lower) = two.split_at(length as usize);
            let pair = pair(upper, lower);
            sum += pair.dot;
            worst = worst.max(pair.deviate().abs());
        }
        (sum, worst)
    };
    let windows: Vec<(f64, f64)> =
        (0..pairs.div_ceil(at_once)).into_par_iter().map(window).collect();
    let sum: f64 = windows.iter().map(|(sum, _)| sum).sum();
    let worst = windows.iter().fold(0.0, |worst, &(_, it)| f64::max(worst, it));
    [
        Outcome::deviate("rows", format!("of {length}"), sum / ((pairs * length) as f64).sqrt()),
        Outcome::worst("rows", format!("of {length}: worst of {pairs} pairs"), worst, pairs),
    ]
}
