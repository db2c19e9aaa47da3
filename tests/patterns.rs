//! Diagonals, sparse matrices, and what the host makes: by their definitions, as the peers have them, and the same on every GPU.
mod common;

use std::collections::HashSet;

use common::Gpu;
use proptest::prelude::*;
use serde_json::Value;
use wgpu_weights::{
    Convention, Diagonal, Distribution, Dtype, Fill, FillError, Filler, Kind, Layout, Line,
    Matrices, Orthogonal, Sparse, Zeros, cpu, delta_orthogonal, dirac, eye,
    gpu::read_back_blocking, orthogonal, sparse, wgpu,
};

fn twin(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

fn values(fill: &Fill) -> Vec<f32> {
    twin(fill).as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect()
}

/// Which elements torch's `eye_` and `dirac_` and JAX's `delta_orthogonal` leave 0, as they were recorded
/// (`proof/peers/structured.py`).
#[test]
fn places_are_those_of_the_peers() {
    let recorded: Value = serde_json::from_str(include_str!("data/structured.json")).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    assert!(cases.len() >= 30);
    for case in cases {
        let numbers = |key: &str| -> Vec<u64> {
            case[key].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect()
        };
        let shape = numbers("shape");
        let law = match case["of"].as_str().unwrap() {
            "eye" => eye(&shape),
            "dirac" => dirac(&shape, case["groups"].as_u64().unwrap(), Convention::Torch),
            "delta_orthogonal" => delta_orthogonal(&shape, 1.0),
            other => panic!("{other}"),
        };
        let made = values(&Fill::new(law.unwrap(), &shape));
        let places: Vec<u64> = (0..).zip(&made).filter(|it| *it.1 != 0.0).map(|it| it.0).collect();
        assert_eq!(places, numbers("places"), "{case}");
        if case["of"] != "delta_orthogonal" {
            assert!(case["ones"] == true && made.iter().all(|&it| it == 0.0 || it == 1.0));
        }
    }
}

/// The same convolution, whatever its layout, but for JAX's centre of an even kernel.
#[test]
fn layouts_are_permutations() {
    let (out, input, height, width) = (6, 3, 3, 5);
    let of = |shape: &[u64], convention| {
        let law = dirac(shape, 2, convention).unwrap();
        values(&Fill::new(law, shape))
    };
    let torch = of(&[out, input, height, width], Convention::Torch);
    let jax = of(&[height, width, input, out], Convention::Jax);
    let mlx = of(&[out, height, width, input], Convention::Mlx);
    for o in 0..out {
        for i in 0..input {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let expected = torch[(((o * input + i) * height + y) * width + x) as usize];
                assert_eq!(jax[(((y * width + x) * input + i) * out + o) as usize], expected);
                assert_eq!(mlx[(((o * height + y) * width + x) * input + i) as usize], expected);
            }
        }
    }
    let tap = |convention| match dirac(&[4; 4], 1, convention).unwrap().kind() {
        Kind::Diagonal { diagonal, .. } => diagonal.tap,
        _ => unreachable!(),
    };
    assert_eq!((tap(Convention::Torch), tap(Convention::Jax)), (2 * 4 + 2, 4 + 1));
}

fn layouts() -> impl Strategy<Value = Layout> {
    prop::sample::select(vec![Layout::OutInField, Layout::FieldInOut, Layout::OutFieldIn])
}

fn diagonals() -> impl Strategy<Value = (Diagonal, Vec<u64>)> {
    (layouts(), 1..40u64, 1..40u64, 1..6u64, 0..6u64, 1..50u64).prop_map(
        |(layout, rows, columns, taps, tap, period)| {
            let shape = match layout {
                Layout::OutInField => vec![rows, columns, taps],
                Layout::FieldInOut => vec![taps, columns, rows],
                Layout::OutFieldIn => vec![rows, taps, columns],
            };
            (Diagonal { layout, rows, columns, taps, tap, period }, shape)
        },
    )
}

