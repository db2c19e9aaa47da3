//! Normal, by Box-Muller: a pair of words makes a pair of values.
//!
//! Every line stands in `shaders/box_muller.wgsl` too. The polynomials are minimax fits. The bound is
//! proved by exhaustion (`proof/`).
#![allow(
    clippy::approx_constant,
    clippy::excessive_precision,
    reason = "coefficients of a fit, in as many digits as f32 has"
)]

use super::{
    Blocks, Words, affine,
    log_root::{minus_log2, polynomial, root},
    philox,
};
use crate::{Params, float_format::power_of_two};

/// `sin(π/4 s) / 4s` and `cos(π/4 s) / 4` in powers of s², highest first.
const SIN: [f32; 4] = [-9.090_654e-6, 0.000_622_669_6, -0.020_186_432, 0.196_349_55];
const COS: [f32; 4] = [-7.938_99e-5, 0.003_962_013, -0.077_105_9, 0.249_999_985];

/// 4√(-2 ln u), u = (word + 1/2)·2^-32: positive, at most 27.1.
///
/// ```
/// let r = wgpu_weights::cpu::box_muller::radius(1 << 31) / 4.0;
/// assert!((r - 1.177_41).abs() < 1e-5); // the median of the radius, √(2 ln 2)
/// ```
#[inline(always)]
pub fn radius(word: u32) -> f32 {
    // As a signed number, 2·word + 1 is the distance from 1 where u is above 1/2. The product and
    // both addends are exact, so one rounding is all there is.
    let high = ((word as i32) >> 16) as f32;
    let low = (((word << 1) & 0x1_ffff) | 1) as f32;
    let distance = high * 131_072.0 + low;

    // u = (1 + f/2)·2^-k.
    let bits = distance.to_bits();
    let k = (159 - (bits >> 23) as i32).max(0) as f32;
    let below_half = f32::from_bits((bits & 0x7f_ffff) | 0x3f80_0000) - 2.0;
    let f = if distance < 0.0 { distance * power_of_two(-32) } else { below_half };

    root(minus_log2(k, f))[0]
}

/// (cos, sin)(2πv) / 4, v = (word + 1/2)·2^-32.
///
/// ```
/// let [c, s] = wgpu_weights::cpu::box_muller::direction(1 << 30).map(|d| d * 4.0);
/// assert!(c.abs() < 1e-6 && (s - 1.0).abs() < 1e-6); // a quarter turn
/// ```
#[inline(always)]
pub fn direction(word: u32) -> [f32; 2] {
    // The angle from the nearest multiple of π/2, to the nearest 2^-24 of π/4.
    let s = (((((word << 2) as i32) >> 6) + 1) >> 1) as f32 * power_of_two(-24);
    let x = s * s;
    let sine = s * polynomial(x, SIN);
    let cosine = polynomial(x, COS);

    // Odd quadrants swap the two; the cosine is negative in quadrants 1 and 2, the sine in 2 and 3. The
    // shader gives the signs to the products with the radius, whose fences they are: the same bits, but
    // dearer here.
    let quadrant = word.wrapping_add(0x2000_0000);
    let swapped = quadrant & 0x4000_0000 != 0;
    let (c, d) = if swapped { (sine, cosine) } else { (cosine, sine) };
    [
        f32::from_bits(c.to_bits() ^ (quadrant.wrapping_add(0x4000_0000) & 0x8000_0000)),
        f32::from_bits(d.to_bits() ^ (quadrant & 0x8000_0000)),
    ]
}

#[inline(always)]
fn normal_pair<const CAREFUL: bool>(x: u32, y: u32, params: &Params) -> [u32; 2] {
    let r = radius(x);
    direction(y)
        .map(|d| affine::finish::<CAREFUL>(affine::affine::<CAREFUL>(r * d, params), params))
}

#[inline(always)]
pub(crate) fn draw<const CAREFUL: bool>(blocks: &Blocks, params: &Params) -> Words {
    let mut words = philox::batch(blocks, params.stream, params.key);
    let [w0, w1, w2, w3] = &mut words;
    for (x, y) in [(w0, w1), (w2, w3)] {
        for (x, y) in x.iter_mut().zip(y) {
            [*x, *y] = normal_pair::<CAREFUL>(*x, *y, params);
        }
    }
    words
}
