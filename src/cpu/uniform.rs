//! Uniform on `[low, high)`: 24 bits of a word; `scale` is (high - low)·2^-24.

use super::{Blocks, Words, affine, philox};
use crate::Params;

/// The value of a word in f32, of a fill whose parameters meet no subnormal number.
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu::uniform, plan};
/// let fill = Fill::new(Distribution::uniform(-1.0, 1.0)?, [1]);
/// let limits = plan::Limits { max_binding: 1 << 27, alignment: 256, max_workgroups: 65_535 };
/// let params = plan::plan(&fill, 0, limits)?.next().unwrap().params;
/// assert_eq!(uniform::value(1 << 23, &params), 0.0); // the middle
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn value(word: u32, params: &Params) -> f32 {
    f32::from_bits(uniform_value::<false>(word, params))
}

#[inline(always)]
fn uniform_value<const CAREFUL: bool>(word: u32, params: &Params) -> u32 {
    let value = affine::affine::<CAREFUL>((word & 0xff_ffff) as f32, params);
    // In a smaller dtype, what would be rounded to below the lower bound is the next value above.
    let value = if value < params.low { params.low } else { value };
    let value = if value < params.limit { value } else { params.limit };
    affine::finish::<CAREFUL>(value, params)
}

#[inline(always)]
pub(crate) fn draw<const CAREFUL: bool>(blocks: &Blocks, params: &Params) -> Words {
    let mut words = philox::batch(blocks, params.stream, params.key);
    // One loop, too long for LLVM to unroll before it vectorises: twice as fast as one a row.
    for word in words.as_flattened_mut() {
        *word = uniform_value::<CAREFUL>(*word, params);
    }
    words
}
