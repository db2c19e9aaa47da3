//! `x·scale + offset`, each operation rounded once, and the bits that are stored.

use crate::Params;

/// Two roundings; on the GPU each is fenced.
#[inline(always)]
pub(crate) fn affine(x: f32, params: &Params) -> f32 {
    x * params.scale + params.offset
}

/// The bits to store: scaled down in integers where the host scaled up ([`Params`]).
#[inline(always)]
pub(crate) fn finish(value: f32, down: u32) -> u32 {
    let word = value.to_bits();
    let shift = (down & 0xff) << 23;
    let vanishes = down != 0 && (word & 0x7fff_ffff) < shift + 0x0080_0000;
    if vanishes { 0 } else { word.wrapping_sub(shift) }
}