/// A box of a tensor, straight or transposed, or a window of it.
fn part(whole: Fill, cuts: [f64; 6], how: u8) -> Fill {
    let whole = if how & 1 == 1 { whole.clone().transposed().unwrap_or(whole) } else { whole };
    let range = |size: u64, from: f64, to: f64| {
        let from = (size as f64 * from * from) as u64;
        from..from + ((size - from) as f64 * to.sqrt()).ceil() as u64
    };
    let cut = if how & 2 == 2 {
        let ranges: Vec<_> = whole
            .sizes()
            .iter()
            .zip([[0, 1], [2, 3], [4, 5]])
            .map(|(&size, [a, b])| range(size, cuts[a], cuts[b]))
            .collect();
        whole.region(&ranges).unwrap()
    } else {
        whole
    };
    let window = range(cut.count(), cuts[1], cuts[4]);
    if how & 4 == 4 { cut.window(window.start, window.end - window.start).unwrap() } else { cut }
}

fn laws() -> impl Strategy<Value = Fill> {
    let diagonal = diagonals().prop_map(|(diagonal, shape)| {
        Fill::new(Distribution::diagonal(-1.5, diagonal).unwrap(), shape)
    });
    let sparse = (1..60u32, 1..60u32, 0.0..=1f64, any::<bool>()).prop_map(
        |(rows, columns, sparsity, row)| {
            let each = if row { Line::Row } else { Line::Column };
            let shape = [rows.into(), columns.into()];
            let law = sparse(&shape, Sparse { sparsity, std: 1.0, each, ..Sparse::default() });
            Fill::new(law.unwrap(), shape)
        },
    );
    let orthogonal = (1..4u64, 1..9u64, 1..9u64, 0..4i64).prop_map(|(a, b, c, axis)| {
        let column_axis = (axis < 3).then_some(axis);
        let args = Orthogonal { column_axis, ..Orthogonal::default() };
        Fill::new(orthogonal(&[a, b, c], args).unwrap(), [a, b, c])
    });
    let arange = (1..30u64, 1..30u64, -3..4i32).prop_map(|(a, b, step)| {
        Fill::new(Distribution::arange(3.0, step.into(), b).unwrap(), [a, b])
    });
    let normal = (1..30u64, 1..30u64)
        .prop_map(|(a, b)| Fill::new(Distribution::normal(0.1, 1.0).unwrap(), [a, b]));
    prop_oneof![diagonal, sparse, orthogonal, arange, normal]
        .prop_map(|fill| fill.with_seed(42).with_stream(7))
}

fn dtypes() -> impl Strategy<Value = Dtype> {
    prop::sample::select([&[Dtype::F64], Dtype::FLOATS].concat())
}

/// Each element from the whole tensor, where its index says.
fn element_by_element(fill: &Fill) -> Vec<u8> {
    let whole = Fill::new(fill.distribution(), fill.shape()).with_seed(fill.seed());
    let whole = twin(&whole.with_stream(fill.stream()).with_dtype(fill.dtype()));
    let size = fill.dtype().size() as usize;
    let elements = (0..fill.count()).map(|element| fill.index_of(element) as usize);
    elements.flat_map(|index| whole[index * size..][..size].to_vec()).collect()
}

#[test]
fn a_part_is_a_slice_of_the_whole() {
    let config = ProptestConfig::with_cases(3000);
    proptest!(config, |(whole in laws(), dtype in dtypes(), cuts in prop::array::uniform6(0.0..1f64), how: u8)| {
        let fill = part(whole.with_dtype(dtype), cuts, how);
        prop_assert!(twin(&fill) == element_by_element(&fill), "{:?}", fill);
    });
}

