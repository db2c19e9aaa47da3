//! Hostile numbers: shapes, scales, windows, shards, limits. Never a panic, never more than was
//! asked for.

mod input;

use proptest::prelude::*;
use wgpu_weights::{Distribution, Fill, FillError, plan::Limits};

/// Numbers at which careless arithmetic breaks, and any other.
fn numbers() -> impl Strategy<Value = u64> {
    let powers = (0u32..64).prop_flat_map(|power| {
        let near = 1u64 << power;
        (near.saturating_sub(3)..=near.saturating_add(3)).boxed()
    });
    prop_oneof![3 => 0..70u64, 3 => powers, 1 => u64::MAX - 5..=u64::MAX, 1 => any::<u64>()]
}

fn floats() -> impl Strategy<Value = f64> {
    let edges = [
        0.0,
        -0.0,
        1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::from(f32::MAX),
        -f64::from(f32::MAX),
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::from(f32::MIN_POSITIVE),
        1e-45,
        -1e-40,
        -1.0,
    ];
    let powers = (-1100i32..1100).prop_map(|power| 2f64.powi(power));
    prop_oneof![
        2 => proptest::sample::select(edges.to_vec()),
        2 => any::<f32>().prop_map(f64::from),
        1 => any::<f64>(),
        1 => powers,
    ]
}

fn shapes() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(numbers(), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 20 } else { 20_000 }))]

    #[test]
    fn anything_at_all(
        shape in shapes(),
        x in floats(),
        y in floats(),
        numbers in proptest::array::uniform16(numbers()),
    ) {
        input::run(&shape, [x, y], numbers);
    }

    #[test]
    fn any_fill_on_any_device(
        start in numbers(),
        count in numbers(),
        elements in numbers(),
        dtype in numbers(),
        max_binding in numbers(),
        alignment in numbers(),
        max_workgroups in numbers(),
        std in floats(),
    ) {
        let Ok(normal) = Distribution::normal(0.0, std) else { return Ok(()) };
        let dtypes = wgpu_weights::Dtype::FLOATS;
        let dtype = dtypes[(dtype % dtypes.len() as u64) as usize];
        let fill = Fill::new(normal, [u64::MAX]).with_dtype(dtype);
        let Ok(fill) = fill.window(start, count) else { return Ok(()) };
        let offset = elements.saturating_mul(dtype.size());
        let limits = Limits { max_binding, alignment, max_workgroups: max_workgroups as u32 };
        input::dispatches(&fill, offset, limits);
    }

    #[test]
    fn any_shard_on_any_device(
        shape in proptest::collection::vec(1..10_000u64, 1..4),
        dim in 0..3usize,
        start in 0..10_000u64,
        count in 0..10_000u64,
        elements in 0..100u64,
        max_binding in prop_oneof![1 << 16..1u64 << 31, numbers()],
        alignment in prop_oneof![Just(256), Just(32), numbers()],
        max_workgroups in prop_oneof![16..65_536u32, any::<u32>()],
    ) {
        let whole = Fill::new(Distribution::bits(), &shape);
        let end = start.saturating_add(count).min(*shape.get(dim).unwrap_or(&0));
        let Ok(fill) = whole.shard(dim, start..end) else { return Ok(()) };
        input::dispatches(&fill, 4 * elements, Limits { max_binding, alignment, max_workgroups });
    }
}

#[test]
fn a_window_beyond_the_last_index() {
    let fill = Fill::new(Distribution::bits(), [u64::MAX]);
    let (start, count) = (u64::MAX - 4, 10);
    assert_eq!(fill.window(start, count), Err(FillError::Window { start, count, of: u64::MAX }));
}

/// The end of a row, whole rows, the beginning of one: rows are left to the next dispatch only where a binding ends.
#[test]
fn a_window_of_short_transposed_rows() {
    let fill = Fill::new(Distribution::bits(), [5, 15]).transposed().unwrap();
    let fill = fill.window(1, 30).unwrap();
    let limits = Limits { max_binding: 1 << 27, alignment: 256, max_workgroups: 65_535 };
    assert_eq!(wgpu_weights::plan::plan(&fill, 0, limits).unwrap().count(), 3);
}

/// Where a binding is no longer than the alignment, its last word is reached and not passed.
#[test]
fn the_last_bytes_of_a_small_binding() {
    let uniform = Distribution::uniform(0.0, 1.0).unwrap();
    for (max_binding, max_workgroups) in [(4096, 8640), (16_384, 256), (16_384, 1)] {
        let limits = Limits { max_binding, alignment: max_binding, max_workgroups };
        for before in 1..9 {
            let fill = Fill::new(uniform, [8]).with_dtype(wgpu_weights::Dtype::F8E4M3);
            let offset = max_binding - before;
            input::dispatches(&fill, offset, limits);
            for dispatch in wgpu_weights::plan::plan(&fill, offset, limits).unwrap() {
                assert!(dispatch.bind_size <= max_binding, "{before}: {dispatch:?}");
            }
        }
    }
}
