//! Shards, boxes and windows of them are their elements of the whole, bit for bit, on the CPU and on every GPU.
mod common;

use std::ops::Range;

use common::Gpu;
use proptest::prelude::*;
use wgpu_weights::{
    Distribution, Dtype, Fill, FillError, Filler, cpu,
    shard::{ShardError, chunk},
    wgpu,
};

/// The indices in a tensor of a box's elements, in row-major order: one dimension after another, by the book.
fn indices(shape: &[u64], ranges: &[Range<u64>]) -> Vec<u64> {
    shape.iter().zip(ranges).fold(vec![0], |outer, (size, range)| {
        outer.iter().flat_map(|index| range.clone().map(move |at| index * size + at)).collect()
    })
}

/// The elements of these indices, copied one by one.
fn slice(whole: &[u8], size: usize, indices: &[u64]) -> Vec<u8> {
    indices.iter().flat_map(|&index| &whole[index as usize * size..][..size]).copied().collect()
}

fn made_by_cpu(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

#[derive(Debug, Clone)]
struct Case {
    whole: Fill,
    /// Of every dimension.
    ranges: Vec<Range<u64>>,
    /// Of the box.
    window: Range<u64>,
}

impl Case {
    fn indices(&self) -> Vec<u64> {
        indices(self.whole.shape(), &self.ranges)
    }
}

fn distributions() -> impl Strategy<Value = Distribution> {
    prop_oneof![
        Just(Distribution::bits()),
        Just(Distribution::constant(0.1).unwrap()),
        Just(Distribution::uniform(-0.1, 0.1).unwrap()),
        Just(Distribution::normal(0.0, 0.02).unwrap()),
        Just(Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04).unwrap()),
        // Among the subnormal numbers, where kernels are careful.
        Just(Distribution::normal(1e-38, 1e-38).unwrap()),
    ]
}

fn wholes() -> impl Strategy<Value = Fill> {
    let shapes = prop_oneof![
        8 => proptest::collection::vec(1..12u64, 0..4),
        4 => proptest::collection::vec(1..7u64, 4..6),
        2 => proptest::collection::vec(20..70u64, 2..4),
        1 => (1..4u64, 900..3000u64).prop_map(|(a, b)| vec![a, b, 3]),
        1 => Just(vec![7, 0, 3]),
    ];
    let dtypes = proptest::sample::select(Dtype::FLOATS);
    (shapes, any::<u64>(), any::<u64>(), distributions(), dtypes).prop_map(
        |(shape, seed, stream, distribution, dtype)| {
            let fill = Fill::new(distribution, shape).with_seed(seed).with_stream(stream);
            if distribution == Distribution::bits() { fill } else { fill.with_dtype(dtype) }
        },
    )
}

/// A part of so many, mostly not empty; all of them one time in four.
fn range(size: u64, [from, to, all]: [prop::sample::Index; 3]) -> Range<u64> {
    let at = |index: prop::sample::Index| index.index(size as usize + 1) as u64;
    match all.index(4) {
        0 => 0..size,
        _ => at(from).min(at(to))..at(from).max(at(to)),
    }
}

fn cases() -> impl Strategy<Value = Case> {
    (wholes(), proptest::collection::vec(any::<[prop::sample::Index; 3]>(), 6)).prop_map(
        |(whole, draws)| {
            let (of_box, draws) = draws.split_last().unwrap();
            let ranges: Vec<_> =
                whole.shape().iter().zip(draws).map(|(size, draw)| range(*size, *draw)).collect();
            let count = ranges.iter().map(|range| range.end - range.start).product();
            Case { window: range(count, *of_box), whole, ranges }
        },
    )
}