/// By the definition, of all of a tensor and of elements so far out that an index takes all of its 64 bits.
#[test]
fn a_diagonal_is_where_the_definition_says() {
    let on = |it: &Diagonal, index: u64| {
        let (fast, middle) = match it.layout {
            Layout::OutInField => (it.taps, it.columns),
            Layout::FieldInOut => (it.rows, it.columns),
            Layout::OutFieldIn => (it.columns, it.taps),
        };
        let digits = [index / fast / middle, index / fast % middle, index % fast];
        let [row, column, tap] = match it.layout {
            Layout::OutInField => digits,
            Layout::FieldInOut => [digits[2], digits[1], digits[0]],
            Layout::OutFieldIn => [digits[0], digits[2], digits[1]],
        };
        tap == it.tap && column == row % it.period
    };
    let agrees = |fill: &Fill, diagonal: &Diagonal| {
        values(fill)
            .iter()
            .enumerate()
            .all(|(element, &value)| (value == -1.5) == on(diagonal, fill.index_of(element as u64)))
    };
    proptest!(ProptestConfig::with_cases(500), |((diagonal, shape) in diagonals())| {
        let fill = Fill::new(Distribution::diagonal(-1.5, diagonal).unwrap(), shape);
        prop_assert!(agrees(&fill, &diagonal));
    });
    let sizes = prop_oneof![1..9u64, 1..1u64 << 33, any::<u64>().prop_map(|it| it.max(1))];
    let far = (layouts(), sizes.clone(), sizes.clone(), sizes, 0..3u64, 1..9u64, any::<u64>());
    proptest!(ProptestConfig::with_cases(2000), |((layout, rows, columns, taps, tap, period, at) in far)| {
        let diagonal = Diagonal { layout, rows, columns, taps, tap, period };
        let fill = Fill::new(Distribution::diagonal(-1.5, diagonal).unwrap(), [u64::MAX]);
        let fill = fill.window(at.min(u64::MAX - 300), 300).unwrap();
        prop_assert!(agrees(&fill, &diagonal), "{:?}", fill);
    });
}

/// A thousand shapes: as many zeros as the peers have, in each line of the whole and so of its shards, and elsewhere
/// what the normal has there.
#[test]
fn zeros_are_counted() {
    let shapes = (1..200u64, 1..200u64, 0.0..=1f64, any::<bool>(), any::<u64>());
    proptest!(ProptestConfig::with_cases(1000), |((rows, columns, sparsity, row, seed) in shapes)| {
        let each = if row { Line::Row } else { Line::Column };
        let shape = [rows, columns];
        // About once in 2^24 values a normal of mean 0 is 0 by itself.
        let law = sparse(&shape, Sparse { sparsity, each, mean: 1.0, ..Sparse::default() }).unwrap();
        let fill = Fill::new(law, shape).with_seed(seed);
        let normal = Fill::new(Distribution::normal(1.0, 0.01).unwrap(), shape).with_seed(seed);
        let (found, normal) = (values(&fill), values(&normal));
        prop_assert!(found.iter().zip(&normal).all(|(a, b)| a == b || *a == 0.0));
        let (lines, length) = if row { shape.into() } else { (columns, rows) };
        let expected = (sparsity * length as f64).ceil() as usize;
        for line in 0..lines {
            let part = fill.clone().shard(if row { 0 } else { 1 }, line..line + 1).unwrap();
            let zeros = values(&part).iter().filter(|it| **it == 0.0).count();
            prop_assert_eq!(zeros, expected);
        }
        // Row by row, shards are the whole.
        let by_rows: Vec<f32> = (0..rows)
            .flat_map(|row| values(&fill.clone().shard(0, row..row + 1).unwrap()))
            .collect();
        prop_assert!(by_rows == found);
    });
}

