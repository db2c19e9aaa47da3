//! What was tried for the normal's kernel, and what each choice is worth on this device: the crate's
//! kernel and edits of it, in turns. `cargo run --release -p wgpu-weights-bench --example bench-candidates`
//! prints each one's speed as a multiple of the kernel's that the device gets, median of 31 turns.

mod device;
mod foreign;

use std::error::Error;

use device::Gpu;
use foreign::{Foreign, native};
use wgpu_weights::{
    Distribution, Dtype, Fill, cpu,
    gpu::read_back_blocking,
    kernel::{Draw, Integers, Kernel, Store},
    wgpu,
};

const TURNS: usize = 31;

fn kernel(integers: Integers) -> String {
    Kernel { draw: Draw::Normal, dtype: Dtype::F32, store: Store::Aligned, integers }.wgsl()
}

/// The source with `from` replaced, which must be there.
fn edited(source: &str, from: &str, to: &str) -> String {
    assert!(source.contains(from), "no kernel says {from}");
    source.replace(from, to)
}

/// Other numbers of lanes for the same tile, each making as many elements more or fewer.
fn lanes(source: &str, lanes: u32) -> String {
    let (head, _) = source.split_once("// Four blocks an invocation").expect("the entry point");
    let (_, pack) = source.split_once("// One element a word").expect("the packing");
    let per_store = if source.contains("array<vec4<u64>>") { 2 } else { 1 };
    let stores = (0..1024 / lanes / per_store)
        .map(|store| format!("    store_blocks(first + {}u);\n", store * lanes))
        .collect::<String>();
    format!(
        "{head}@compute @workgroup_size({lanes})\n\
         fn fill(@builtin(workgroup_id) tile: vec3<u32>, @builtin(local_invocation_index) lane: u32) {{\n\
         let first = tile.x * {}u + lane;\n{stores}}}\n// One element a word{pack}",
        1024 / per_store
    )
}

/// Names and sources; the first is what the filler uses.
fn candidates(gpu: &Gpu) -> Vec<(String, String)> {
    let own = kernel(gpu.filler.integers());
    let mut all = vec![("as it is".to_owned(), own.clone())];
    let int64 = gpu.device.features().contains(wgpu::Features::SHADER_INT64);
    for integers in &Integers::ALL[..if int64 { 3 } else { 1 }] {
        all.push((format!("integers: {integers:?}"), kernel(*integers)));
    }
    if gpu.filler.integers() == Integers::Lanes {
        let (_, wide) = include_str!("../shaders/store_32.wgsl").split_once('\n').expect("lines");
        let narrow = include_str!("../shaders/store_16.wgsl");
        all.push(("lanes, stores of 16 bytes".into(), edited(&own, wide, narrow)));
    }
    for count in [64, 128] {
        let name = format!("{} elements an invocation, {count} invocations", 4096 / count);
        all.push((name, lanes(&own, count)));
    }
    let fence = "return bitcast<f32>(bitcast<u32>(x) ^ params.zero);";
    all.push(("no fence (may differ)".into(), edited(&own, fence, "return x;")));
    let store = "fn store_blocks(index: u32) {\n";
    let guard = format!("{store}    if index >= params.granules {{\n        return;\n    }}\n");
    all.push(("every store guarded".into(), edited(&own, store, &guard)));
    if int64 {
        let (head, rest) = own.split_once("// What both normals are made of").expect("the normal");
        let (_, tail) = rest.split_once("fn draw(").expect("the draw");
        let fixed = include_str!("fixed_point.wgsl");
        let fixed = format!("{head}{fixed}\nfn draw({tail}");
        all.push(("fixed point, as many products (a stand-in)".into(), fixed));
    }
    all.push(("the driver's own functions (differs)".into(), native(gpu.filler.integers())));
    all
}

fn main() -> Result<(), Box<dyn Error>> {
    let gpu = Gpu::open();
    println!("{}", gpu.name);
    let exponent = if gpu.kind == wgpu::DeviceType::DiscreteGpu { 28 } else { 24 };
    let fill = Fill::new(Distribution::normal(0.0, 0.02)?, 1 << exponent).seed(42);
    let buffer = gpu.buffer(fill.bytes()?);
    // Enough to tell whether a candidate makes the contract's values.
    let mut expected = vec![0; 1 << 20];
    cpu::fill(&fill.part(0, 1 << 18)?, &mut expected)?;
    let mut running = Vec::new();
    for (name, source) in candidates(&gpu) {
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