/// A box, and a window of it, made by `make`, are those elements of the whole.
fn check(case: &Case, make: impl Fn(&Fill) -> Vec<u8>) {
    let Case { whole, ranges, window } = case;
    let bytes = made_by_cpu(whole);
    let size = whole.dtype().size() as usize;
    let expected = slice(&bytes, size, &case.indices());
    let made = whole.clone().region(ranges).unwrap();
    assert!(make(&made) == expected, "the box of {case:?}");
    let made = made.window(window.start, window.end - window.start).unwrap();
    let expected = &expected[window.start as usize * size..window.end as usize * size];
    assert!(make(&made) == expected, "the window of {case:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What a fill says of its elements, against a list of them.
    #[test]
    fn boxes_and_windows_are_lists_of_indices(case in cases(), cut in any::<[prop::sample::Index; 3]>()) {
        let Case { whole, ranges, window } = case.clone();
        let sizes: Vec<_> = ranges.iter().map(|range| range.end - range.start).collect();
        let all = case.indices();
        let told = |fill: &Fill| (0..fill.count()).map(|at| fill.index_of(at)).collect::<Vec<_>>();
        let the_box = whole.clone().region(&ranges).unwrap();
        prop_assert_eq!(&told(&the_box), &all);
        prop_assert_eq!((the_box.shape(), the_box.sizes()), (whole.shape(), sizes));
        // A window of a window.
        let first = the_box.clone().window(window.start, window.end - window.start).unwrap();
        let all = &all[window.start as usize..window.end as usize];
        prop_assert_eq!(told(&first), all);
        let within = range(first.count(), cut);
        let second = first.window(within.start, within.end - within.start).unwrap();
        prop_assert_eq!(told(&second), &all[within.start as usize..within.end as usize]);
        // A shard in each dimension, one after the other and from the last to the first, is the box.
        for backwards in [false, true] {
            let mut dims: Vec<_> = ranges.iter().cloned().enumerate().collect();
            if backwards {
                dims.reverse();
            }
            let step = |fill: Fill, (dim, range)| fill.shard(dim, range).unwrap();
            prop_assert_eq!(&dims.into_iter().fold(whole.clone(), step), &the_box);
        }
    }

    /// A shard of a shard counts from the first one's begin.
    #[test]
    fn shards_compose(whole in wholes(), draws in any::<[[prop::sample::Index; 3]; 2]>(), dim in any::<prop::sample::Index>()) {
        prop_assume!(!whole.shape().is_empty());
        let dim = dim.index(whole.shape().len());
        let outer = range(whole.shape()[dim], draws[0]);
        let inner = range(outer.end - outer.start, draws[1]);
        let twice = whole.clone().shard(dim, outer.clone()).unwrap().shard(dim, inner.clone());
        let once = whole.shard(dim, outer.start + inner.start..outer.start + inner.end);
        prop_assert_eq!(twice, once);
    }
}

#[test]
fn boxes_of_the_cpu_twin() {
    proptest!(ProptestConfig::with_cases(500), |(case in cases())| {
        check(&case, made_by_cpu);
        // In pieces of three elements too.
        check(&case, |fill| {
            let piece = |first: u64| {
                let count = 3.min(fill.count() - first);
                made_by_cpu(&fill.clone().window(first, count).unwrap())
            };
            (0..fill.count()).step_by(3).flat_map(piece).collect()
        });
    });
}

#[test]
fn boxes_of_every_gpu() {
    let small = |limits| wgpu::Limits { max_storage_buffer_binding_size: 4096, ..limits };
    for limits in [|limits| limits, small] {
        for gpu in Gpu::all_with(wgpu::Features::SHADER_INT64, limits) {
            for filler in gpu.fillers() {
                proptest!(ProptestConfig::with_cases(40), |(case in cases())| {
                    check(&case, |fill| made_by_gpu(&gpu, &filler, fill));
                });
            }
        }
    }
}

fn made_by_gpu(gpu: &Gpu, filler: &Filler, fill: &Fill) -> Vec<u8> {
    if fill.count() == 0 { Vec::new() } else { gpu.fill(filler, fill) }
}

/// Boxes of two, three and four dimensions whose runs are long and short, contiguous and not, begin anywhere in
/// a block and end in the middle of one: on the twin, and on every GPU, in several dtypes.
#[test]
fn boxes_of_two_three_and_four_dimensions() {
    let boxes: [(&[u64], &[Range<u64>]); 8] = [
        (&[301, 517], &[7..300, 3..516]),
        (&[3, 9001], &[0..3, 1..9000]),
        (&[19, 23, 29], &[0..19, 5..18, 0..29]),
        (&[19, 23, 29], &[2..17, 0..23, 3..20]),
        (&[19, 23, 29], &[1..18, 3..22, 5..6]),
        (&[7, 11, 13, 17], &[1..6, 2..9, 3..11, 4..15]),
        (&[7, 11, 13, 17], &[0..7, 2..9, 0..13, 1..16]),
        // As a distance between runs goes on beyond a dimension: two levels that are one.
        (&[5, 6, 8, 9], &[2..5, 0..6, 3..4, 0..9]),
    ];
    let gpus = Gpu::all(wgpu::Features::SHADER_INT64);
    // Kernels are compiled once for each.
    let fillers: Vec<_> =
        gpus.iter().flat_map(|gpu| gpu.fillers().into_iter().map(move |it| (gpu, it))).collect();
    for (shape, ranges) in boxes {
        for dtype in [Dtype::F32, Dtype::BF16, Dtype::F8E4M3] {
            let whole = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), shape);
            let whole = whole.with_dtype(dtype).with_name("box");
            let count = whole.clone().region(ranges).unwrap().count();
            let case = Case { whole, ranges: ranges.to_vec(), window: count / 3..count - 2 };
            check(&case, made_by_cpu);
            for (gpu, filler) in &fillers {
                check(&case, |fill| made_by_gpu(gpu, filler, fill));
            }
        }
    }
}

