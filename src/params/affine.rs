//! `value = x·scale + offset` within bounds: what a kernel is told, kept out of reach of the subnormal
//! numbers.

use super::Params;
use crate::{
    Dtype, Kind,
    cpu::{power_of_two, small_float::largest_below},
};

#[derive(Clone, Copy, Default)]
pub(super) struct Affine {
    pub(super) scale: f32,
    pub(super) offset: f32,
    pub(super) low: f32,
    pub(super) limit: f32,
    pub(super) down: u32,
}

impl Affine {
    pub(super) fn new(kind: Kind, dtype: Dtype) -> Self {
        match kind {
            Kind::Bits => Self::default(),
            Kind::Constant { value } => {
                let offset = if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value };
                Self { offset, ..Self::default() }
            }
            Kind::Normal { mean, std } => {
                let everything = Self { limit: f32::INFINITY, ..Self::default() };
                Self { scale: std, offset: mean, ..everything }.scaled_up()
            }
            Kind::TruncatedNormal { mean, std, low, high } => {
                let [low, high] = bounds(low, high);
                let limit = largest_up_to(dtype, high);
                // The least value from `low` on, unless the dtype has none between the two.
                let low = (-largest_up_to(dtype, -low)).min(limit) + 0.0;
                Self { scale: std, offset: mean, low, limit, down: 0 }.scaled_up()
            }
            Kind::Uniform { low, high } => {
                let [low, high] = bounds(low, high);
                let limit =
                    if low < high { largest_below(dtype, high, next_below(high)) } else { low };
                let span = Self { scale: high - low, offset: low, low, limit, down: 0 }.scaled_up();
                Self { scale: span.scale * power_of_two(-24), ..span }
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
    fn scaled_up(self) -> Self {
        let Self { scale, offset, low, limit, .. } = self;
        let up = power_of_two(96);
        let tiny = |x: f32, bound: i32| x != 0.0 && x.abs() < power_of_two(bound);
        if scale == 0.0 && !tiny(offset, -100) {
            Self { down: Params::CAREFUL, ..self }
        } else if !tiny(scale, -80) && !tiny(offset, -100) && scale != 0.0 {
            self
        } else if scale.max(offset.abs()) < power_of_two(-16) {
            let [scale, offset, low, limit] = [scale, offset, low, limit].map(|x| x * up);
            Self { scale, offset, low, limit, down: Params::CAREFUL | 96 }
        } else if tiny(scale, -80) {
            Self { scale: 0.0, down: Params::CAREFUL, ..self }
        } else {
            // Seen only where x is 0.
            let offset = if offset.is_normal() { offset } else { 0.0 };
            Self { offset, down: Params::CAREFUL, ..self }
        }
    }
}

/// Between subnormal bounds there is only the zero that stands for all of them.
fn bounds(low: f32, high: f32) -> [f32; 2] {
    let nothing_else = low.abs().max(high.abs()) < f32::MIN_POSITIVE;
    if nothing_else { [0.0; 2] } else { [low, high] }
}

/// The largest value of a dtype, among those of the contract, up to `high`.
fn largest_up_to(dtype: Dtype, high: f32) -> f32 {
    let high = if high.is_subnormal() { next_below(high) } else { high };
    largest_below(dtype, high.next_up(), high)
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
        assert_eq!(next_below(1.0), 1.0 - power_of_two(-24));
        assert_eq!(next_below(f32::MIN_POSITIVE), 0.0);
        assert_eq!(next_below(0.0), -f32::MIN_POSITIVE);
        assert_eq!(next_below(-1.0), -1.0 - power_of_two(-23));
    }
}
