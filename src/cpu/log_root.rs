//! What both normals are made of: a logarithm and a root.
//!
//! Every line stands in `shaders/log_root.wgsl` too. The polynomial is a minimax fit, whose
//! coefficients were then searched, unit by unit of the last place, for the least worst error of
//! the radius as a whole.
#![allow(
    clippy::excessive_precision,
    reason = "coefficients of a fit, in as many digits as f32 has"
)]

/// `-log2(1 + f/2) / f` on [-1, 0), lowest power first, to 1.8e-7 of -log2(u).
const LOG: [f32; 8] = [
    -0.721_347_45,
    0.180_352_57,
    -0.059_802_495,
    0.024_843_423,
    -0.000_793_895_45,
    0.019_165_965,
    0.013_331_772,
    0.007_026_212_8,
];

/// The seed of 1/√t and the constants of two Newton steps. The seed's error is least (a ratio of
/// 1.125 between its extremes, squared) near 0x5f200000; this one makes the two steps end at
/// 4√(2 ln 2 · t), to 3.7e-7 of it, with no further factor. `direction` takes the 4 back.
const SEED: u32 = 0x5f1b_dd4b;
const FIRST_STEP: f32 = 2.287_082;
const SECOND_STEP: f32 = 5.309_983_3;

/// Horner's rule, highest power first.
#[inline(always)]
pub(crate) fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = value * x + coefficient;
    }
    value
}

/// -log2((1 + f/2)·2^-k), f in [-1, 0). Even and odd powers side by side: two short chains.
#[inline(always)]
pub(crate) fn minus_log2(k: f32, f: f32) -> f32 {
    let g = f * f;
    let even = polynomial(g, [LOG[6], LOG[4], LOG[2], LOG[0]]);
    let odd = polynomial(g, [LOG[7], LOG[5], LOG[3], LOG[1]]);
    k + f * (even + f * odd)
}

/// 4r and 8 ln 2 / r, r = √(2 ln 2 · t).
#[inline(always)]
pub(crate) fn root(t: f32) -> [f32; 2] {
    let y0 = f32::from_bits(SEED.wrapping_sub(t.to_bits() >> 1));
    let s0 = t * y0;
    let q0 = FIRST_STEP - s0 * y0;
    let s1 = s0 * q0;
    let y1 = y0 * q0;
    let q1 = SECOND_STEP - s1 * y1;
    [s1 * q1, y1 * q1]
}