/// Every place is as likely, in every pair of places and of lines: chi-squared within six standard deviations. Steps that
/// are left out of the permutation are told.
#[test]
fn zeros_are_anywhere() {
    // Of `lines` columns of so many rows, half or so of each 0.
    let lines = 40_000u32;
    for (rows, zeros) in [(2, 1), (3, 1), (4, 2), (5, 1), (5, 2), (12, 6), (17, 9), (64, 30)] {
        let law = Zeros { each: Line::Column, rows, columns: lines, zeros };
        let law = Distribution::sparse(5.0, 0.01, law).unwrap();
        let found = values(&Fill::new(law, [rows.into(), lines.into()]).with_seed(42));
        let is_zero = |row: u32, line: u32| found[(row * lines + line) as usize] == 0.0;
        let (n, k, of) = (f64::from(rows), f64::from(zeros), f64::from(lines));
        let one = k / n;
        let both = one * (k - 1.0) / (n - 1.0).max(1.0);
        let mut worst = 0f64;
        for a in 0..rows {
            for b in 0..=a {
                let count = (0..lines).filter(|&line| is_zero(a, line) && is_zero(b, line)).count();
                let p = if a == b { one } else { both };
                let sigma = (of * p * (1.0 - p)).sqrt().max(1e-9);
                worst = worst.max((count as f64 - of * p).abs() / sigma);
            }
            // The same place in neighbouring lines, and the next place.
            for step in [0, 1] {
                let b = (a + step) % rows;
                let count = (1..lines).filter(|&it| is_zero(a, it) && is_zero(b, it - 1)).count();
                let p = one * one;
                let sigma = (of * p * (1.0 - p)).sqrt();
                worst = worst.max((count as f64 - (of - 1.0) * p).abs() / sigma);
            }
        }
        assert!(worst < 6.0, "{zeros} of {rows}: {worst} standard deviations");
    }
}

/// All permutations of a short line are met, about as often.
#[test]
fn every_choice_is_met() {
    let (rows, lines) = (6u32, 60_000u32);
    let law = Zeros { each: Line::Column, rows, columns: lines, zeros: 3 };
    let law = Distribution::sparse(5.0, 0.01, law).unwrap();
    let found = values(&Fill::new(law, [rows.into(), lines.into()]).with_seed(1));
    let mut counts = std::collections::HashMap::new();
    for line in 0..lines {
        let choice: u32 = (0..rows)
            .map(|row| u32::from(found[(row * lines + line) as usize] == 0.0) << row)
            .sum();
        *counts.entry(choice).or_insert(0u32) += 1;
    }
    assert_eq!(counts.len(), 20);
    let expected = f64::from(lines) / 20.0;
    let chi: f64 = counts.values().map(|&it| (f64::from(it) - expected).powi(2) / expected).sum();
    // 19 degrees of freedom: mean 19, standard deviation 6.2.
    assert!(chi < 19.0 + 6.0 * 6.2, "{chi}");
}

/// In the middle of a larger buffer, so that what must stay is seen too.
#[test]
fn every_gpu_makes_the_twins_bits() {
    for gpu in Gpu::all(wgpu::Features::SHADER_INT64) {
        let fillers = gpu.fillers();
        let config = ProptestConfig::with_cases(120);
        let parts = (laws(), dtypes(), prop::array::uniform6(0.0..1f64), any::<u8>(), 0..9u64);
        proptest!(config, |((whole, dtype, cuts, how, before) in parts)| {
            let fill = part(whole.with_dtype(dtype), cuts, how);
            let size = fill.bytes().unwrap();
            let before = before * dtype.size();
            let expected = twin(&fill);
            for filler in &fillers {
                let buffer = gpu.buffer((before + size + 8).next_multiple_of(4));
                let mut encoder = gpu.encoder();
                // wgpu makes no slice of nothing.
                if size > 0 {
                    filler.fill(&mut encoder, buffer.slice(before..before + size), &fill).unwrap();
                }
                gpu.queue.submit([encoder.finish()]);
                let found = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap();
                let (before, size) = (before as usize, size as usize);
                prop_assert!(found[before..before + size] == expected, "{}: {:?}", gpu.name, fill);
                let mut around = found[..before].iter().chain(&found[before + size..]);
                prop_assert!(around.all(|&byte| byte == 0), "{}: around it", gpu.name);
            }
        });
    }
}

