//! The words themselves.

use super::{Words, philox};
use crate::Params;

#[inline(always)]
pub(crate) fn draw(block: u64, params: &Params) -> Words {
    philox::batch(block, params.stream, params.key)
}
