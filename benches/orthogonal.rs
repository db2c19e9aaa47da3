//! Orthogonal matrices: seconds, beside the floor that their operations have on this machine, and torch's.
//!
//! `cargo run --release -p wgpu-weights-bench --example bench-orthogonal -- 512 1024 2048 4096`. The floor is that of
//! products and sums of f64 in registers, measured before each row while all threads make them, and like "processor"
//! in seconds of all processors together: on a machine that others use too they say more than seconds.

use std::{env, error::Error, hint::black_box, process::Command, time::Instant};

use rayon::prelude::*;
use wgpu_weights::cpu::{Orthogonal, orthogonal};

/// Vectors that fill the registers and hide what an operation waits for.
const VECTORS: usize = 7;
const STEPS: usize = 60_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut sides =
        env::args().skip(1).map(|side| side.parse()).collect::<Result<Vec<u64>, _>>()?;
    if sides.is_empty() {
        sides = vec![512, 1024, 2048, 4096];
    }
    let threads = rayon::current_num_threads();
    println!("{threads} threads. Seconds: the median, and the least, of nine (five above 2048).\n");
    println!(
        "| side | seconds | least | processor | Gop/s a processor second | floor | torch | largest of QᵀQ - I |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    for side in sides {
        let operations = 8.0 / 3.0 * (side as f64).powi(3);
        let floor = operations / rate(threads);
        let of = Orthogonal::new(side, side).with_seed(42);
        let mut q = vec![0.0; of.count()? as usize];
        orthogonal(&of, &mut q)?;
        let runs = if side > 2048 { 5 } else { 9 };
        let (mut times, before) = (Vec::new(), processor_seconds());
        for _ in 0..runs {
            let start = Instant::now();
            orthogonal(&of, &mut q)?;
            times.push(start.elapsed().as_secs_f64());
        }
        let spent = before.zip(processor_seconds()).map(|(a, b)| (b - a) / f64::from(runs));
        times.sort_by(f64::total_cmp);
        let or_none = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.3}"));
        println!(
            "| {side} | {:.3} | {:.3} | {} | {} | {floor:.3} | {} | {:.1e} |",
            times[times.len() / 2],
            times[0],
            or_none(spent),
            or_none(spent.map(|spent| operations / spent / 1e9)),
            or_none(torch(side, threads)),
            worst(&q, side as usize),
        );
    }
    Ok(())
}

/// Operations of f64 that a thread makes in a processor second, from registers, while all threads do.
fn rate(threads: usize) -> f64 {
    let (start, before) = (Instant::now(), processor_seconds());
    (0..threads).into_par_iter().for_each(|_| {
        black_box(products_and_sums(black_box(0.999), black_box(0.001)));
    });
    let wall = start.elapsed().as_secs_f64() * threads as f64;
    let spent = before.zip(processor_seconds()).map_or(wall, |(a, b)| b - a);
    (threads * STEPS * VECTORS * 8 * 2) as f64 / spent
}

#[multiversion::multiversion(targets("x86_64+avx512f", "x86_64+avx2", "aarch64+neon"))]
fn products_and_sums(factor: f64, addend: f64) -> [[f64; 8]; VECTORS] {
    let mut values = [[1.0; 8]; VECTORS];
    for _ in 0..STEPS {
        for value in values.as_flattened_mut() {
            *value = *value * factor + addend;
        }
    }
    values
}

/// Of the process and all its threads, where Linux says so.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name come the state and, as the twelfth and the thirteenth, hundredths of seconds.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / 100.0)
}

/// The largest of some columns' products with all columns.
fn worst(q: &[f32], side: usize) -> f64 {
    let columns = (0..side).step_by(side.div_ceil(64)).collect::<Vec<_>>();
    let worst = columns.into_par_iter().map(|a| {
        let mut products = vec![0.0; side];
        products[a] = -1.0;
        for row in q.chunks_exact(side) {
            for (product, value) in products.iter_mut().zip(row) {
                *product += f64::from(row[a]) * f64::from(*value);
            }
        }
        products.iter().fold(0.0f64, |worst, product| worst.max(product.abs()))
    });
    worst.reduce(|| 0.0, f64::max)
}

/// Seconds of torch's, where it is installed.
fn torch(side: u64, threads: usize) -> Option<f64> {
    let program = format!(
        "import time, torch\ntorch.set_num_threads({threads})\nw = torch.empty({side}, {side})\nt = []\n\
         for _ in range(6):\n s = time.perf_counter(); torch.nn.init.orthogonal_(w); t.append(time.perf_counter() - s)\n\
         print(sorted(t[1:])[2])"
    );
    let output = Command::new("python3").args(["-c", &program]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
