//! Zero rows: no other element moves, whatever part of the tensor is asked for, and every GPU makes the twin's bits.
mod common;

use common::Gpu;
use proptest::prelude::*;
use wgpu_weights::{Distribution, Dtype, Fill, Filler, Matrices, cpu, wgpu};

fn twin(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

fn laws() -> Vec<Distribution> {
    let laws = [
        Distribution::normal(0.0, 0.02),
        Distribution::uniform(1.0, 2.0),
        Distribution::constant(3.0),
        Distribution::truncated_normal(1.0, 1.0, 0.5, 2.0),
        Distribution::orthogonal(1.0, Matrices::one(9, 6)),
        Distribution::arange(1.0, 1.0, 100),
    ];
    laws.map(Result::unwrap).to_vec()
}

/// A part of a tensor: a shard, a window, transposed or not.
fn part(whole: Fill, how: u8, cuts: [f64; 4]) -> Fill {
    let range = |size: u64, [a, b]: [f64; 2]| {
        let [a, b] = [a, b].map(|it| (it * size as f64) as u64);
        a.min(b)..a.max(b).max(a.min(b) + u64::from(size > 0)).min(size)
    };
    let mut fill = whole;
    if how & 1 != 0 {
        fill = fill.transposed().unwrap();
    }
    if how & 2 != 0 {
        let dim = usize::from(how >> 4) % fill.sizes().len();
        let taken = range(fill.sizes()[dim], [cuts[0], cuts[1]]);
        fill = fill.shard(dim, taken).unwrap();
    }
    if how & 4 != 0 {
        let taken = range(fill.count(), [cuts[2], cuts[3]]);
        fill = fill.window(taken.start, taken.end - taken.start).unwrap();
    }
    fill
}

fn parts() -> impl Strategy<Value = (Fill, Fill)> {
    let shapes =
        prop_oneof![Just(vec![9, 6]), Just(vec![7, 3, 5]), Just(vec![700, 131]), Just(vec![54])];
    let law = 0..laws().len();
    let dtypes =
        prop_oneof![Just(Dtype::F32), Just(Dtype::BF16), Just(Dtype::F8E4M3), Just(Dtype::F64)];
    (
        shapes,
        law,
        dtypes,
        0..10u64,
        0..10u64,
        any::<u8>(),
        [0.0..1.0f64, 0.0..1.0, 0.0..1.0, 0.0..1.0],
    )
        .prop_map(|(shape, law, dtype, first, count, how, cuts)| {
            let law = laws()[law];
            let end = if count == 9 { u64::MAX } else { first + count };
            let how = if shape.len() == 1 { how & !1 } else { how };
            let of = |law| part(Fill::new(law, &shape).with_seed(7).with_dtype(dtype), how, cuts);
            (of(law), of(law.with_zero_rows(first..end)))
        })
}

/// What a fill with zero rows is: the plain one, and zeros where the index divided by a row's length says so.
fn expected(plain: &Fill, zeroed: &Fill) -> Vec<u8> {
    let size = plain.dtype().size() as usize;
    let row: u64 = plain.shape()[1..].iter().product();
    let rows = zeroed.distribution().zero_rows().map_or(0..0, |rows| rows.range());
    let mut bytes = twin(plain);
    for (at, value) in bytes.chunks_exact_mut(size).enumerate() {
        if rows.contains(&(plain.index_of(at as u64) / row)) {
            value.fill(0);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_other_element_moves((plain, zeroed) in parts()) {
        prop_assert_eq!(twin(&zeroed), expected(&plain, &zeroed), "{:?}", zeroed);
    }
}

#[test]
fn every_gpu_makes_the_twins_bits() {
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        let filler = Filler::new(&gpu.device).unwrap();
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) };
        proptest!(config, |((plain, zeroed) in parts())| {
            let made = if zeroed.count() == 0 { Vec::new() } else { gpu.fill(&filler, &zeroed) };
            prop_assert_eq!(made, expected(&plain, &zeroed), "{} {:?}", &gpu.name, zeroed);
        });
    }
}
