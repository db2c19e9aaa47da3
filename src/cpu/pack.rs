//! From the bits of f32 values to the bytes of a dtype: the twin of `shaders/pack_*.wgsl`.

use super::{
    BATCH, Words,
    small_float::{E4M3, E5M2, F16, bfloat16, small_float},
};

/// Elements in a batch.
pub(crate) const ELEMENTS: usize = 4 * BATCH;

/// Little-endian bytes, element by element; `N` bytes each.
#[inline(always)]
fn pack<const N: usize>(words: &Words, out: &mut [u8], round: impl Fn(u32) -> u32) {
    let (elements, _) = out.as_chunks_mut::<N>();
    for (lane, elements) in elements.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        for (word, element) in words.iter().zip(elements) {
            let bytes = round(word[lane]).to_le_bytes();
            element.copy_from_slice(&bytes[..N]);
        }
    }
}

#[inline(always)]
pub(crate) fn pack_f32(words: &Words, out: &mut [u8]) {
    pack::<4>(words, out, |word| word);
}

#[inline(always)]
pub(crate) fn pack_f16(words: &Words, out: &mut [u8]) {
    pack::<2>(words, out, |word| small_float(word, F16));
}

#[inline(always)]
pub(crate) fn pack_bf16(words: &Words, out: &mut [u8]) {
    pack::<2>(words, out, bfloat16);
}

#[inline(always)]
pub(crate) fn pack_f8_e4m3(words: &Words, out: &mut [u8]) {
    pack::<1>(words, out, |word| small_float(word, E4M3));
}

#[inline(always)]
pub(crate) fn pack_f8_e5m2(words: &Words, out: &mut [u8]) {
    pack::<1>(words, out, |word| small_float(word, E5M2));
}
