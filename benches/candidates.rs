//! What was tried for the normal's kernel, and what each choice is worth on this device: the crate's
//! kernel and edits of it, in turns. `cargo run --release -p wgpu-weights-bench --example bench-candidates`
//! prints each one's speed as a multiple of the kernel's that the device gets, median of 31 turns.

mod device;
mod edits;
mod foreign;

use std::error::Error;

use device::Gpu;
use foreign::{Foreign, native};
use wgpu_weights::{Distribution, Fill, cpu, gpu::read_back_blocking, wgpu};

const TURNS: usize = 31;

fn main() -> Result<(), Box<dyn Error>> {
    let gpu = Gpu::open();
    println!("{}", gpu.name);
    let exponent = if gpu.kind == wgpu::DeviceType::DiscreteGpu { 28 } else { 24 };
    let fill = Fill::new(Distribution::normal(0.0, 0.02)?, [1 << exponent]).with_seed(42);
    let buffer = gpu.buffer(fill.bytes()?);
    // Enough to tell whether a candidate makes the contract's values.
    let mut expected = vec![0; 1 << 20];
    cpu::fill(&fill.clone().window(0, 1 << 18)?, &mut expected)?;
    let int64 = gpu.device.features().contains(wgpu::Features::SHADER_INT64);
    let mut running = Vec::new();
    let native = ("the driver's own functions (differs)".into(), native(gpu.filler.integers()));
    let edits =
        edits::edits(gpu.filler.integers(), int64).into_iter().map(|it| (it.name, it.source));
    for (name, source) in edits.chain([native]) {
        let foreign = Foreign::new(&gpu, source, &fill, &buffer);
        gpu.run(|encoder| foreign.record(encoder));
        let found = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..1 << 20))?;
        running.push((name, foreign, found == expected, Vec::new()));
    }
    for _ in 0..TURNS {
        for (_, foreign, _, times) in &mut running {
            times.push(gpu.time(1, |encoder| foreign.record(encoder)).as_secs_f64());
        }
    }
    let own = running[0].3.clone();
    println!("| candidate | speed | bits |\n|---|--:|---|");
    for (name, _, exact, times) in &running {
        let mut ratios: Vec<f64> = own.iter().zip(times).map(|(own, time)| own / time).collect();
        ratios.sort_by(f64::total_cmp);
        let bits = if *exact { "the contract's" } else { "other" };
        println!("| {name} | {:.2} | {bits} |", ratios[TURNS / 2]);
    }
    Ok(())
}
