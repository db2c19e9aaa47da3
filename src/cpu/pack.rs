//! From the bits of f32 values to the bytes of a dtype.

use super::{BATCH, Words};

/// Elements in a batch.
pub(crate) const ELEMENTS: usize = 4 * BATCH;

/// Little-endian words, element by element.
#[inline(always)]
pub(crate) fn pack_f32(words: &Words, out: &mut [u8]) {
    for (lane, bytes) in out.chunks_exact_mut(16).enumerate() {
        for (word, bytes) in words.iter().zip(bytes.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word[lane].to_le_bytes());
        }
    }
}