/// One encoder, or one pass, whatever is made where; and a buffer that nothing can be copied to.
#[test]
fn what_the_host_makes_goes_the_same_way() {
    let square = Distribution::orthogonal(1.0, Matrices::one(70, 70)).unwrap();
    let normal = Distribution::normal(0.0, 1.0).unwrap();
    let ids = Distribution::arange(0.0, 1.0, 33).unwrap();
    let fills = [
        Fill::new(normal, [1000]).with_name("a"),
        Fill::new(square, [70, 70]).with_name("b"),
        Fill::new(normal, [33, 77]).with_name("c").with_dtype(Dtype::F64),
        Fill::new(ids, [3, 33]).with_dtype(Dtype::I64),
        Fill::new(normal, [1001]).with_name("d").with_dtype(Dtype::BF16),
        Fill::new(Distribution::constant(1.0).unwrap(), [40]).with_dtype(Dtype::Bool),
    ];
    for gpu in Gpu::all(wgpu::Features::empty()) {
        let filler = Filler::new(&gpu.device).unwrap();
        filler.prepare(&fills).unwrap();
        for in_pass in [false, true] {
            let buffers: Vec<wgpu::Buffer> = fills
                .iter()
                .map(|fill| {
                    gpu.device.create_buffer(&wgpu::BufferDescriptor {
                        label: None,
                        size: fill.bytes().unwrap().next_multiple_of(4),
                        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
                        mapped_at_creation: false,
                    })
                })
                .collect();
            let slices = || {
                buffers
                    .iter()
                    .zip(&fills)
                    .map(|(buffer, fill)| (buffer.slice(..fill.bytes().unwrap()), fill))
            };
            let mut encoder = gpu.encoder();
            if in_pass {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                filler.fill_in_pass(&mut pass, slices()).unwrap();
            } else {
                filler.fill_many(&mut encoder, slices()).unwrap();
            }
            gpu.queue.submit([encoder.finish()]);
            for (slice, fill) in slices() {
                let found = read_back_blocking(&gpu.device, &gpu.queue, slice).unwrap();
                assert!(found == twin(fill), "{}: {fill:?}", gpu.name);
            }
        }
    }
}

#[test]
fn wide_values_are_those_of_f32() {
    for law in [
        Distribution::normal(0.0, 0.02).unwrap(),
        Distribution::uniform(-0.3, 0.7).unwrap(),
        Distribution::truncated_normal(0.0, 0.02, -0.03, 0.04).unwrap(),
        Distribution::normal(0.0, 1e-38).unwrap(),
    ] {
        let narrow = Fill::new(law, [300, 301]).with_seed(42);
        let wide = twin(&narrow.clone().with_dtype(Dtype::F64));
        let wide: Vec<f64> = wide.as_chunks().0.iter().map(|it| f64::from_le_bytes(*it)).collect();
        assert!(
            wide.iter().zip(values(&narrow)).all(|(a, b)| a.to_bits() == f64::from(b).to_bits())
        );
    }
}

#[test]
fn integers_hold_what_they_can() {
    let constant = |value| Distribution::constant(value).unwrap();
    let arange = |start, step, period| Distribution::arange(start, step, period).unwrap();
    for (law, dtype, goes) in [
        (constant(1.0), Dtype::I64, true),
        (constant(0.5), Dtype::I64, false),
        (constant(-1.0), Dtype::U8, false),
        (constant(255.0), Dtype::U8, true),
        (constant(256.0), Dtype::U8, false),
        (constant(2.0), Dtype::Bool, false),
        (constant(9.3e18), Dtype::I64, false),
        (constant(3e9), Dtype::I32, false),
        (constant(16_777_217.0), Dtype::I64, false),
        (constant(16_777_215.0), Dtype::I64, true),
        (constant(1.0), Dtype::U32, false),
        (arange(0.0, 1.0, 256), Dtype::U8, true),
        (arange(0.0, 1.0, 257), Dtype::U8, false),
        (arange(10.0, -1.0, 11), Dtype::U8, true),
        (arange(0.0, 0.5, 3), Dtype::I64, false),
        (eye(&[3, 3]).unwrap(), Dtype::Bool, true),
        (Distribution::normal(0.0, 1.0).unwrap(), Dtype::I32, false),
    ] {
        let fill = Fill::new(law, [1, 12]).with_dtype(dtype);
        assert_eq!(fill.bytes().is_ok(), goes, "{law} as {dtype}");
        if let Err(error) = fill.bytes() {
            assert!(matches!(error, FillError::Dtype { .. }), "{error}");
        }
    }
    let ids = Fill::new(arange(-3.0, 2.0, 4), [2, 4]).with_dtype(Dtype::I32);
    let ids: Vec<i32> = twin(&ids).as_chunks().0.iter().map(|it| i32::from_le_bytes(*it)).collect();
    assert_eq!(ids, [-3, -1, 1, 3, -3, -1, 1, 3]);
}

