//! A batch of blocks, from their numbers to the bytes of their elements.

use super::{
    Aligned, BATCH, Blocks, bits, box_muller, constant, diagonal, pack, sparse, truncated_normal,
    uniform,
};
use crate::{Dtype, Params, kernel::Draw};

/// Elements in a batch.
pub(crate) const ELEMENTS: usize = 4 * BATCH;

/// Room for the bytes of a batch of any dtype.
pub(crate) const ROOM: [u8; ELEMENTS * 4] = [0; ELEMENTS * 4];

/// The bytes of the blocks' elements: four a block, one block after another.
#[inline(always)]
pub(crate) fn draw(draw: Draw, dtype: Dtype, blocks: &Blocks, params: &Params, out: &mut [u8]) {
    let Aligned(words) = &Aligned(match draw {
        Draw::Bits => bits::draw(blocks, params),
        Draw::Constant => constant::draw(blocks, params),
        Draw::Uniform if params.down == 0 => uniform::draw::<false>(blocks, params),
        Draw::Uniform => uniform::draw::<true>(blocks, params),
        Draw::Normal | Draw::CentredNormal if params.down == 0 => {
            box_muller::draw::<false>(blocks, params)
        }
        Draw::Normal | Draw::CentredNormal => box_muller::draw::<true>(blocks, params),
        Draw::TruncatedNormal if params.down == 0 => {
            truncated_normal::draw::<false>(blocks, params)
        }
        Draw::TruncatedNormal => truncated_normal::draw::<true>(blocks, params),
        Draw::Diagonal => diagonal::draw(blocks, params),
        // Made elsewhere, and by no kernel.
        Draw::Given => [[0; BATCH]; 4],
        Draw::Sparse if params.down == 0 => sparse::draw::<false>(blocks, params),
        Draw::Sparse => sparse::draw::<true>(blocks, params),
    });
    match dtype {
        Dtype::F32 | Dtype::U32 => pack::pack_f32(words, out),
        Dtype::F16 => pack::pack_f16(words, out),
        Dtype::BF16 => pack::pack_bf16(words, out),
        Dtype::F8E4M3 => pack::pack_f8_e4m3(words, out),
        Dtype::F8E5M2 => pack::pack_f8_e5m2(words, out),
        Dtype::F64 | Dtype::I64 | Dtype::I32 | Dtype::U8 | Dtype::Bool => {}
    }
}
