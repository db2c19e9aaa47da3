//! Normal, by Box-Muller: a pair of words makes a pair of values.
//!
//! Every line stands in `shaders/box_muller.wgsl` too. The polynomials are minimax fits, their
//! coefficients rounded to f32 one after another with the rest fitted anew.
#![allow(
    clippy::approx_constant,
    clippy::excessive_precision,
    reason = "coefficients of a fit, in as many digits as f32 has"
)]

use super::{Blocks, Words, affine, philox};
use crate::Params;

/// 0.6 as a word, and as f32 bits: mantissas are taken from [0.6, 1.2), where one polynomial of
/// degree 7 gives the logarithm to 1.0e-7 of itself.
const CUT_WORD: u32 = 0x9999_999a;
const CUT_BITS: u32 = 0x3f19_999a;

/// `-log2(1 + f) / (32 f)`, lowest power last.
const LOG: [f32; 8] = [
    0.016_517_643,
    -0.002_920_816_9,
    0.007_207_372,
    -0.009_249_604,
    0.011_261_127,
    -0.015_024_625,
    0.022_542_35,
    -0.045_084_22,
];

/// The seed of 1/√t and the constants of two Newton steps. The seed's error is least (a ratio of
/// 1.125 between its extremes, squared) near 0x5f200000; this one makes the two steps end at
/// √(64 ln 2 · t), to 3.4e-7 of it, with no further factor.
const SEED: u32 = 0x5f23_3bad;
const FIRST_STEP: f32 = 2.470_182_2;
const SECOND_STEP: f32 = 6.690_16;

/// `sin(π/4 s) / s` and `cos(π/4 s)` in powers of s², highest first.
const SIN: [f32; 4] = [-3.636_261_7e-5, 0.002_490_678_3, -0.080_745_727, 0.785_398_2];
const COS: [f32; 4] = [-3.175_596e-4, 0.015_848_052, -0.308_423_6, 0.999_999_94];

#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut value = coefficients[0];
    for coefficient in &coefficients[1..] {
        value = value * x + coefficient;
    }
    value
}

/// √(-2 ln u), u = (word + 1/2)·2^-32.
#[inline(always)]
pub(crate) fn radius(word: u32) -> f32 {
    // Above 0.6 the distance from 1 is what matters: 2·word + 1 - 2^33, else 2·word + 1. The
    // product and both addends are exact, so one rounding is all there is.
    let near_one = word >= CUT_WORD;
    let high = if near_one { (word as i32) >> 16 } else { (word >> 16) as i32 };
    let low = ((word << 1) & 0x1_ffff) | 1;
    let odd = high as f32 * 131_072.0 + low as f32;

    // u = m·2^-k with m in [0.6, 1.2), f = m - 1.
    let exponent = (odd.to_bits().wrapping_sub(CUT_BITS) as i32) >> 23;
    let m = f32::from_bits(odd.to_bits().wrapping_sub((exponent as u32) << 23));
    let f = if near_one { odd * 0.5f32.powi(33) } else { m - 1.0 };
    let k = if near_one { 0.0 } else { (33 - exponent) as f32 };

    // t = -log2(u) / 32: a small part of the scale that makes the seed below come out right.
    let t = k * 0.031_25 + polynomial(f, LOG) * f;

    let y0 = f32::from_bits(SEED.wrapping_sub(t.to_bits() >> 1));
    let s0 = t * y0;
    let q0 = FIRST_STEP - s0 * y0;
    let s1 = s0 * q0;
    let y1 = y0 * q0;
    s1 * (SECOND_STEP - s1 * y1)
}

/// (cos, sin)(2πv), v = (word + 1/2)·2^-32.
#[inline(always)]
pub(crate) fn direction(word: u32) -> [f32; 2] {
    // The angle from the nearest multiple of π/2, as an odd multiple of 2^-24 of π/4.
    let s = ((((word << 2) as i32) >> 7) | 1) as f32 * 0.5f32.powi(24);
    let x = s * s;
    let sine = s * polynomial(x, SIN);
    let cosine = polynomial(x, COS);

    // Odd quadrants swap the two; the cosine is negative in quadrants 1 and 2, the sine in 2 and 3.
    let quadrant = word.wrapping_add(0x2000_0000);
    let odd = quadrant & 0x4000_0000 != 0;
    let (c, d) = if odd { (sine, cosine) } else { (cosine, sine) };
    [
        f32::from_bits(c.to_bits() ^ (quadrant.wrapping_add(0x4000_0000) & 0x8000_0000)),
        f32::from_bits(d.to_bits() ^ (quadrant & 0x8000_0000)),
    ]
}

#[inline(always)]
fn normal_pair(x: u32, y: u32, params: &Params) -> [u32; 2] {
    let r = radius(x);
    direction(y).map(|d| affine::finish(affine::affine(r * d, params), params.down))
}

#[inline(always)]
pub(crate) fn draw(blocks: &Blocks, params: &Params) -> Words {
    let mut words = philox::batch(blocks, params.stream, params.key);
    let [w0, w1, w2, w3] = &mut words;
    for (x, y) in [(w0, w1), (w2, w3)] {
        for (x, y) in x.iter_mut().zip(y) {
            [*x, *y] = normal_pair(*x, *y, params);
        }
    }
    words
}