/// Every shard of a dimension, as `torch.chunk` cuts it, one after the other.
#[test]
fn shards_make_the_whole() {
    let whole = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [5, 10, 7]).with_seed(1);
    let bytes = made_by_cpu(&whole);
    for (dim, count) in [(0, 2), (1, 3), (1, 4), (2, 7), (2, 9)] {
        let shape = [5, 10, 7];
        let size = shape[dim];
        let mut joined = vec![0; bytes.len()];
        for index in 0..count {
            let range = chunk(size, index, count).unwrap();
            let mut ranges = shape.map(|size| 0..size);
            ranges[dim] = range.clone();
            let shard = made_by_cpu(&whole.clone().shard(dim, range).unwrap());
            for (element, index) in shard.chunks(4).zip(indices(&shape, &ranges)) {
                joined[index as usize * 4..][..4].copy_from_slice(element);
            }
        }
        assert!(joined == bytes, "{count} shards of dimension {dim}");
    }
}

/// Column shards of a tensor of 2^41 elements: the rows of interest lie beyond 2^32 and 2^40.
#[test]
fn far_beyond_32_bits() {
    let shape = [1 << 20, 3, 7 * 100_003];
    let whole = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), shape);
    let [planes, rows, columns] = shape.map(|size| 0..size);
    let boxes = [
        [planes.clone(), 1..2, columns.clone()],
        [planes.clone(), rows.clone(), 3..10],
        [planes, rows.clone(), 5..300_001],
        [1_048_500..1_048_576, rows, columns],
        [1_048_500..1_048_576, 0..2, 5..300_001],
        [1_040_000..1_048_576, 1..3, 3..400],
    ];
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        let filler = Filler::new(&gpu.device).unwrap();
        for ranges in &boxes {
            let shard = whole.clone().region(ranges).unwrap();
            for first in [0, 1 << 20, shard.count() - 70_001] {
                let part = shard.clone().window(first, 70_001).unwrap();
                let found = gpu.fill(&filler, &part);
                assert!(found == made_by_cpu(&part), "{}: {part:?}", gpu.name);
                // One element by its index alone.
                let alone = whole.clone().window(part.index_of(70_000), 1).unwrap();
                assert_eq!(found[4 * 70_000..4 * 70_001], made_by_cpu(&alone));
            }
        }
    }
}

/// A fused QKV projection, sharded over heads: three pieces, one after another in a buffer.
#[test]
fn pieces_of_a_fused_projection() {
    let uniform = Distribution::uniform(-1.0, 1.0).unwrap();
    let whole = Fill::new(uniform, [3 * 64, 48]).with_name("c_attn");
    let bytes = made_by_cpu(&whole);
    let rank = chunk(64, 1, 4).unwrap();
    let pieces: Vec<u8> = (0..3)
        .flat_map(|third| {
            let (from, to) = (third * 64 + rank.start, third * 64 + rank.end);
            made_by_cpu(&whole.clone().shard(0, from..to).unwrap())
        })
        .collect();
    let rows = |from: usize, to: usize| bytes[from * 48 * 4..to * 48 * 4].to_vec();
    assert_eq!(pieces, [rows(16, 32), rows(80, 96), rows(144, 160)].concat());
}

