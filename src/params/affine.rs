//! `value = x·scale + offset` within bounds: what a kernel is told, kept out of reach of the subnormal
//! numbers.

use super::Params;
use crate::{
    Dtype, Kind,
    float_format::{FloatFormat, power_of_two},
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
        let format = dtype.float_format().unwrap_or(FloatFormat::F32);
        match kind {
            Kind::Bits | Kind::Orthogonal { .. } | Kind::Arange { .. } | Kind::Formula(_) => {
                Self::default()
            }
            Kind::Constant { value } | Kind::Diagonal { value, .. } => {
                let offset = if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value };
                Self { offset, ..Self::default() }
            }
            Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
                let everything = Self { limit: f32::INFINITY, ..Self::default() };
                Self { scale: std, offset: mean, ..everything }.scaled_up()
            }
            Kind::TruncatedNormal { mean, std, low, high } => {
                let [low, high] = bounds(low, high);
                let limit = format.up_to(high.into()) as f32;
                // Unless the dtype has none between the two.
                let low = least(format, low).min(limit) + 0.0;
                Self { scale: std, offset: mean, low, limit, down: 0 }.scaled_up()
            }
            Kind::Uniform { low, high } => {
                let [low, high] = bounds(low, high);
                let limit = if low < high { format.below(high.into()) as f32 } else { low };
                let least = least(format, low).min(limit) + 0.0;
                let span =
                    Self { scale: high - low, offset: low, low: least, limit, down: 0 }.scaled_up();
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

/// The least value of a format from `low` on.
fn least(format: FloatFormat, low: f32) -> f32 {
    -format.up_to(f64::from(-low)) as f32
}

/// Between subnormal bounds there is only the zero that stands for all of them.
fn bounds(low: f32, high: f32) -> [f32; 2] {
    let nothing_else = low.abs().max(high.abs()) < f32::MIN_POSITIVE;
    if nothing_else { [0.0; 2] } else { [low, high] }
}
