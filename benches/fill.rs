//! Fills on the GPU and the CPU against what people do today: distribution x contender x size.
//!
//! `cargo bench`; `cargo bench -- normal/67108864` for one group; `-- --quick` for a short run.
#![allow(missing_docs, reason = "criterion's macros")]

mod device;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use device::Gpu;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use rand_distr::{Distribution as _, StandardNormal};
use wgpu_weights::{Distribution, Fill, cpu, gpu::read_back_blocking};

fn fills(criterion: &mut Criterion) {
    let gpu = Gpu::open();
    println!("device: {}", gpu.name);
    for (name, distribution) in
        [("uniform", Distribution::uniform(-0.1, 0.1)), ("normal", Distribution::normal(0.0, 0.02))]
    {
        let distribution = distribution.expect("in range");
        for exponent in [16, 18, 20, 22, 24, 26] {
            group(criterion, &gpu, name, Fill::new(distribution, 1 << exponent).seed(42));
        }
    }
}

fn group(criterion: &mut Criterion, gpu: &Gpu, name: &str, fill: Fill) {
    let count = fill.count();
    let bytes = fill.bytes().expect("a size");
    let buffer = gpu.buffer(bytes);
    let mut host = vec![0f32; count as usize];
    let mut group = criterion.benchmark_group(format!("{name}/{count}"));
    group.throughput(Throughput::Elements(count));

    group.bench_function("gpu", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.time(repeats, |encoder| {
                gpu.filler.fill(encoder, buffer.slice(..), &fill).expect("a fill");
            })
        });
    });
    group.bench_function("gpu+readback", |bencher| {
        bencher.iter(|| {
            gpu.run(|encoder| {
                gpu.filler.fill(encoder, buffer.slice(..), &fill).expect("a fill");
            });
            read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).expect("bytes")
        });
    });
    group.bench_function("cpu", |bencher| {
        bencher.iter(|| cpu::fill_f32(&fill, &mut host).expect("a fill"));
    });
    group.bench_function("rand", |bencher| {
        let mut rng = SmallRng::seed_from_u64(42);
        bencher.iter(|| peer(name, &mut rng, &mut host));
    });
    group.bench_function("cpu+upload", |bencher| {
        bencher.iter(|| {
            cpu::fill_f32(&fill, &mut host).expect("a fill");
            gpu.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&host));
            gpu.queue.submit([]);
            gpu.wait();
        });
    });
    group.finish();
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
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = fills
}
criterion_main!(benches);
