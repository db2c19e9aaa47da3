//! What any caller may ask for, from plain numbers: each step is an error or keeps its promises.
//! The property tests and the fuzz target `plan` run the same checks.

use wgpu_weights::{
    Convention, Distribution, Dtype, FanMode, Fill, Kaiming, Kind, Nonlinearity, Xavier, cpu,
    kaiming_normal, kaiming_uniform,
    kernel::Store,
    plan::{Limits, plan},
    shard::chunk,
    xavier_normal, xavier_uniform,
};

/// One of a list, whatever the number.
fn pick<T: Copy>(of: &[T], number: u64) -> T {
    of[(number % of.len() as u64) as usize]
}

/// The distribution that these numbers ask for, if there is one.
pub(crate) fn distribution(
    shape: &[u64],
    [x, y]: [f64; 2],
    [scheme, names]: [u64; 2],
) -> Option<Distribution> {
    let convention = pick(Convention::ALL, names);
    let nonlinearity = pick(Nonlinearity::ALL, names >> 3);
    let kaiming = Kaiming {
        nonlinearity: if names & 2 == 0 { nonlinearity.with_slope(y) } else { nonlinearity },
        gain: x,
        mode: pick(FanMode::ALL, names >> 2),
        convention,
    };
    let xavier = Xavier { gain: x, convention };
    // A truncation somewhere around the mean, or anywhere.
    let low = if names & 1 == 0 { x + y * f64::from(names as i8) / 16.0 } else { y };
    let high = low + y.abs() * f64::from((names >> 8) as u8) / 16.0;
    let distribution = match scheme % 9 {
        0 => kaiming_normal(shape, kaiming).ok(),
        1 => kaiming_uniform(shape, kaiming).ok(),
        2 => xavier_normal(shape, xavier).ok(),
        3 => xavier_uniform(shape, xavier).ok(),
        4 => Distribution::normal(x, y).ok(),
        5 => Distribution::uniform(x, y).ok(),
        6 => Distribution::constant(x).ok(),
        7 => Distribution::truncated_normal(x, y, low, high).ok(),
        _ => Some(Distribution::bits()),
    }?;
    assert!(scheme % 9 > 7 || x.is_finite(), "{x} is no parameter");
    Some(distribution)
}

/// A window, a shard, a box or a window of one, straight or transposed, if there is one.
pub(crate) fn cut(whole: Fill, [how, dim, first, count, part, parts]: [u64; 6]) -> Option<Fill> {
    // Every other one of those that have a matrix is stored the other way.
    let whole = match how >> 63 {
        1 => whole.clone().transposed().unwrap_or(whole),
        _ => whole,
    };
    let cut = match how % 5 {
        0 => whole.window(first, count).ok()?,
        1 => whole.shard(dim as usize, first..count).ok()?,
        2 => {
            let size = *whole.sizes().get(dim as usize)?;
            let range = chunk(size, first, count).ok()?;
            assert!(range.start <= range.end && range.end <= size);
            whole.shard(dim as usize, range).ok()?
        }
        3 => {
            // Something of every dimension, of which `how` says what.
            let (sizes, mut dims) = (whole.sizes(), 0..);
            let range = |&size: &u64| {
                let bits = how.rotate_right(8 * dims.next()?);
                let start = size.saturating_sub(1).min(bits & 15);
                Some(start..size - (size - start).min(bits >> 4 & 15))
            };
            let ranges: Vec<_> = sizes.iter().filter_map(range).collect();
            whole.region(&ranges).ok()?
        }
        _ => whole,
    };
    // Whatever the element, it has an index.
    let _ = (cut.index_of(part), cut.bytes());
    let part = cut.clone().window(part, parts);
    Some(part.unwrap_or(cut)).filter(|cut| cut.bytes().is_ok())
}

/// Dispatches that are looked at: a hostile device could ask for 2^62.
const LOOKED_AT: usize = 2000;

