//! Windows on the GPU: any start, count and offset, guarded on both sides, against the CPU twin.
mod common;

use common::Gpu;
use proptest::prelude::*;
use wgpu_weights::{
    Distribution, Dtype, Fill, Filler, cpu,
    gpu::{read_back, read_back_blocking},
    wgpu,
};

const GUARD: u8 = 0xa5;

/// A buffer that holds `before` guard bytes, the fill and at least as many again, made on the GPU.
fn guarded(gpu: &Gpu, filler: &Filler, fill: &Fill, before: u64) -> Vec<u8> {
    let size = fill.bytes().unwrap();
    let total = (before + size).next_multiple_of(4) + 64;
    let buffer = gpu.buffer(total);
    gpu.queue.write_buffer(&buffer, 0, &vec![GUARD; total as usize]);
    let mut encoder = gpu.encoder();
    filler.fill(&mut encoder, buffer.slice(before..before + size), fill).unwrap();
    gpu.queue.submit([encoder.finish()]);
    read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap()
}

fn twin(fill: &Fill, before: u64, total: usize) -> Vec<u8> {
    let mut bytes = vec![GUARD; total];
    let (from, to) = (before as usize, (before + fill.bytes().unwrap()) as usize);
    cpu::fill(fill, &mut bytes[from..to]).unwrap();
    bytes
}

fn assert_same(gpu: &Gpu, filler: &Filler, fill: &Fill, before: u64) {
    let found = guarded(gpu, filler, fill, before);
    let expected = twin(fill, before, found.len());
    if let Some(at) = (0..found.len()).find(|&at| found[at] != expected[at]) {
        let integers = filler.integers();
        panic!("{}: byte {at} of {fill:?} after {before} guards, {integers:?}", gpu.name);
    }
}

fn distributions() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        Just(Distribution::bits()),
        Just(Distribution::constant(0.5).unwrap()),
        Just(Distribution::uniform(-0.1, 0.1).unwrap()),
        Just(Distribution::normal(0.0, 0.02).unwrap()),
        Just(Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04).unwrap()),
        // Among the subnormal numbers, where kernels are careful.
        Just(Distribution::normal(1e-38, 1e-38).unwrap()),
    ]
}

fn fills() -> impl Strategy<Value = Fill> {
    let starts = prop_oneof![
        0..100u64,
        (1u64 << 31) - 50..(1 << 31) + 50,
        (1u64 << 32) - 50..(1 << 32) + 50,
        (1u64 << 33) - 50..(1 << 33) + 50,
        (1u64 << 40) - 50..(1 << 40) + 50,
        u64::MAX - 100_000..u64::MAX - 70_000,
    ];
    let counts = prop_oneof![8 => 0..200u64, 1 => 60_000..70_000u64];
    let dtypes = proptest::sample::select(Dtype::FLOATS);
    (distributions(), any::<u64>(), any::<u64>(), starts, counts, dtypes).prop_map(
        |(distribution, seed, stream, start, count, dtype)| {
            let fill = Fill::new(distribution, [u64::MAX]).with_seed(seed).with_stream(stream);
            let fill = fill.window(start, count).unwrap();
            if distribution == Distribution::bits() { fill } else { fill.with_dtype(dtype) }
        },
    )
}

#[test]
fn any_window_at_any_offset() {
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        for filler in gpu.fillers() {
            proptest!(ProptestConfig::with_cases(80), |(fill in fills(), elements in 0..200u64)| {
                let before = elements * fill.bytes().unwrap().checked_div(fill.count()).unwrap_or(4);
                assert_same(&gpu, &filler, &fill, before);
            });
        }
    }
}

/// Wherever in a buffer and in a block a window begins, its tiles are where they belong.
#[test]
fn tiles_begin_anywhere() {
    let whole = Fill::new(Distribution::bits(), [1 << 20]).with_seed(3);
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        for filler in gpu.fillers() {
            for (start, word) in (0..5).flat_map(|start| (0..17).map(move |word| (start, word))) {
                // The second is whole tiles and nothing else.
                for count in [40_000, 4096] {
                    let window = whole.clone().window(start, count).unwrap();
                    assert_same(&gpu, &filler, &window, 4 * word);
                }
            }
        }
    }
}