/// In no dtype does a uniform leave its bounds, nor does a truncated normal.
#[test]
fn bounds_are_kept_in_every_dtype() {
    let bounds = (-1e5..1e5f64, 0.0..1e5f64, -40..1i32);
    proptest!(ProptestConfig::with_cases(300), |((low, width, power) in bounds)| {
        let scale = 2f64.powi(power);
        let [low, high] = [low * scale, (low + width) * scale].map(|it| f64::from(it as f32));
        for law in [
            Distribution::uniform(low, high),
            Distribution::truncated_normal(0.5 * (low + high), high - low, low, high),
        ] {
            let law = law.unwrap();
            let uniform = matches!(law.kind(), Kind::Uniform { .. });
            for &dtype in Dtype::FLOATS {
                let format = dtype.float_format().unwrap();
                let last = if uniform { format.below(high) } else { format.up_to(high) };
                // The dtype has a value within the bounds, and not only beside them.
                if last < low || low == high {
                    continue;
                }
                let fill = Fill::new(law, [5000]).with_dtype(dtype);
                for code in twin(&fill).chunks(dtype.size() as usize) {
                    let code = code.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte));
                    let value = format.decode(code);
                    prop_assert!((low..=last).contains(&value), "{} of {} as {}", value, law, dtype);
                }
            }
        }
    });
}

/// A matrix is made once, whatever pieces are asked of it.
#[test]
fn pieces_of_what_is_made_whole() {
    let shape = [3, 40, 30];
    let law = orthogonal(&shape, Orthogonal { batch: 1, gain: 2.0, ..Orthogonal::default() });
    let whole = Fill::new(law.unwrap(), shape).with_seed(1).with_dtype(Dtype::BF16);
    let prepared = cpu::Prepared::of(&whole).unwrap();
    let all = twin(&whole);
    for start in (0..3600).step_by(100) {
        let window = whole.clone().window(start, 100).unwrap();
        let mut piece = [0; 200];
        prepared.fill(&window, &mut piece).unwrap();
        assert_eq!(piece, all[2 * start as usize..][..200]);
    }
    // Of another seed it is of no use, and the values are right all the same.
    let other = whole.clone().with_seed(2);
    assert!(prepared.serves(&whole) && !prepared.serves(&other));
    let mut bytes = vec![0; all.len()];
    prepared.fill(&other, &mut bytes).unwrap();
    assert!(bytes == twin(&other) && bytes != all);
    // Nor is it of any use for another law.
    for law in [
        Distribution::arange(0.0, 1.0, 30).unwrap(),
        Distribution::normal(0.0, 1.0).unwrap(),
        eye(&[40, 30]).unwrap(),
    ] {
        let other = Fill::new(law, [40, 30]).with_seed(1).with_dtype(Dtype::F64);
        let mut bytes = vec![0; other.bytes().unwrap() as usize];
        prepared.fill(&other, &mut bytes).unwrap();
        assert!(bytes == twin(&other), "{law}");
    }
    // Each slice is a matrix by itself, and no two are alike.
    let f32s = values(&whole.with_dtype(Dtype::F32));
    let firsts: HashSet<u32> = (0..3).map(|at| f32s[at * 1200].to_bits()).collect();
    assert_eq!(firsts.len(), 3);
    for matrix in f32s.chunks(1200) {
        for (a, b) in (0..30).flat_map(|a| (0..=a).map(move |b| (a, b))) {
            let dot: f64 = matrix.chunks(30).map(|row| f64::from(row[a]) * f64::from(row[b])).sum();
            assert!((dot - if a == b { 4.0 } else { 0.0 }).abs() < 1e-6);
        }
    }
}
