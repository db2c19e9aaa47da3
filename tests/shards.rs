//! `concat(shards) == whole`, bit for bit, on the CPU and on every GPU.
mod common;

use common::Gpu;
use proptest::prelude::*;
use wgpu_weights::{
    Distribution, Dtype, Fill, Filler, cpu,
    shard::{ShardError, chunk},
    wgpu,
};

/// What a shard of these bytes holds, copied element run by element run.
fn slice(
    whole: &[u8],
    size: usize,
    shape: &[u64],
    dim: usize,
    range: std::ops::Range<u64>,
) -> Vec<u8> {
    let product = |dims: &[u64]| dims.iter().product::<u64>() as usize;
    let (outer, inner) = (product(&shape[..dim]), product(&shape[dim + 1..]));
    let row = shape[dim] as usize * inner * size;
    let (from, to) = (range.start as usize * inner * size, range.end as usize * inner * size);
    (0..outer).flat_map(|i| whole[i * row + from..i * row + to].to_vec()).collect()
}

fn made_by_cpu(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

#[derive(Debug, Clone)]
struct Case {
    fill: Fill,
    shape: Vec<u64>,
    dim: usize,
    count: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let shapes = prop_oneof![
        8 => proptest::collection::vec(1..12u64, 1..5),
        2 => proptest::collection::vec(20..70u64, 2..4),
        1 => (1..4u64, 900..3000u64).prop_map(|(a, b)| vec![a, b, 3]),
        1 => Just(vec![7, 0, 3]),
    ];
    let distributions = prop_oneof![
        Just(Distribution::bits()),
        Just(Distribution::constant(0.1).unwrap()),
        Just(Distribution::uniform(-0.1, 0.1).unwrap()),
        Just(Distribution::normal(0.0, 0.02).unwrap()),
        Just(Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04).unwrap()),
        // Among the subnormal numbers, where kernels are careful.
        Just(Distribution::normal(1e-38, 1e-38).unwrap()),
    ];
    let dtypes = proptest::sample::select(Dtype::FLOATS);
    (
        shapes,
        any::<u64>(),
        any::<u64>(),
        1..9u64,
        any::<prop::sample::Index>(),
        distributions,
        dtypes,
    )
        .prop_map(|(shape, seed, stream, count, dim, distribution, dtype)| {
            let fill = Fill::new(distribution, shape.iter().product()).seed(seed).stream(stream);
            let fill = if distribution == Distribution::bits() { fill } else { fill.dtype(dtype) };
            let dim = dim.index(shape.len());
            Case { fill, shape, dim, count }
        })
}

/// Every shard of a case, made by `make`, is its slice of the whole.
fn check(case: &Case, make: impl Fn(&Fill) -> Vec<u8>) {
    let Case { fill, shape, dim, count } = case;
    let size = if fill.count() == 0 { 1 } else { fill.bytes().unwrap() / fill.count() } as usize;
    let whole = made_by_cpu(fill);
    for index in 0..*count {
        let range = chunk(shape[*dim], index, *count).unwrap();
        let shard = fill.shard(shape, *dim, range.clone()).unwrap();
        assert!(
            make(&shard) == slice(&whole, size, shape, *dim, range),
            "shard {index} of {case:?}"
        );
    }
}

#[test]
fn shards_of_the_cpu_twin() {
    proptest!(ProptestConfig::with_cases(500), |(case in cases())| {
        check(&case, made_by_cpu);
        // In pieces of three elements too.
        check(&case, |shard| {
            (0..shard.count())
                .step_by(3)
                .flat_map(|first| {
                    made_by_cpu(&shard.part(first, 3.min(shard.count() - first)).unwrap())
                })
                .collect()
        });
    });
}

#[test]
fn shards_of_every_gpu() {
    let small = |limits| wgpu::Limits { max_storage_buffer_binding_size: 4096, ..limits };
    for limits in [|limits| limits, small] {
        for gpu in Gpu::all_with(wgpu::Features::SHADER_INT64, limits) {
            for filler in gpu.fillers() {
                proptest!(ProptestConfig::with_cases(40), |(case in cases())| {
                    check(&case, |shard| match shard.count() {
                        0 => Vec::new(),
                        _ => gpu.fill(&filler, shard),
                    });
                });
            }
        }
    }
}

/// Column shards of a tensor of 2^41 elements: the rows of interest lie beyond 2^32 and 2^40.
#[test]
fn far_beyond_32_bits() {
    let shape = [1 << 20, 3, 7 * 100_003];
    let whole = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), shape.iter().product());
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        let filler = Filler::new(&gpu.device).unwrap();
        for (dim, range) in [(1, 1..2), (2, 3..10), (2, 5..300_001), (0, 1_048_500..1_048_576)] {
            let shard = whole.shard(&shape, dim, range).unwrap();
            for first in [0, 1 << 20, shard.count() - 70_001] {
                let part = shard.part(first, 70_001.min(shard.count() - first)).unwrap();
                let found = gpu.fill(&filler, &part);
                assert!(found == made_by_cpu(&part), "{}: {part:?}", gpu.name);
                // One element by its index alone.
                let alone = whole.window(part.index_of(70_000), 1);
                assert_eq!(found[4 * 70_000..4 * 70_001], made_by_cpu(&alone));
            }
        }
    }
}

/// A fused QKV projection, sharded over heads: three pieces, one after another in a buffer.
#[test]
fn pieces_of_a_fused_projection() {
    let shape = [3 * 64, 48];
    let whole = Fill::new(Distribution::uniform(-1.0, 1.0).unwrap(), 3 * 64 * 48).name("c_attn");
    let bytes = made_by_cpu(&whole);
    let rank = chunk(64, 1, 4).unwrap();
    let pieces: Vec<u8> = (0..3)
        .flat_map(|third| {
            let (from, to) = (third * 64 + rank.start, third * 64 + rank.end);
            made_by_cpu(&whole.shard(&shape, 0, from..to).unwrap())
        })
        .collect();
    let rows = |from: usize, to: usize| bytes[from * 48 * 4..to * 48 * 4].to_vec();
    assert_eq!(pieces, [rows(16, 32), rows(80, 96), rows(144, 160)].concat());
}

#[test]
fn shards_that_do_not_exist() {
    let fill = Fill::new(Distribution::bits(), 0);
    let shape = vec![4, 6];
    assert_eq!(
        fill.shard(&shape, 2, 0..1),
        Err(ShardError::Dimension { dim: 2, shape: shape.clone() })
    );
    for (start, end) in [(0, 7), (5, 4), (7, 7)] {
        let error = ShardError::Range { dim: 1, size: 6, start, end };
        assert_eq!(fill.shard(&shape, 1, start..end), Err(error));
    }
    let huge = [1 << 33, 1 << 33];
    assert!(matches!(fill.shard(&huge, 0, 0..1), Err(ShardError::Overflow { .. })));
    assert_eq!(chunk(10, 4, 4), Err(ShardError::Index { index: 4, count: 4 }));
    assert!(chunk(u64::MAX, u64::MAX - 1, u64::MAX).is_ok());
}
