//! Shards of short runs: the blocks of many runs are gathered into one batch.

use super::{BATCH, batch};
use crate::{Fill, Params, kernel::Draw};

/// The elements of a fill whose runs are short, in order.
#[inline(always)]
pub(crate) fn fill_gathered(draw: Draw, fill: &Fill, params: &Params, out: &mut [u8]) {
    let size = fill.dtype.size() as usize;
    let length = fill.runs.length;
    let mut room = batch::ROOM;
    let bytes = &mut room[..batch::ELEMENTS * size];
    let mut element = 0;
    let mut rest = out;
    while element < fill.count {
        // The blocks of the next elements, and which of each block's four elements are wanted.
        let mut blocks = [0; BATCH];
        let mut wanted = [(0, 0); BATCH];
        for (block, wanted) in blocks.iter_mut().zip(&mut wanted) {
            if element == fill.count {
                break;
            }
            let index = fill.index_of(element);
            let in_run = (length - (fill.skip + element) % length).min(fill.count - element);
            let take = in_run.min(4 - index % 4);
            *block = index / 4;
            *wanted = ((index % 4) as usize, take as usize);
            element += take;
        }
        batch::draw(draw, fill.dtype, &blocks, params, bytes);
        for (bytes, (skip, take)) in bytes.chunks_exact(4 * size).zip(wanted) {
            let (now, later) = rest.split_at_mut(take * size);
            now.copy_from_slice(&bytes[skip * size..][..now.len()]);
            rest = later;
        }
    }
}
