//! A batch of blocks, from their numbers to the bytes of their elements.

use super::{Blocks, bits, box_muller, constant, pack, uniform};
use crate::{Dtype, Params, kernel::Draw};

/// Room for the bytes of a batch.
pub(crate) struct Batch([u8; pack::ELEMENTS * 4]);

impl Default for Batch {
    fn default() -> Self {
        Self([0; pack::ELEMENTS * 4])
    }
}

impl Batch {
    /// The bytes of the blocks' elements: four a block, one block after another.
    #[inline(always)]
    pub(crate) fn draw(
        &mut self,
        draw: Draw,
        dtype: Dtype,
        blocks: &Blocks,
        params: &Params,
    ) -> &[u8] {
        let words = match draw {
            Draw::Bits => bits::draw(blocks, params),
            Draw::Constant => constant::draw(blocks, params),
            Draw::Uniform if params.down == 0 => uniform::draw::<false>(blocks, params),
            Draw::Uniform => uniform::draw::<true>(blocks, params),
            Draw::Normal if params.down == 0 => box_muller::draw::<false>(blocks, params),
            Draw::Normal => box_muller::draw::<true>(blocks, params),
        };
        let bytes = &mut self.0[..pack::ELEMENTS * dtype.size() as usize];
        match dtype {
            Dtype::F32 | Dtype::U32 => pack::pack_f32(&words, bytes),
            Dtype::F16 => pack::pack_f16(&words, bytes),
            Dtype::BF16 => pack::pack_bf16(&words, bytes),
            Dtype::F8E4M3 => pack::pack_f8_e4m3(&words, bytes),
            Dtype::F8E5M2 => pack::pack_f8_e5m2(&words, bytes),
        }
        bytes
    }
}