/// Bindings of 1 MiB and rows of 300 workgroups: a fill must be cut both ways.
#[test]
fn beyond_the_limits_of_a_binding_and_of_a_dispatch() {
    let limits = |limits: wgpu::Limits| wgpu::Limits {
        max_storage_buffer_binding_size: 1 << 20,
        max_compute_workgroups_per_dimension: 300,
        ..limits
    };
    for gpu in Gpu::all_with(wgpu::Features::SHADER_INT64, limits) {
        let filler = Filler::new(&gpu.device).unwrap();
        for (start, before) in [(0, 0), (0, 4), (3, 0), (1, 12), (1 << 32, 256), (7, 252)] {
            let normal = Distribution::normal(0.0, 1.0).unwrap();
            let fill = Fill::new(normal, [1 << 40]).with_seed(9);
            let fill = fill.window(start, 1_000_003).unwrap();
            assert_same(&gpu, &filler, &fill, before);
        }
    }
}

#[test]
fn many_tensors_in_one_encoder_and_in_one_pass() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    let fills: Vec<Fill> = (0..600u64)
        .map(|i| {
            let distribution = match i % 3 {
                0 => Distribution::constant(i as f64),
                1 => Distribution::uniform(0.0, 1.0),
                _ => Distribution::normal(0.0, 1.0),
            };
            let fill = Fill::new(distribution.unwrap(), [1 + i % 7]);
            fill.with_seed(5).with_name(&format!("layer.{i}"))
        })
        .collect();
    let buffer = gpu.buffer(600 * 32);
    let at = |i: usize| i as u64 * 32..i as u64 * 32 + fills[i].bytes().unwrap();
    let mut expected = vec![0; 600 * 32];
    for (i, fill) in fills.iter().enumerate() {
        let at = at(i);
        cpu::fill(fill, &mut expected[at.start as usize..at.end as usize]).unwrap();
    }
    let jobs = || fills.iter().enumerate().map(|(i, fill)| (buffer.slice(at(i)), fill));

    let check = |encoder: wgpu::CommandEncoder| {
        gpu.queue.submit([encoder.finish()]);
        let found = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap();
        assert!(found == expected);
    };
    // More than once: the second time the filler's uploads are reused.
    for _ in 0..3 {
        let mut encoder = gpu.encoder();
        encoder.clear_buffer(&buffer, 0, None);
        filler.fill_many(&mut encoder, jobs()).unwrap();
        check(encoder);
    }
    let mut encoder = gpu.encoder();
    encoder.clear_buffer(&buffer, 0, None);
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    filler.fill_in_pass(&mut pass, jobs()).unwrap();
    drop(pass);
    check(encoder);
}

/// Encoders that are recorded together, dropped, and submitted in another order share a filler.
#[test]
fn encoders_may_be_submitted_in_any_order() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    let uniform =
        |stream| Fill::new(Distribution::uniform(0.0, 1.0).unwrap(), [1000]).with_stream(stream);
    let buffers = [1, 2, 3].map(|_| gpu.buffer(4000));
    let mut recorded: Vec<_> = (0..3)
        .map(|i| {
            let mut encoder = gpu.encoder();
            filler.fill(&mut encoder, buffers[i].slice(..), &uniform(i as u64)).unwrap();
            encoder
        })
        .collect();
    drop(recorded.remove(1));
    for encoder in recorded.into_iter().rev() {
        gpu.queue.submit([encoder.finish()]);
    }
    for i in [0, 2] {
        let found = read_back_blocking(&gpu.device, &gpu.queue, buffers[i].slice(..)).unwrap();
        assert!(found == twin(&uniform(i as u64), 0, 4000), "buffer {i}");
    }
}

#[test]
fn threads_fill_with_one_filler() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (gpu, filler) = (&gpu, filler.clone());
            scope.spawn(move || {
                for round in 0..20 {
                    let normal = Distribution::normal(0.0, 1.0).unwrap();
                    let fill = Fill::new(normal, [500 + thread]);
                    let fill = fill.with_seed(round).with_stream(thread);
                    assert_same(gpu, &filler, &fill, 8);
                }
            });
        }
    });
}

#[test]
fn readback_of_any_part() {
    let gpu = Gpu::any();
    let bytes: Vec<u8> = (0..(40 << 20) + 4u32).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect();
    let buffer = gpu.buffer(bytes.len() as u64);
    gpu.queue.write_buffer(&buffer, 0, &bytes);
    gpu.queue.submit([]);
    for (from, to) in
        [(0, bytes.len()), (1, 2), (3, 9), (5, (33 << 20) + 1), (16 << 20, (16 << 20) + 4), (7, 7)]
    {
        let slice = buffer.slice(from as u64..to as u64);
        let found = pollster::block_on(read_back(&gpu.device, &gpu.queue, slice)).unwrap();
        assert!(found == bytes[from..to], "{from}..{to}");
    }
}
