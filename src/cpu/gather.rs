//! Shards of short runs: the blocks of many runs are gathered into one batch.

use super::{BATCH, batch};
use crate::{Dtype, Params, kernel::Draw, region::Spans};

/// The elements of short spans, in order.
#[inline(always)]
pub(crate) fn fill_gathered(
    draw: Draw,
    dtype: Dtype,
    params: &Params,
    mut spans: Spans<'_>,
    out: &mut [u8],
) {
    let size = dtype.size() as usize;
    let mut room = batch::ROOM;
    let bytes = &mut room[..batch::ELEMENTS * size];
    // What is left of the span at hand.
    let (mut index, mut left) = (0, 0);
    let mut rest = out;
    while !rest.is_empty() {
        // The blocks of the next elements, and which of each block's four elements are wanted.
        let mut blocks = [0; BATCH];
        let mut wanted = [(0, 0); BATCH];
        for (block, wanted) in blocks.iter_mut().zip(&mut wanted) {
            if left == 0 {
                let Some(span) = spans.next() else { break };
                (index, left) = span;
            }
            let take = left.min(4 - index % 4);
            *block = index / 4;
            *wanted = ((index % 4) as usize, take as usize);
            index = index.wrapping_add(take);
            left -= take;
        }
        batch::draw(draw, dtype, &blocks, params, bytes);
        for (bytes, (skip, take)) in bytes.chunks_exact(4 * size).zip(wanted) {
            let (now, later) = rest.split_at_mut(take * size);
            now.copy_from_slice(&bytes[skip * size..][..now.len()]);
            rest = later;
        }
    }
}
