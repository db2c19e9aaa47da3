//! Normal within bounds, by inversion: a word makes a value, the quantile of (word + 1/2)·2^-32.
//!
//! Every line stands in `shaders/truncated_normal.wgsl` too. The polynomials are minimax fits, up to
//! 5.3 standard deviations sixteen times as close as beyond. The bound is proved by exhaustion (`proof/`).
#![allow(
    clippy::excessive_precision,
    reason = "coefficients of a fit, in as many digits as f32 has"
)]

use super::{
    Blocks, Words, affine,
    log_root::{minus_log2, polynomial, root},
    philox,
};
use crate::Params;

/// z - r in powers of 8 ln 2 / r, highest first, where q is the probability beyond z and
/// r = √(-2 ln q); from z = 1 on.
const OUTER: [f32; 8] = [
    -0.000_223_258_99,
    0.003_372_066_7,
    -0.022_045_543,
    0.082_439_966,
    -0.199_398_3,
    0.355_732_17,
    -0.670_091_63,
    -0.035_618_36,
];

/// z / h in powers of h², highest first, where h = 1/2 - q; up to z = 1.
const INNER: [f32; 7] =
    [3_308.482_2, -540.870_36, 121.072_1, 11.656_973, 5.881_021_5, 2.623_659_1, 2.506_632_6];

/// 4r at z = 1.
const BORDER: f32 = 7.6737;

/// The quantile of (word + 1/2)·2^-32 of the truncated normal of mean 0 and deviation 1.
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu::truncated_normal::quantile, plan};
/// let within_two = Fill::new(Distribution::truncated_normal(0.0, 1.0, -2.0, 2.0)?, [1]);
/// let limits = plan::Limits { max_binding: 1 << 27, alignment: 256, max_workgroups: 65_535 };
/// let params = plan::plan(&within_two, 0, limits)?.next().unwrap().params;
/// assert!((quantile(0, &params) + 2.0).abs() < 1e-6);
/// assert!(quantile(1 << 31, &params).abs() < 1e-6); // the median
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline(always)]
pub fn quantile(word: u32, params: &Params) -> f32 {
    // Each half of the distribution is counted from its own tail, where what is left is small.
    let upper = (word >> 1) >= params.median;
    let n = if upper { !word } else { word };
    let distance = (n >> 16) as f32 * 131_072.0 + (((n << 1) & 0x1_ffff) | 1) as f32;
    let tail = if upper { params.tails[1] } else { params.tails[0] };
    let q = params.width * distance + tail;

    // Far out, a correction to the root of the logarithm, in powers of its inverse.
    let bits = q.to_bits();
    let k = (126 + params.tail_shift as i32 - (bits >> 23) as i32) as f32;
    let f = f32::from_bits((bits & 0x7f_ffff) | 0x3f80_0000) - 2.0;
    let [r, inverse] = root(minus_log2(k, f));
    let [powers @ .., last] = OUTER;
    let outer = (r * 0.25 + last) + inverse * polynomial(inverse, powers);

    // Near the middle, a polynomial in half of what is left on both sides.
    let h = 0.5 - q;
    let inner = h * polynomial(h * h, INNER);

    let z = if r < BORDER { inner } else { outer };
    f32::from_bits(z.to_bits() ^ if upper { 0 } else { 0x8000_0000 })
}

#[inline(always)]
fn truncated_value<const CAREFUL: bool>(word: u32, params: &Params) -> u32 {
    let value = affine::affine::<CAREFUL>(quantile(word, params), params);
    let value = if value < params.low { params.low } else { value };
    let value = if value > params.limit { params.limit } else { value };
    affine::finish::<CAREFUL>(value, params)
}

#[inline(always)]
pub(crate) fn draw<const CAREFUL: bool>(blocks: &Blocks, params: &Params) -> Words {
    let mut words = philox::batch(blocks, params.stream, params.key);
    for word in words.as_flattened_mut() {
        *word = truncated_value::<CAREFUL>(*word, params);
    }
    words
}
