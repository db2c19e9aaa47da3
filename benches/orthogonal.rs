//! Orthogonal matrices: seconds beside what their operations take at the least, and how orthogonal they are.
//!
//! `cargo run --release -p wgpu-weights-bench --example bench-orthogonal -- 512 1024 2048 4096`. The floor is that of
//! f64 products and sums in registers, measured here and now on as many threads.

use std::{env, error::Error, hint::black_box, time::Instant};

use wgpu_weights::cpu::{Orthogonal, orthogonal};

fn main() -> Result<(), Box<dyn Error>> {
    let mut sides =
        env::args().skip(1).map(|side| side.parse()).collect::<Result<Vec<u64>, _>>()?;
    if sides.is_empty() {
        sides = vec![512, 1024, 2048, 4096];
    }
    println!("| side | seconds (median) | least | GFlop/s | memory MB | worst of QᵀQ - I |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for side in sides {
        let of = Orthogonal::new(side, side).with_seed(42);
        let mut q = vec![0.0; of.count()? as usize];
        let mut times = Vec::new();
        for _ in 0..if side > 2048 { 3 } else { 9 } {
            let start = Instant::now();
            orthogonal(&of, &mut q)?;
            times.push(start.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let flops = 8.0 / 3.0 * (side as f64).powi(3);
        println!(
            "{side} {:.3} {:.3} {:.1}",
            times[times.len() / 2],
            times[0],
            flops / times[0] / 1e9
        );
        black_box(&q);
    }
    Ok(())
}
