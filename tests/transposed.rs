//! Transposed fills: element (i, j) of the buffer is element (j, i) of the tensor, on the twin and on every GPU.
mod common;

use common::Gpu;
use proptest::prelude::*;
use wgpu_weights::{
    Distribution, Dtype, Fill, Filler, cpu,
    gpu::read_back_blocking,
    kernel::Store,
    plan::{Limits, plan},
    shard::ShardError,
    wgpu,
};

fn twin(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

/// Each element from the whole tensor, where its index says.
fn element_by_element(fill: &Fill) -> Vec<u8> {
    let whole = Fill::new(fill.distribution(), fill.shape())
        .with_seed(fill.seed())
        .with_stream(fill.stream())
        .with_dtype(fill.dtype());
    let whole = twin(&whole);
    let size = fill.dtype().size() as usize;
    let elements = (0..fill.count()).map(|element| fill.index_of(element) as usize);
    elements.flat_map(|index| whole[index * size..][..size].to_vec()).collect()
}

fn law(dtype: Dtype) -> Distribution {
    match dtype {
        Dtype::U32 => Distribution::bits(),
        _ => Distribution::normal(0.5, 1.0).unwrap(),
    }
}

/// A box of a stack of matrices, transposed, or a window of that.
fn fills() -> impl Strategy<Value = Fill> {
    let sizes = (1..4u64, 1..40u64, 1..40u64);
    let dtype = prop::sample::select([&[Dtype::U32], Dtype::FLOATS].concat());
    (sizes, dtype, prop::array::uniform8(0.0..1f64), any::<[bool; 2]>()).prop_map(
        |((a, b, c), dtype, cuts, [whole, windowed])| {
            // Whole blocks and granules, as most models have, or anything at all.
            let to =
                |multiple: u64, size: u64| if whole { size / multiple * multiple } else { size };
            let (b, c) = if whole { (b * 16, c.next_multiple_of(4)) } else { (b, c) };
            let fill = Fill::new(law(dtype), [a, b, c]).with_seed(42).with_stream(7);
            let range = |size: u64, from: f64, to: f64| {
                let from = (size as f64 * from * from) as u64;
                from..from + ((size - from) as f64 * to.sqrt()).ceil() as u64
            };
            let ranges = [
                range(a, cuts[0], cuts[1]),
                range(b, cuts[2], cuts[3]),
                range(c, cuts[4], cuts[5]),
            ];
            let [planes, rows, columns] = ranges;
            let ranges =
                [planes, to(16, rows.start)..to(16, rows.end), to(4, columns.start)..columns.end];
            let fill = fill.with_dtype(dtype).region(&ranges).unwrap().transposed().unwrap();
            let window = range(fill.count(), cuts[6], cuts[7]);
            match windowed {
                true => fill.window(window.start, window.end - window.start).unwrap(),
                false => fill,
            }
        },
    )
}

/// By the definition alone: no index of the crate's own.
#[test]
fn an_element_is_where_the_definition_says() {
    let tensor = Fill::new(Distribution::bits(), [3, 5, 7]);
    let words = |fill: &Fill| -> Vec<[u8; 4]> { twin(fill).as_chunks().0.to_vec() };
    let (straight, turned) = (words(&tensor), words(&tensor.transposed().unwrap()));
    for (e, i, j) in (0..3).flat_map(|e| (0..7).flat_map(move |i| (0..5).map(move |j| (e, i, j)))) {
        assert_eq!(turned[e * 35 + i * 5 + j], straight[e * 35 + j * 7 + i]);
    }
}

#[test]
fn the_twin_makes_each_element_where_it_belongs() {
    proptest!(ProptestConfig::with_cases(2000), |(fill in fills())| {
        prop_assert!(twin(&fill) == element_by_element(&fill));
    });
}

/// In the middle of a larger buffer, so that what must stay is seen too.
#[test]
fn every_gpu_makes_the_twins_bits() {
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        let fillers = gpu.fillers();
        proptest!(ProptestConfig::with_cases(60), |(fill in fills(), before in 0..9u64)| {
            let size = fill.bytes().unwrap();
            let before = before * fill.dtype().size();
            let expected = twin(&fill);
            for filler in &fillers {
                let buffer = gpu.buffer((before + size + 8).next_multiple_of(4));
                let mut encoder = gpu.encoder();
                let slice = buffer.slice(before..before + size);
                // wgpu makes no slice of nothing.
                if size > 0 {
                    filler.fill(&mut encoder, slice, &fill).unwrap();
                }
                gpu.queue.submit([encoder.finish()]);
                let found = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap();
                let (before, size) = (before as usize, size as usize);
                prop_assert!(found[before..before + size] == expected, "{}", gpu.name);
                let mut around = found[..before].iter().chain(&found[before + size..]);
                prop_assert!(around.all(|&byte| byte == 0), "{}: around it", gpu.name);
            }
        });
    }
}

/// Larger than a batch, a segment, a workgroup and a task; of odd sizes and of even ones.
#[test]
fn large_ones() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    for shape in [[5003, 70], [9001, 33], [4096, 256], [3, 70_001], [70_001, 3]] {
        for dtype in [Dtype::F32, Dtype::BF16, Dtype::F8E4M3] {
            let fill = Fill::new(law(dtype), shape).with_seed(1).with_dtype(dtype);
            let fill = fill.transposed().unwrap();
            let expected = element_by_element(&fill);
            assert!(twin(&fill) == expected, "{shape:?} {dtype}: the twin");
            assert!(gpu.fill(&filler, &fill) == expected, "{shape:?} {dtype}: the GPU");
        }
    }
}

#[test]
fn a_stack_is_one_dispatch() {
    let limits = Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };
    let dispatches = |fill: Fill| plan(&fill, 0, limits).unwrap().count();
    let stack = Fill::new(law(Dtype::F32), [64, 100, 200]).transposed().unwrap();
    assert_eq!(dispatches(stack.clone()), 1);
    assert_eq!(dispatches(stack.clone().shard(0, 3..9).unwrap()), 1);
    assert_eq!(dispatches(stack.clone().shard(1, 7..93).unwrap()), 1);
    // Most models' matrices take the fast road; those whose rows share granules cannot.
    let stores =
        |fill: &Fill| plan(fill, 0, limits).unwrap().map(|it| it.store).collect::<Vec<_>>();
    assert_eq!(stores(&stack), [Store::TransposedAligned]);
    let odd = Fill::new(law(Dtype::F32), [64, 101, 200]).transposed().unwrap();
    assert_eq!(stores(&odd), [Store::Transposed]);
    // A row's rest, a matrix' rest, whole matrices, some rows, some of a row.
    assert_eq!(dispatches(stack.window(10, 100_200).unwrap()), 5);
}

#[test]
fn what_cannot_be_transposed() {
    let fill = |shape: &[u64]| Fill::new(law(Dtype::F32), shape);
    assert_eq!(fill(&[7]).transposed(), Err(ShardError::Matrix { shape: vec![7] }));
    assert!(fill(&[]).transposed().is_err());
    let window = fill(&[7, 7]).window(1, 2).unwrap();
    assert!(matches!(window.transposed(), Err(ShardError::Windowed { .. })));
    let huge = fill(&[1 << 40, 1 << 40]);
    assert!(matches!(huge.transposed(), Err(ShardError::Overflow { .. })));
    let whole = fill(&[2, 3, 4]);
    assert_eq!(whole.clone().transposed().unwrap().sizes(), [2, 4, 3]);
    let twice = whole.clone().transposed().unwrap().transposed().unwrap();
    assert_eq!(twin(&twice), twin(&whole));
}
