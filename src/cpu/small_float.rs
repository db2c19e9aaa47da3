//! Rounding of f32 bits to smaller floats, to nearest-even, in integers; and back, for the host.

use super::power_of_two;
use crate::Dtype;

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

pub(crate) const F16: SmallFloat = SmallFloat { shift: 13, least: 113, most: 0x7c00, sign: 0x8000 };
pub(crate) const E4M3: SmallFloat = SmallFloat { shift: 20, least: 121, most: 0x7e, sign: 0x80 };
pub(crate) const E5M2: SmallFloat = SmallFloat { shift: 21, least: 113, most: 0x7b, sign: 0x80 };

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
        Dtype::F32 | Dtype::U32 => word,
        Dtype::F16 => small_float(word, F16),
        Dtype::BF16 => bfloat16(word),
        Dtype::F8E4M3 => small_float(word, E4M3),
        Dtype::F8E5M2 => small_float(word, E5M2),
    }
}

#[inline(always)]
pub(crate) fn bfloat16(word: u32) -> u32 {
    word.wrapping_add(0x7fff + ((word >> 16) & 1)) >> 16
}

impl SmallFloat {
    /// The value of a code, exactly.
    fn value(self, code: u32) -> f32 {
        let mantissa_bits = 23 - self.shift;
        let magnitude = code & (self.sign - 1);
        let exponent = (magnitude >> mantissa_bits).max(1);
        let mantissa = magnitude - ((exponent - 1) << mantissa_bits);
        let scale = exponent as i32 + self.least as i32 - 128 - mantissa_bits as i32;
        let infinite = self.most == 0x7c00 && magnitude >= self.most;
        let value = if infinite { f32::INFINITY } else { mantissa as f32 * power_of_two(scale) };
        if code & self.sign == 0 { value } else { -value }
    }

    /// The code of the next value below.
    fn below(self, code: u32) -> u32 {
        match code {
            0 => self.sign | 1,
            _ if code & self.sign == 0 => code - 1,
            _ => code + 1,
        }
    }
}

/// The largest value of a dtype below `high`, as f32. (E4M3 and E5M2 end at their largest finite
/// number; if `high` is at or below the lowest, so is the result.)
pub(crate) fn largest_below(dtype: Dtype, high: f32, below: f32) -> f32 {
    let float = match dtype {
        Dtype::F32 | Dtype::U32 => return below,
        Dtype::BF16 => {
            // Toward minus infinity: towards zero for a positive number, away from it for others.
            let word = below.to_bits();
            let up = if below < 0.0 { 0xffff } else { 0 };
            return f32::from_bits((word + up) & 0xffff_0000);
        }
        Dtype::F16 => F16,
        Dtype::F8E4M3 => E4M3,
        Dtype::F8E5M2 => E5M2,
    };
    let code = small_float(below.to_bits(), float);
    if float.value(code) < high { float.value(code) } else { float.value(float.below(code)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code but NaN: its value rounds to itself, the middle between two to the even one, and
    /// what is just above or below the middle to its side.
    #[test]
    fn rounds_to_nearest_even() {
        for float in [F16, E4M3, E5M2] {
            for code in 0..float.most {
                let (low, high) = (float.value(code), float.value(code + 1));
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

    #[test]
    fn the_largest_value_below() {
        let below = |dtype, high: f32| largest_below(dtype, high, high.next_down());
        assert_eq!(below(Dtype::F16, 1.0), 1.0 - power_of_two(-11));
        assert_eq!(below(Dtype::F16, 0.1), 0.099_975_586);
        assert_eq!(below(Dtype::F16, 1e6), 65_504.0);
        assert_eq!(below(Dtype::BF16, 1.0), 1.0 - power_of_two(-8));
        assert_eq!(below(Dtype::BF16, -1.0), -1.0 - power_of_two(-7));
        assert_eq!(below(Dtype::F8E4M3, 1.0), 0.9375);
        assert_eq!(below(Dtype::F8E4M3, 1000.0), 448.0);
        assert_eq!(below(Dtype::F8E5M2, -1.0), -1.25);
        assert_eq!(below(Dtype::F16, 0.0), -(power_of_two(-24)));
    }
}