#[test]
fn shards_that_do_not_exist() {
    let fill = || Fill::new(Distribution::bits(), [4, 6]);
    let shape = vec![4, 6];
    let error = ShardError::Dimension { dim: 2, shape: shape.clone() };
    assert_eq!(fill().shard(2, 0..1), Err(error));
    for (start, end) in [(0, 7), (5, 4), (7, 7), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        let error = ShardError::Range { dim: 1, size: 6, start, end };
        assert_eq!(fill().shard(1, start..end), Err(error.clone()));
        assert_eq!(fill().region(&[0..1, start..end]), Err(error));
    }
    // What is left of the dimension counts, and not the dimension.
    let error = ShardError::Range { dim: 1, size: 2, start: 1, end: 3 };
    assert_eq!(fill().shard(1, 3..5).unwrap().shard(1, 1..3), Err(error));
    for ranges in [&[0..4, 0..6, 0..1][..], &[]] {
        let error = ShardError::Ranges { given: ranges.len(), shape: shape.clone() };
        assert_eq!(fill().region(ranges), Err(error));
    }
    assert_eq!(chunk(10, 4, 4), Err(ShardError::Index { index: 4, count: 4 }));
    assert!(chunk(u64::MAX, u64::MAX - 1, u64::MAX).is_ok());
}

#[test]
fn shards_come_before_windows() {
    let window = Fill::new(Distribution::bits(), [4, 6]).window(5, 7).unwrap();
    let error = ShardError::Windowed { start: 5, count: 7 };
    assert!(error.to_string().contains("shard first"), "{error}");
    assert_eq!(window.clone().shard(0, 0..1), Err(error.clone()));
    assert_eq!(window.region(&[0..1, 0..1]), Err(error.clone()));
    // Also of one that takes all there is.
    let all = Fill::new(Distribution::bits(), [4, 6]).window(0, 24).unwrap();
    assert!(matches!(all.shard(0, 0..1), Err(ShardError::Windowed { .. })));
}

#[test]
fn windows_that_do_not_exist() {
    let fill = Fill::new(Distribution::bits(), [4, 6]);
    let columns = fill.clone().shard(1, 2..5).unwrap();
    let window = columns.clone().window(3, 4).unwrap();
    for (fill, of) in [(fill, 24), (columns, 12), (window, 4)] {
        for (start, count) in [(0, of + 1), (of, 1), (of + 1, 0), (1, u64::MAX), (u64::MAX, 1)] {
            let error = FillError::Window { start, count, of };
            assert_eq!(fill.clone().window(start, count), Err(error));
        }
        assert_eq!(fill.window(of, 0).unwrap().bytes(), Ok(0));
    }
}

/// The product of a shape is no 64-bit number: said where it matters, and by its name.
#[test]
fn shapes_of_too_many_elements() {
    let shape = vec![1 << 33, 1 << 31];
    let fill = Fill::new(Distribution::bits(), &shape);
    assert_eq!((fill.count(), fill.shape()), (u64::MAX, &shape[..]));
    let overflow = FillError::Overflow { shape: shape.clone() };
    assert!(overflow.to_string().contains("[8589934592, 2147483648]"), "{overflow}");
    assert_eq!(fill.bytes(), Err(overflow.clone()));
    assert_eq!(fill.clone().window(0, 1), Err(overflow));
    let overflow = ShardError::Overflow { shape: shape.clone() };
    assert_eq!(fill.clone().shard(0, 0..1), Err(overflow.clone()));
    assert_eq!(fill.region(&[0..1, 0..1]), Err(overflow));
    // Without elements no product is one too many.
    let none = Fill::new(Distribution::bits(), [1 << 33, 0, 1 << 31]);
    assert_eq!((none.count(), none.bytes()), (0, Ok(0)));
    assert_eq!(none.shard(0, 5..7).unwrap().sizes(), [2, 0, 1 << 31]);
    // As many as there may be, but not their bytes.
    let most = Fill::new(Distribution::bits(), [u64::MAX]);
    let bytes = FillError::Bytes { count: u64::MAX, dtype: Dtype::U32 };
    assert_eq!(most.bytes(), Err(bytes));
    assert_eq!(most.window(u64::MAX - 1, 1).unwrap().index_of(0), u64::MAX - 1);
}

#[test]
fn a_scalar_is_one_element() {
    let fill = Fill::new(Distribution::bits(), []);
    assert_eq!((fill.count(), fill.bytes(), fill.sizes()), (1, Ok(4), vec![]));
    assert_eq!(fill.clone().region(&[]), Ok(fill.clone()));
    assert!(matches!(fill.clone().shard(0, 0..1), Err(ShardError::Dimension { .. })));
    let first = Fill::new(Distribution::bits(), [8]).window(0, 1).unwrap();
    assert_eq!(made_by_cpu(&fill), made_by_cpu(&first));
}
