//! The words themselves.

use super::{Blocks, Words, philox};
use crate::Params;

#[inline(always)]
pub(crate) fn draw(blocks: &Blocks, params: &Params) -> Words {
    philox::batch(blocks, params.stream, params.key)
}
