//! Whether weights are independent: a matrix of a burn `Linear` by burn's own generator, and by a fill of its memory.
//!
//! `cargo bench --manifest-path burn/Cargo.toml --bench spectrum`. Of a square matrix of independent entries of
//! variance 1/n the largest singular value is near 2: squared, centred and scaled as by Johnstone (2001), it follows
//! Tracy and Widom's law. Beside it, correlations of values at distances up to 64 in memory, in standard deviations.
//! Each test rejects a perfect matrix with probability 1e-6. Ends with status 1 unless ours pass and a planted defect fails.

use std::{error::Error, process::ExitCode};

use burn::{
    nn::{Initializer, LinearConfig},
    tensor::Device,
};
use wgpu_weights_burn::{Gpu, Parameter, wgpu_weights::Distribution};

const N: usize = 2048;
/// Quantiles of Tracy and Widom's law for real matrices, at 5e-7 and 1 - 5e-7, as in `proof/spectrum.py`.
const LARGEST: (f64, f64) = (-6.301, 6.519);
const LAGS: usize = 64;
/// What the largest of 64 standard normals exceeds with probability 1e-6.
const LAG: f64 = 5.66;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    let gpu = Gpu::new(&setup)?;
    let std = 1.0 / (N as f64).sqrt();
    let initializer = Initializer::Normal { mean: 0.0, std };
    let linear = || {
        LinearConfig::new(N, N).with_bias(false).with_initializer(initializer.clone()).init(&device)
    };
    let mut holds = true;
    for seed in [1, 42, 1234] {
        device.seed(seed);
        let weight = linear().weight.val().into_data().try_to_vec::<f32>()?;
        passes(&format!("burn, seed {seed}"), &weight);
    }
    for seed in [1, 42, 1234] {
        let rule = |_: &Parameter<'_>| Distribution::normal(0.0, std);
        let weight = gpu.init(linear(), seed, rule)?.weight.val().into_data();
        let mut weight = weight.try_to_vec::<f32>()?;
        holds &= passes(&format!("wgpu-weights, seed {seed}"), &weight);
        // A tenth of a standard deviation of what stands five places before.
        for at in 5..weight.len() {
            weight[at] += 0.1 * weight[at - 5];
        }
        holds &= !passes(&format!("planted defect, seed {seed}"), &weight);
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn passes(name: &str, weight: &[f32]) -> bool {
    let singular = largest_singular_value(weight);
    let n = N as f64;
    let root = (n - 1.0).sqrt() + n.sqrt();
    let scale = root * (1.0 / (n - 1.0).sqrt() + 1.0 / n.sqrt()).cbrt();
    let largest = (n * singular * singular - root * root) / scale;
    let (lag, correlation) = worst_lag(weight);
    let passes = LARGEST.0 <= largest && largest <= LARGEST.1 && correlation <= LAG;
    println!(
        "{name:<28} largest singular value {singular:.4}, as Tracy and Widom {largest:8.2} ({} to {}); lag {lag:2} \
         {correlation:6.2} deviations (up to {LAG}): {}",
        LARGEST.0,
        LARGEST.1,
        if passes { "pass" } else { "FAIL" }
    );
    passes
}

/// By the power method on the matrix times its transpose.
fn largest_singular_value(weight: &[f32]) -> f64 {
    let mut vector = vec![1.0 / (N as f64).sqrt(); N];
    let mut largest = 0.0;
    for _ in 0..600 {
        let mut image = vec![0.0; N];
        for (row, image) in weight.chunks_exact(N).zip(&mut image) {
            *image = row.iter().zip(&vector).map(|(&a, b)| f64::from(a) * b).sum();
        }
        let mut back = vec![0.0; N];
        for (row, &image) in weight.chunks_exact(N).zip(&image) {
            for (back, &a) in back.iter_mut().zip(row) {
                *back += f64::from(a) * image;
            }
        }
        let length = back.iter().map(|it| it * it).sum::<f64>().sqrt();
        largest = image.iter().map(|it| it * it).sum::<f64>().sqrt();
        vector = back.iter().map(|it| it / length).collect();
    }
    largest
}

/// The distance at which values are correlated most, and by how many standard deviations.
fn worst_lag(weight: &[f32]) -> (usize, f64) {
    let count = weight.len() as f64;
    let variance = weight.iter().map(|&it| f64::from(it).powi(2)).sum::<f64>() / count;
    let correlation = |lag: usize| {
        let products =
            weight.iter().zip(&weight[lag..]).map(|(&a, &b)| f64::from(a) * f64::from(b));
        (products.sum::<f64>() / variance / (count - lag as f64).sqrt()).abs()
    };
    let all = (1..=LAGS).map(|lag| (lag, correlation(lag)));
    all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
}
