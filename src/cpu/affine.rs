//! `x·scale + offset`, each operation rounded once.

use super::careful;
use crate::Params;

/// Two roundings; on the GPU the first is fenced.
#[inline(always)]
pub(crate) fn affine<const CAREFUL: bool>(x: f32, params: &Params) -> f32 {
    let scaled = if CAREFUL { careful::scaled(x, params) } else { x * params.scale };
    scaled + params.offset
}

/// The bits to store.
#[inline(always)]
pub(crate) fn finish<const CAREFUL: bool>(value: f32, params: &Params) -> u32 {
    if CAREFUL { careful::finish(value, params.down) } else { value.to_bits() }
}
