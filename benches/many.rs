//! A model's many tensors against one of as many elements, what beginning costs, and what waits while
//! another thread compiles.
#![allow(missing_docs, reason = "criterion's macros")]

mod device;

use std::{
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use device::Gpu;
use wgpu_weights::{Distribution, Dtype, Fill, Filler, cpu, wgpu};

/// GPT-2 small's 148 parameters: (how many, elements); weights are normal, the rest constant.
const WEIGHTS: [(u64, u64); 6] = [
    (1, 50_257 * 768),
    (1, 1024 * 768),
    (12, 768 * 2304),
    (12, 768 * 768),
    (12, 768 * 3072),
    (12, 3072 * 768),
];
const CONSTANTS: [(u64, u64); 3] = [(12, 2304), (12, 3072), (74, 768)];

fn gpt2() -> Vec<Fill> {
    let normal = Distribution::normal(0.0, 0.02).expect("in range");
    let zero = Distribution::constant(0.0).expect("in range");
    let fills = |of: &[(u64, u64)], distribution| {
        of.iter()
            .flat_map(|&(times, count)| (0..times).map(move |_| Fill::new(distribution, [count])))
            .collect::<Vec<_>>()
    };
    let all = [fills(&WEIGHTS, normal), fills(&CONSTANTS, zero)].concat();
    all.into_iter().enumerate().map(|(i, fill)| fill.with_name(&format!("parameter.{i}"))).collect()
}

fn many(criterion: &mut Criterion) {
    let gpu = Gpu::open();
    gpu.introduce();
    let fills = gpt2();
    assert_eq!(fills.len(), 148);
    let count: u64 = fills.iter().map(Fill::count).sum();
    let one = Fill::new(Distribution::normal(0.0, 0.02).expect("in range"), [count]);
    let buffer = gpu.buffer(count * 4);
    let mut at = 0;
    let slices: Vec<_> = fills
        .iter()
        .map(|fill| {
            let start = at;
            at += fill.count() * 4;
            buffer.slice(start..at)
        })
        .collect();

    let mut group = criterion.benchmark_group(format!("gpt2/f32/{count}"));
    group.throughput(Throughput::Elements(count));
    group.bench_function("gpu 148 tensors", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.wall(repeats, |encoder| {
                let fills = slices.iter().copied().zip(&fills);
                gpu.filler.fill_many(encoder, fills).expect("fills");
            })
        });
    });
    group.bench_function("gpu 1 tensor", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.wall(repeats, |encoder| {
                gpu.filler.fill(encoder, buffer.slice(..), &one).expect("a fill");
            })
        });
    });
    let mut host = vec![0; count as usize * 4];
    group.bench_function("cpu 148 tensors", |bencher| {
        bencher.iter(|| {
            let mut rest = &mut host[..];
            for fill in &fills {
                let (now, later) = rest.split_at_mut(fill.count() as usize * 4);
                cpu::fill(fill, now).expect("a fill");
                rest = later;
            }
        });
    });
    group.bench_function("cpu 1 tensor", |bencher| {
        bencher.iter(|| cpu::fill(&one, &mut host).expect("a fill"));
    });
    group.finish();

    let mut group = criterion.benchmark_group("small/f32/1000");
    let small = Fill::new(Distribution::normal(0.0, 0.02).expect("in range"), [1000]);
    group.throughput(Throughput::Elements(1000));
    group.bench_function("gpu warm", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.wall(repeats, |encoder| {
                gpu.filler.fill(encoder, buffer.slice(..4000), &small).expect("a fill");
            })
        });
    });
    group.bench_function("gpu empty submission", |bencher| {
        bencher.iter_custom(|repeats| {
            gpu.wall(repeats, |encoder| encoder.clear_buffer(&buffer, 0, Some(4)))
        });
    });
    // A new filler and its first fill, pipeline included. (A driver's own cache may be warm.)
    group.bench_function("gpu first fill", |bencher| {
        bencher.iter_custom(|repeats| {
            let mut total = Duration::ZERO;
            for _ in 0..repeats {
                let start = Instant::now();
                first(&gpu.device, &gpu.queue, &buffer, &small);
                total += start.elapsed();
            }
            total
        });
    });
    group.finish();
}

/// The longest that one thread takes to record a fill whose kernel is there, while another compiles the kernel of
/// another: beside the time of that compilation, the whole of which it would wait under one lock. (A driver's own
/// cache may be warm: `MESA_SHADER_CACHE_DISABLE=true` is one way to a cold one.)
fn stall(criterion: &mut Criterion) {
    let gpu = Gpu::open();
    let buffer = gpu.buffer(4000);
    let law = Distribution::normal(0.0, 0.02).expect("in range");
    let warm = Fill::new(law, [1000]);
    let cold = warm.clone().with_dtype(Dtype::F8E4M3);
    // A filler of its own, since a kernel is cold only once.
    let filler = || {
        let filler = Filler::new(&gpu.device).expect("a filler");
        filler.prepare([&warm]).expect("a kernel");
        filler
    };
    let compile = |filler: &Filler| filler.prepare([&cold]).expect("a kernel");
    let record = |filler: &Filler| {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let start = Instant::now();
        filler.fill(&mut encoder, buffer.slice(..), &warm).expect("a fill");
        start.elapsed()
    };
    let mut group = criterion.benchmark_group("stall/f32/1000");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("gpu recording", |bencher| {
        let filler = filler();
        bencher.iter_custom(|repeats| (0..repeats).map(|_| record(&filler)).sum());
    });
    group.bench_function("gpu compilation", |bencher| {
        bencher.iter_custom(|repeats| {
            let one = |filler: Filler| {
                let start = Instant::now();
                compile(&filler);
                start.elapsed()
            };
            (0..repeats).map(|_| one(filler())).sum()
        });
    });
    group.bench_function("gpu worst recording beside a compilation", |bencher| {
        bencher.iter_custom(|repeats| {
            let one = |filler: Filler| {
                thread::scope(|scope| {
                    let compiler = scope.spawn(|| compile(&filler));
                    let mut worst = record(&filler);
                    while !compiler.is_finished() {
                        worst = worst.max(record(&filler));
                    }
                    worst
                })
            };
            (0..repeats).map(|_| one(filler())).sum()
        });
    });
    group.finish();
}

fn first(device: &wgpu::Device, queue: &wgpu::Queue, buffer: &wgpu::Buffer, fill: &Fill) {
    let filler = Filler::new(device).expect("a filler");
    let mut encoder = device.create_command_encoder(&Default::default());
    filler.fill(&mut encoder, buffer.slice(..4000), fill).expect("a fill");
    queue.submit([encoder.finish()]);
    device.poll(wgpu::PollType::wait_indefinitely()).expect("the device is alive");
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = many, stall
}
criterion_main!(benches);
