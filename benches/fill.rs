//! Fills on the GPU and the CPU against what people do today: distribution x dtype x size x contender.
//!
//! `cargo bench -p wgpu-weights-bench`; add `-- normal/f32/67108864` for one group, `-- --quick` for a short
//! run. `benches/run` measures everything and makes the README's table of the results.
#![allow(missing_docs, reason = "criterion's macros")]

mod device;
mod foreign;

use std::time::Duration;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use device::Gpu;
use foreign::{Foreign, native};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use rand_distr::{Distribution as _, StandardNormal};
use wgpu_weights::{Distribution, Dtype, Fill, cpu, gpu::read_back_blocking, wgpu};

/// Numbers of elements, as powers of two.
const EXPONENTS: [u32; 4] = [16, 20, 24, 26];
/// The one at which everything is measured.
const ALL: u32 = 24;
/// The sides of a matrix of so many elements, stored the other way.
const SIDES: [u64; 2] = [1 << (ALL / 2); 2];
/// 1 GiB of f32, where a GPU has memory of its own: smaller buffers flatter its cache.
const BIG: u32 = 28;

fn fills(criterion: &mut Criterion) {
    let gpu = Gpu::open();
    gpu.introduce();
    let big = (gpu.kind == wgpu::DeviceType::DiscreteGpu).then_some(BIG);
    let normal = Distribution::normal(0.0, 0.02).expect("in range");
    let uniform = Distribution::uniform(-0.1, 0.1).expect("in range");
    for (name, distribution) in [("uniform", uniform), ("normal", normal)] {
        for exponent in EXPONENTS.into_iter().chain(big) {
            for &dtype in Dtype::FLOATS {
                // The smaller dtypes at one size, and where memory is what counts.
                if dtype == Dtype::F32 || exponent == ALL || Some(exponent) == big {
                    let fill =
                        Fill::new(distribution, [1 << exponent]).with_seed(42).with_dtype(dtype);
                    group(criterion, &gpu, name, dtype, fill);
                }
            }
        }
    }
    let truncated = Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04).expect("in range");
    let constant = Distribution::constant(0.0).expect("in range");
    for exponent in [Some(ALL), big].into_iter().flatten() {
        let bits = Distribution::bits();
        for (name, distribution) in
            [("truncated", truncated), ("constant", constant), ("bits", bits)]
        {
            let fill = Fill::new(distribution, [1 << exponent]).with_seed(42);
            group(criterion, &gpu, name, fill.dtype(), fill);
        }
    }
}

fn group(criterion: &mut Criterion, gpu: &Gpu, name: &str, dtype: Dtype, fill: Fill) {
    let count = fill.count();
    let label = format!("{name}/{}/{count}", dtype.name().to_lowercase());
    let mut group = criterion.benchmark_group(label);
    group.throughput(Throughput::Elements(count));
    on_gpu(&mut group, gpu, name, dtype, &fill);
    // Host memory of this size is no bench of a generator any more.
    if count <= 1 << 26 {
        on_cpu(&mut group, name, dtype, &fill);
    }
    group.finish();
}

fn on_gpu(
    group: &mut BenchmarkGroup<'_, WallTime>,
    gpu: &Gpu,
    name: &str,
    dtype: Dtype,
    fill: &Fill,
) {
    let bytes = fill.bytes().expect("a size");
    let buffer = gpu.buffer(bytes);
    group.bench_function("gpu", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.time(repeats, |encoder| {
                gpu.filler.fill(encoder, buffer.slice(..), fill).expect("a fill");
            })
        });
    });
    group.bench_function("clear_buffer", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.time(repeats, |encoder| encoder.clear_buffer(&buffer, 0, None))
        });
    });
    if (name, dtype) == ("normal", Dtype::F32) {
        let native = Foreign::new(gpu, native(gpu.filler.integers()), fill, &buffer);
        group.bench_function("gpu native", |bencher| {
            bencher.iter_custom(|repeats| gpu.time(repeats, |encoder| native.record(encoder)));
        });
    }
    if let Some(transposed) = transposed(name, fill) {
        group.bench_function("gpu transposed", |bencher| {
            bencher.iter_custom(|repeats| {
                gpu.time(repeats, |encoder| {
                    gpu.filler.fill(encoder, buffer.slice(..), &transposed).expect("a fill");
                })
            });
        });
    }
    if fill.count() > 1 << 26 {
        return;
    }
    group.bench_function("gpu+readback", |bencher| {
        bencher.iter(|| {
            gpu.run(|encoder| {
                gpu.filler.fill(encoder, buffer.slice(..), fill).expect("a fill");
            });
            read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).expect("bytes")
        });
    });
    let mut host = vec![0; bytes as usize];
    group.bench_function("cpu+upload", |bencher| {
        bencher.iter(|| {
            cpu::fill(fill, &mut host).expect("a fill");
            gpu.queue.write_buffer(&buffer, 0, &host);
            gpu.queue.submit([]);
            gpu.wait();
        });
    });
}

/// The same elements as a matrix that is stored the other way, where that is measured.
fn transposed(name: &str, fill: &Fill) -> Option<Fill> {
    let measured = fill.count() == 1 << ALL && ["uniform", "normal"].contains(&name);
    let matrix = || Fill::new(fill.distribution(), SIDES).with_seed(42).with_dtype(fill.dtype());
    measured.then(|| matrix().transposed().expect("a matrix"))
}

fn on_cpu(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, dtype: Dtype, fill: &Fill) {
    let mut host = vec![0; fill.bytes().expect("a size") as usize];
    group.bench_function("cpu", |bencher| {
        bencher.iter(|| cpu::fill(fill, &mut host).expect("a fill"));
    });
    if let Some(transposed) = transposed(name, fill) {
        group.bench_function("cpu transposed", |bencher| {
            bencher.iter(|| cpu::fill(&transposed, &mut host).expect("a fill"));
        });
    }
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    group.bench_function("cpu 1 thread", |bencher| {
        single.install(|| bencher.iter(|| cpu::fill(fill, &mut host).expect("a fill")));
    });
    if dtype == Dtype::F32 && ["uniform", "normal"].contains(&name) {
        let mut host = vec![0.0; fill.count() as usize];
        let mut rng = SmallRng::seed_from_u64(42);
        group.bench_function("rand", |bencher| bencher.iter(|| peer(name, &mut rng, &mut host)));
    }
}

/// What `rand` and `rand_distr` offer for the same weights, on one thread.
fn peer(name: &str, rng: &mut SmallRng, out: &mut [f32]) {
    if name == "uniform" {
        out.iter_mut().for_each(|value| *value = rng.random::<f32>() * 0.2 - 0.1);
    } else {
        out.iter_mut().for_each(|value| {
            let z: f32 = StandardNormal.sample(rng);
            *value = z * 0.02;
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = fills
}
criterion_main!(benches);