/// The dispatches lie one after another, cover every byte, and keep within what a device allows.
pub(crate) fn dispatches(fill: &Fill, offset: u64, limits: Limits) {
    let (Ok(dispatches), Ok(bytes)) = (plan(fill, offset, limits), fill.bytes()) else { return };
    let Some(size) = bytes.checked_div(fill.count()) else {
        assert_eq!(dispatches.count(), 0);
        return;
    };
    if !offset.is_multiple_of(size) {
        // The caller's mistake, which `Filler` refuses: nothing is promised but an end.
        assert!(dispatches.take(LOOKED_AT).count() <= LOOKED_AT);
        return;
    }
    let end = offset + bytes;
    let real = limits.alignment.is_power_of_two()
        && (4..=1 << 12).contains(&limits.alignment)
        && limits.max_binding >= 1 << 16
        && limits.max_workgroups >= 16;
    let (mut at, mut count, mut transposed) = (offset, 0, false);
    for dispatch in dispatches.take(LOOKED_AT) {
        let params = dispatch.params;
        assert!(dispatch.bind_offset <= at && dispatch.bind_size > 0);
        assert!(params.first < params.end, "{dispatch:?} stores nothing");
        if limits.alignment <= 1 << 12 {
            let from = dispatch.bind_offset + 4 * u64::from(params.word);
            assert_eq!(from + u64::from(params.first) * size, at, "{dispatch:?}");
            at = from + u64::from(params.end) * size;
        } else {
            // A binding may begin further away than any word of it can be numbered.
            at += u64::from(params.end - params.first) * size;
        }
        let [x, y] = dispatch.workgroups;
        assert!(x > 0 && y > 0 && x.max(y) <= limits.max_workgroups.max(1), "{dispatch:?}");
        if real {
            assert!(dispatch.bind_offset.is_multiple_of(limits.alignment));
            assert!(dispatch.bind_size <= limits.max_binding, "{dispatch:?}");
            let bound = u128::from(dispatch.bind_offset) + u128::from(dispatch.bind_size);
            assert!((at.into()..=u128::from(end) + 3).contains(&bound), "{dispatch:?}");
        }
        count += 1;
        transposed |= matches!(dispatch.store, Store::Transposed | Store::TransposedAligned);
    }
    assert!(at == end || count == LOOKED_AT && at < end, "{at} is not {end}");
    if real {
        let groups = u64::from(limits.max_workgroups);
        let least = (limits.max_binding / 2)
            .min((4096 * size).saturating_mul(groups))
            .min(groups.saturating_mul(groups).saturating_mul(4096))
            .min(size << 20);
        // The end of a row, of a matrix, whole matrices, rows, the beginning of one; runs have no matrices.
        let each = if transposed { 5 } else { 3 };
        let most = each * (1 + bytes / least + slabs(fill, transposed));
        assert!((count as u64) <= most, "{count} dispatches for {bytes} bytes of {fill:?}");
    }
}

/// At most so many times more a box is cut that is narrowed in more dimensions than its matrices and one distance
/// between them, or between its runs, can say.
fn slabs(fill: &Fill, transposed: bool) -> u64 {
    let sizes = fill.sizes();
    let narrowed = sizes.iter().zip(fill.shape()).filter(|(size, whole)| size < whole).count();
    let outer =
        sizes.iter().rev().skip(2).fold(1u64, |product, &size| product.saturating_mul(size));
    if narrowed > usize::from(!transposed) { outer.min(LOOKED_AT as u64) } else { 0 }
}

/// The values are numbers that the contract has.
pub(crate) fn values(fill: &Fill) {
    let fill = fill.clone().window(0, fill.count().min(1000)).unwrap();
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(&fill, &mut bytes).unwrap();
    if fill.dtype() != Dtype::F32 {
        return;
    }
    for value in bytes.chunks(4).map(|it| f32::from_le_bytes(it.try_into().unwrap())) {
        assert!(!value.is_nan() && !value.is_subnormal(), "{value} of {fill:?}");
        assert!(value.to_bits() != (-0f32).to_bits(), "-0 of {fill:?}");
        if let Kind::TruncatedNormal { low, high, .. } = fill.distribution().kind() {
            // Zero stands for subnormal numbers too.
            assert!(value == 0.0 || (low..=high).contains(&value), "{value} of {fill:?}");
        }
    }
}

/// All of it.
pub(crate) fn run(shape: &[u64], floats: [f64; 2], n: [u64; 16]) {
    let [scheme, names, how, dim, first, count, part, parts, dtype, ..] = n;
    let [.., seed, stream, offset, max_binding, alignment, max_workgroups] = n;
    let Some(distribution) = distribution(shape, floats, [scheme, names]) else { return };
    let dtypes = [Dtype::FLOATS, &[Dtype::U32]].concat();
    let mut fill = Fill::new(distribution, shape).with_seed(seed).with_stream(stream);
    if dtype != 0 {
        fill = fill.with_dtype(pick(&dtypes, dtype));
    }
    let Some(fill) = cut(fill, [how, dim, first, count, part, parts]) else { return };
    let limits = Limits { max_binding, alignment, max_workgroups: max_workgroups as u32 };
    dispatches(&fill, offset, limits);
    values(&fill);
}
