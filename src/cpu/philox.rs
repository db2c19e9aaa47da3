//! Philox4x32-10: a bijection of 128-bit counters under a 64-bit key.

use super::{BATCH, Blocks, Words};

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

#[inline(always)]
fn multiply(a: u32, b: u32) -> [u32; 2] {
    let product = u64::from(a) * u64::from(b);
    [product as u32, (product >> 32) as u32]
}

#[inline(always)]
fn philox_round(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let p0 = multiply(MULTIPLIERS[0], counter[0]);
    let p1 = multiply(MULTIPLIERS[1], counter[2]);
    [p1[1] ^ counter[1] ^ key[0], p1[0], p0[1] ^ counter[3] ^ key[1], p0[0]]
}

/// The four words of a counter under a key, least significant word first.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
///
/// ```
/// let words = wgpu_weights::cpu::philox::philox4x32_10([0; 4], [0; 2]);
/// assert_eq!(words, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
#[inline(always)]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut counter = counter;
    let mut key = key;
    for _ in 0..10 {
        counter = philox_round(counter, key);
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// The words of these blocks.
#[inline(always)]
pub(crate) fn batch(blocks: &Blocks, stream: [u32; 2], key: [u32; 2]) -> Words {
    let mut words = [[0; BATCH]; 4];
    for lane in 0..BATCH {
        let block = blocks[lane];
        let counter = [block as u32, (block >> 32) as u32, stream[0], stream[1]];
        let drawn = philox4x32_10(counter, key);
        for (word, drawn) in words.iter_mut().zip(drawn) {
            word[lane] = drawn;
        }
    }
    words
}
