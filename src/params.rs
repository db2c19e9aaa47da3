//! What one dispatch is told: the layout that the WGSL, the CPU twin and any port share.

use bytemuck::{Pod, Zeroable};

use crate::{Dtype, Fill, Kind, cpu::small_float::largest_below};

/// The uniform buffer of a dispatch: `Params` in `shaders/params.wgsl`, field by field.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Params {
    /// First Philox block of granule 0, low word first.
    pub block: [u32; 2],
    /// The seed, low word first.
    pub key: [u32; 2],
    /// The stream, low word first.
    pub stream: [u32; 2],
    /// Granules of 16 output bytes in this dispatch.
    pub granules: u32,
    /// Invocations in one row of the dispatch's two-dimensional grid.
    pub row: u32,
    /// `value = x·scale + offset`: the standard deviation, or (high - low)·2^-24.
    pub scale: f32,
    /// The mean, the lower bound or the constant.
    pub offset: f32,
    /// The largest value of a uniform: in its dtype, the next one below `high`.
    pub limit: f32,
    /// 0, or [`CAREFUL`](Self::CAREFUL) and the power of two that all three were scaled up by.
    pub down: u32,
    /// The first element of the dispatch that is stored.
    pub first: u32,
    /// The element after the last one stored.
    pub end: u32,
    /// Where granule 0 begins in the binding, in words of 4 bytes.
    pub word: u32,
    /// The word of its block that element 0 of granule 0 owns.
    pub phase: u32,
    /// Zero; the shaders take it for a number that could be anything.
    pub zero: u32,
    /// Elements in a run; 0 except for [`Store::Strided`](crate::kernel::Store::Strided), where `block`
    /// is the index of a run's first element and `phase` the element of that run that element `first` is.
    pub run: u32,
    /// From one run to the next, in elements, low word first.
    pub stride: [u32; 2],
}

impl Params {
    /// Marks, in `down`, a distribution whose values may be subnormal or zero.
    pub const CAREFUL: u32 = 0x100;

    /// What a fill says of values; where they go is zero.
    pub(crate) fn of_values(fill: &Fill) -> Self {
        let affine = Affine::new(fill.distribution.kind(), fill.dtype);
        Self {
            key: words(fill.seed),
            stream: words(fill.stream),
            scale: affine.scale,
            offset: affine.offset,
            limit: affine.limit,
            down: affine.down,
            ..Self::zeroed()
        }
    }

    /// With granule 0 beginning at this element, which may lie before the tensor (then none of
    /// the elements before it is stored).
    pub(crate) fn at_element(self, element: i128) -> Self {
        // Blocks are counted modulo 2^64, as the shader's sums are.
        let block = words(element.div_euclid(4) as u64);
        Self { block, phase: element.rem_euclid(4) as u32, ..self }
    }
}

/// Low word first.
pub(crate) const fn words(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

struct Affine {
    scale: f32,
    offset: f32,
    limit: f32,
    down: u32,
}

impl Affine {
    fn new(kind: Kind, dtype: Dtype) -> Self {
        match kind {
            Kind::Bits => Self { scale: 0.0, offset: 0.0, limit: 0.0, down: 0 },
            Kind::Constant { value } => {
                let value = if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value };
                Self { scale: 0.0, offset: value, limit: 0.0, down: 0 }
            }
            Kind::Normal { mean, std } => Self::scaled_up(std, mean, f32::INFINITY),
            Kind::Uniform { low, high } => {
                let limit =
                    if low < high { largest_below(dtype, high, next_below(high)) } else { low };
                let span = Self::scaled_up(high - low, low, limit);
                Self { scale: span.scale * 0.5f32.powi(24), ..span }
            }
        }
    }

    /// Keeps the arithmetic out of reach of the subnormal numbers; the careful kernels then round as
    /// binary32 rounds with them.
    ///
    /// The least |x| above zero is 2^-41 (a radius of 2^-17, a sine of 2^-24·π/4) or, for a uniform,
    /// 2^-24. From a scale of 2^-80 on no product is subnormal, and from an offset of 2^-100 on no sum is (it
    /// is a multiple of the offset's last bit). Below, all is scaled up by 2^96, unless the
    /// larger of the two is above 2^-16: beside that the other cannot be seen at all.
    fn scaled_up(scale: f32, offset: f32, limit: f32) -> Self {
        let up = 2f32.powi(96);
        let tiny = |x: f32, bound: i32| x != 0.0 && x.abs() < 2f32.powi(bound);
        if scale == 0.0 && !tiny(offset, -100) {
            Self { scale, offset, limit, down: Params::CAREFUL }
        } else if !tiny(scale, -80) && !tiny(offset, -100) && scale != 0.0 {
            Self { scale, offset, limit, down: 0 }
        } else if scale.max(offset.abs()) < 2f32.powi(-16) {
            let down = Params::CAREFUL | 96;
            Self { scale: scale * up, offset: offset * up, limit: limit * up, down }
        } else if tiny(scale, -80) {
            Self { scale: 0.0, offset, limit, down: Params::CAREFUL }
        } else {
            // Seen only where x is 0.
            let offset = if offset.is_normal() { offset } else { 0.0 };
            Self { scale, offset, limit, down: Params::CAREFUL }
        }
    }
}

/// The next value below, among those of the contract: zero and the normal numbers.
fn next_below(value: f32) -> f32 {
    let below = value.next_down();
    if below.is_normal() {
        below
    } else if value > 0.0 {
        0.0
    } else {
        -f32::MIN_POSITIVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_below_skips_the_subnormal_numbers() {
        assert_eq!(next_below(1.0), 1.0 - 0.5f32.powi(24));
        assert_eq!(next_below(f32::MIN_POSITIVE), 0.0);
        assert_eq!(next_below(0.0), -f32::MIN_POSITIVE);
        assert_eq!(next_below(-1.0), -1.0 - 0.5f32.powi(23));
    }

    #[test]
    fn a_granule_may_begin_before_the_tensor() {
        let params = Params::zeroed().at_element(-3);
        assert_eq!((params.block, params.phase), ([u32::MAX; 2], 1));
        let params = Params::zeroed().at_element((1 << 34) + 5);
        assert_eq!((params.block, params.phase), ([1, 1], 1));
    }
}
