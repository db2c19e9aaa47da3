//! Rounding of f32 bits to smaller floats, to nearest-even, in integers.

use crate::{Dtype, FloatFormat};

/// A float of 8 or 16 bits, other than bfloat16.
#[derive(Clone, Copy)]
pub(crate) struct SmallFloat {
    /// Mantissa bits of f32 that go.
    pub(crate) shift: u32,
    /// The f32 exponent of the smallest normal number.
    pub(crate) least: u32,
    /// The largest code: of infinity, or of the largest finite number where it saturates.
    pub(crate) most: u32,
    pub(crate) sign: u32,
}

impl SmallFloat {
    const fn of(format: FloatFormat) -> Self {
        Self {
            shift: 23 - format.mantissa_bits(),
            least: (format.min_exponent() + 127) as u32,
            most: format.largest_code() + if format.saturates() { 0 } else { 1 },
            sign: format.sign(),
        }
    }
}

pub(crate) const F16: SmallFloat = SmallFloat::of(FloatFormat::F16);
pub(crate) const E4M3: SmallFloat = SmallFloat::of(FloatFormat::F8E4M3);
pub(crate) const E5M2: SmallFloat = SmallFloat::of(FloatFormat::F8E5M2);

#[inline(always)]
pub(crate) fn small_float(word: u32, float: SmallFloat) -> u32 {
    let SmallFloat { shift, least, most, sign } = float;
    let magnitude = word & 0x7fff_ffff;
    let exponent = magnitude >> 23;
    let normal = ((magnitude + (1 << (shift - 1)) - 1 + ((magnitude >> shift) & 1)) >> shift)
        .wrapping_sub((least - 1) << (23 - shift));
    // Below, the mantissa with its leading one moves further right; beyond 31 places nothing is left.
    let mantissa = (magnitude & 0x7f_ffff) | 0x80_0000;
    let places = (shift + least - exponent.min(least)).min(31);
    let subnormal = (mantissa + (1 << (places - 1)) - 1 + ((mantissa >> places) & 1)) >> places;
    let code = (if exponent < least { subnormal } else { normal }).min(most);
    // There is no negative zero.
    let signed = if word >= 0x8000_0000 { code | sign } else { code };
    if code == 0 { 0 } else { signed }
}

/// The bits of an f32 in a smaller dtype, in the low bits; F32 and U32 stay as they are.
///
/// `word` is a value of the contract: finite or infinite, no subnormal number, no NaN.
///
/// ```
/// use wgpu_weights::{Dtype, cpu::small_float::round};
/// assert_eq!(round(Dtype::F16, 1f32.to_bits()), 0x3c00);
/// assert_eq!(round(Dtype::F8E4M3, 1e9f32.to_bits()), 0x7e); // 448, the largest
/// ```
pub fn round(dtype: Dtype, word: u32) -> u32 {
    match dtype {
        Dtype::F16 => small_float(word, F16),
        Dtype::BF16 => bfloat16(word),
        Dtype::F8E4M3 => small_float(word, E4M3),
        Dtype::F8E5M2 => small_float(word, E5M2),
        // F32 itself, and what is no such number.
        _ => word,
    }
}

#[inline(always)]
pub(crate) fn bfloat16(word: u32) -> u32 {
    word.wrapping_add(0x7fff + ((word >> 16) & 1)) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_those_of_the_formats() {
        let parts = |float: SmallFloat| [float.shift, float.least, float.most, float.sign];
        assert_eq!(parts(F16), [13, 113, 0x7c00, 0x8000]);
        assert_eq!(parts(E4M3), [20, 121, 0x7e, 0x80]);
        assert_eq!(parts(E5M2), [21, 113, 0x7b, 0x80]);
    }

    /// Every code but NaN: its value rounds to itself, the middle between two to the even one, and
    /// what is just above or below the middle to its side.
    #[test]
    fn rounds_to_nearest_even() {
        for (float, format) in
            [(F16, FloatFormat::F16), (E4M3, FloatFormat::F8E4M3), (E5M2, FloatFormat::F8E5M2)]
        {
            for code in 0..float.most {
                let [low, high] = [code, code + 1].map(|code| format.decode(code) as f32);
                assert_eq!(small_float(low.to_bits(), float), code);
                if !high.is_finite() {
                    continue;
                }
                let middle = (low + high) / 2.0;
                let even = code + (code & 1);
                assert_eq!(small_float(middle.to_bits(), float), even);
                assert_eq!(small_float(middle.next_down().to_bits(), float), code);
                assert_eq!(small_float(middle.next_up().to_bits(), float), code + 1);
                if even > 0 {
                    let negative = small_float((-middle).to_bits(), float);
                    assert_eq!(negative, even | float.sign);
                }
            }
        }
        assert_eq!(small_float(65_519.996f32.to_bits(), F16), 0x7bff);
        assert_eq!(small_float(65_520f32.to_bits(), F16), 0x7c00);
        assert_eq!(small_float(f32::INFINITY.to_bits(), F16), 0x7c00);
        assert_eq!(small_float(f32::MAX.to_bits(), E4M3), 0x7e);
        assert_eq!(small_float(f32::NEG_INFINITY.to_bits(), E5M2), 0xfb);
        assert_eq!(small_float((-1e-30f32).to_bits(), F16), 0);
        assert_eq!(small_float(f32::MIN_POSITIVE.to_bits(), E4M3), 0);
    }
}
