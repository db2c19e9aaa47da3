//! From the bits of f32 values to the bytes of a dtype: the twin of `shaders/pack_*.wgsl`.

use super::{
    Aligned, Words,
    small_float::{E4M3, E5M2, F16, bfloat16, small_float},
};

/// Two bytes an element: a block is one number of 64 bits.
#[inline(always)]
fn pack_two(words: &Words, out: &mut [u8], round: impl Fn(u32) -> u32) {
    let Aligned([a, b, c, d]) = &rounded(words, round);
    for (lane, block) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let halves = [a[lane] | b[lane] << 16, c[lane] | d[lane] << 16];
        *block = (u64::from(halves[0]) | u64::from(halves[1]) << 32).to_le_bytes();
    }
}

/// One byte an element: a block is one number of 32 bits.
#[inline(always)]
fn pack_four(words: &Words, out: &mut [u8], round: impl Fn(u32) -> u32) {
    let Aligned([a, b, c, d]) = &rounded(words, round);
    for (lane, block) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *block = (a[lane] | b[lane] << 8 | c[lane] << 16 | d[lane] << 24).to_le_bytes();
    }
}

/// A loop of its own: LLVM vectorises it at full width, and the packing too.
#[inline(always)]
fn rounded(words: &Words, round: impl Fn(u32) -> u32) -> Aligned<Words> {
    let mut words = Aligned(*words);
    for word in words.0.as_flattened_mut() {
        *word = round(*word);
    }
    words
}

#[inline(always)]
pub(crate) fn pack_f32(words: &Words, out: &mut [u8]) {
    for (lane, block) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        for (word, bytes) in words.iter().zip(block.as_chunks_mut().0) {
            *bytes = word[lane].to_le_bytes();
        }
    }
}

#[inline(always)]
pub(crate) fn pack_f16(words: &Words, out: &mut [u8]) {
    pack_two(words, out, |word| small_float(word, F16));
}

#[inline(always)]
pub(crate) fn pack_bf16(words: &Words, out: &mut [u8]) {
    pack_two(words, out, bfloat16);
}

#[inline(always)]
pub(crate) fn pack_f8_e4m3(words: &Words, out: &mut [u8]) {
    pack_four(words, out, |word| small_float(word, E4M3));
}

#[inline(always)]
pub(crate) fn pack_f8_e5m2(words: &Words, out: &mut [u8]) {
    pack_four(words, out, |word| small_float(word, E5M2));
}
