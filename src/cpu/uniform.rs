//! Uniform on `[low, high)`: 24 bits of a word; `scale` is (high - low)·2^-24.

use super::{Blocks, Words, affine, philox};
use crate::Params;

#[inline(always)]
fn uniform_value<const CAREFUL: bool>(word: u32, params: &Params) -> u32 {
    let value = affine::affine::<CAREFUL>((word & 0xff_ffff) as f32, params);
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
