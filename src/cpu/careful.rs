//! Arithmetic that may meet subnormal numbers, which drivers treat differently: done out of their
//! reach, on operands that the host scaled up by 2^96 ([`Params`]).

use crate::{Params, float_format::power_of_two};

/// |x·scale| in units of 2^-53, which is 2^-149 scaled up, rounded once to nearest-even.
#[inline(always)]
fn in_units(x: f32, scale: f32) -> f32 {
    let mantissa = |x: f32| u64::from((x.to_bits() & 0x7f_ffff) | 0x80_0000);
    let exponent = |x: f32| (x.to_bits() >> 23) & 0xff;
    let places = 247 - (exponent(x) + exponent(scale)).min(223);
    if places > 49 {
        return 0.0;
    }
    let product = mantissa(x) * mantissa(scale);
    let odd = (product >> places) & 1;
    ((product + (1 << (places - 1)) - 1 + odd) >> places) as f32
}

/// x·scale, rounded as binary32 rounds it.
#[inline(always)]
pub(crate) fn scaled(x: f32, params: &Params) -> f32 {
    let product = x * params.scale;
    // From 2^-126 on, scaled up, or where nothing was scaled: nothing to be careful of.
    if params.down & 0xff == 0 || product.abs() >= power_of_two(-30) || product == 0.0 {
        return product;
    }
    (in_units(x, params.scale) * power_of_two(-53)).copysign(x)
}

/// The bits to store: scaled down in integers, and what falls below 2^-126 is +0.
#[inline(always)]
pub(crate) fn finish(value: f32, down: u32) -> u32 {
    let word = value.to_bits();
    let shift = (down & 0xff) << 23;
    let vanishes = (word & 0x7fff_ffff) < shift + 0x0080_0000;
    if vanishes { 0 } else { word.wrapping_sub(shift) }
}
