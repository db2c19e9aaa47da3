//! Floating-point formats: one table for the twin's rounding, the bounds of distributions, and whoever reads
//! or judges a file.

use crate::Dtype;

/// A binary floating-point format of 32 bits or fewer, and what the contract stores in it.
///
/// ```
/// use wgpu_weights::Dtype;
/// let e4m3 = Dtype::F8E4M3.float_format().unwrap();
/// assert_eq!((e4m3.largest(), e4m3.smallest()), (448.0, 0.001953125));
/// assert_eq!((e4m3.decode(0x7e), e4m3.stored(0.3)), (448.0, 0.3125));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatFormat {
    exponent_bits: u32,
    mantissa_bits: u32,
    /// Whether the last exponent is that of infinities and NaN; without, only the last code is NaN.
    infinities: bool,
    saturates: bool,
}

/// The least magnitude above zero that is drawn, in every dtype: results below are zero.
const LEAST: f64 = f32::MIN_POSITIVE as f64;

impl FloatFormat {
    pub(crate) const F32: Self = Self::ieee(8, 23);
    pub(crate) const F16: Self = Self::ieee(5, 10);
    pub(crate) const BF16: Self = Self::ieee(8, 7);
    pub(crate) const F8E4M3: Self = Self { infinities: false, saturates: true, ..Self::ieee(4, 3) };
    pub(crate) const F8E5M2: Self = Self { saturates: true, ..Self::ieee(5, 2) };

    const fn ieee(exponent_bits: u32, mantissa_bits: u32) -> Self {
        Self { exponent_bits, mantissa_bits, infinities: true, saturates: false }
    }

    /// Bits of the exponent.
    pub const fn exponent_bits(&self) -> u32 {
        self.exponent_bits
    }

    /// Bits of the mantissa, without the leading one.
    pub const fn mantissa_bits(&self) -> u32 {
        self.mantissa_bits
    }

    /// Whether what is beyond the largest finite value becomes it, and not infinity.
    pub const fn saturates(&self) -> bool {
        self.saturates
    }

    /// The exponent of the smallest normal value.
    pub const fn min_exponent(&self) -> i32 {
        2 - (1 << (self.exponent_bits - 1))
    }

    /// The exponent of the smallest positive value, which is a power of two.
    pub const fn smallest_exponent(&self) -> i32 {
        self.min_exponent() - self.mantissa_bits as i32
    }

    /// The smallest positive value.
    pub fn smallest(&self) -> f64 {
        power_of_two_f64(self.smallest_exponent())
    }

    /// The code of the sign.
    pub(crate) const fn sign(&self) -> u32 {
        1 << (self.exponent_bits + self.mantissa_bits)
    }

    /// The code of the largest finite value.
    pub(crate) const fn largest_code(&self) -> u32 {
        self.sign() - if self.infinities { (1 << self.mantissa_bits) + 1 } else { 2 }
    }

    /// The largest finite value.
    pub fn largest(&self) -> f64 {
        self.decode(self.largest_code())
    }

    /// The value of a code, which stands in the low bits; exactly, infinities and NaN included.
    pub fn decode(&self, code: u32) -> f64 {
        let sign = if code & self.sign() == 0 { 1.0 } else { -1.0 };
        let magnitude = code & (self.sign() - 1);
        if magnitude > self.largest_code() {
            let infinite = self.infinities && magnitude == self.largest_code() + 1;
            return if infinite { sign * f64::INFINITY } else { f64::NAN };
        }
        let exponent = (magnitude >> self.mantissa_bits).max(1);
        let mantissa = magnitude - ((exponent - 1) << self.mantissa_bits);
        let scale = exponent as i32 - 1 + self.smallest_exponent();
        sign * f64::from(mantissa) * power_of_two_f64(scale)
    }

    /// The distance between values near this one; NaN near NaN.
    pub fn spacing(&self, at: f64) -> f64 {
        if at.is_nan() {
            return at;
        }
        let at = at.abs().min(self.largest());
        // The exponent's own bits; those of zero and of subnormal f64 are below any of ours.
        let exponent = (at.to_bits() >> 52) as i32 - 1023;
        power_of_two_f64(exponent.max(self.min_exponent()) - self.mantissa_bits as i32)
    }

    /// The nearest value, ties to even; NaN of NaN.
    pub fn round(&self, value: f64) -> f64 {
        if value.is_nan() {
            return value;
        }
        let spacing = self.spacing(value);
        let rounded = (value / spacing).round_ties_even() * spacing;
        if rounded.abs() <= self.largest() {
            rounded
        } else if self.saturates {
            self.largest().copysign(rounded)
        } else {
            f64::INFINITY.copysign(rounded)
        }
    }

    /// What is stored of a value by the contract: flushed as f32, then rounded.
    pub fn stored(&self, value: f64) -> f64 {
        if f64::from(value as f32).abs() < LEAST { 0.0 } else { self.round(value) }
    }

    /// The largest value that is stored up to `high`, or the lowest of all.
    pub fn up_to(&self, high: f64) -> f64 {
        let nearest = self.stored(high);
        if nearest <= high { nearest } else { self.below(nearest) }
    }

    /// The largest value that is stored below `high`, or the lowest of all; NaN below NaN.
    pub fn below(&self, high: f64) -> f64 {
        if high.is_nan() {
            return high;
        }
        let nearest = self.stored(high);
        if nearest < high {
            nearest
        } else if nearest == 0.0 {
            -self.smallest().max(LEAST)
        } else if nearest == f64::INFINITY {
            self.largest()
        } else {
            // Below a power of two, values lie closer; below the least that is drawn there is zero.
            self.stored(nearest - self.spacing(nearest.next_down()))
        }
    }
}

impl Dtype {
    /// The floating-point format of a dtype that kernels store; none of words, of integers and of F64, which holds F32's values.
    pub const fn float_format(self) -> Option<FloatFormat> {
        match self {
            Self::F32 => Some(FloatFormat::F32),
            Self::F16 => Some(FloatFormat::F16),
            Self::BF16 => Some(FloatFormat::BF16),
            Self::F8E4M3 => Some(FloatFormat::F8E4M3),
            Self::F8E5M2 => Some(FloatFormat::F8E5M2),
            Self::U32 | Self::F64 | Self::I64 | Self::I32 | Self::U8 | Self::Bool => None,
        }
    }
}

/// 2^exponent, a normal number, exactly; `powi` promises no precision.
pub(crate) const fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits(((exponent + 127) as u32) << 23)
}

/// As [`power_of_two`], of f64.
const fn power_of_two_f64(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: [(FloatFormat, u32); 4] = [
        (FloatFormat::F16, 0x7c00),
        (FloatFormat::BF16, 0x7f80),
        (FloatFormat::F8E4M3, 0x7f),
        (FloatFormat::F8E5M2, 0x7c),
    ];

    #[test]
    fn values_are_the_published_ones() {
        assert_eq!(FloatFormat::F16.decode(0x3c00), 1.0);
        assert_eq!(FloatFormat::F16.decode(0x7bff), 65504.0);
        assert_eq!(FloatFormat::F16.decode(0x0001), 2f64.powi(-24));
        assert_eq!(FloatFormat::F16.decode(0xfc00), f64::NEG_INFINITY);
        assert!(FloatFormat::F16.decode(0x7c01).is_nan());
        assert_eq!(FloatFormat::BF16.decode(0xbf80), -1.0);
        assert_eq!(FloatFormat::F8E4M3.decode(0x7e), 448.0);
        assert!(FloatFormat::F8E4M3.decode(0x7f).is_nan());
        assert_eq!(FloatFormat::F8E5M2.decode(0x7b), 57344.0);
        assert_eq!(FloatFormat::F8E5M2.decode(0x01), 2f64.powi(-16));
        for bits in [0, 1, 0x7f_ffff, 0x80_0000, 0x3f80_0001, 0x7f7f_ffff, 0x7f80_0000, 0xc2c8_0000]
        {
            assert_eq!(FloatFormat::F32.decode(bits), f64::from(f32::from_bits(bits)), "{bits:x}");
        }
    }

    #[test]
    fn every_value_rounds_to_itself_and_midpoints_to_even() {
        for (format, codes) in SMALL {
            let ends = (format.decode(1), format.decode(codes - 1));
            assert_eq!(ends, (format.smallest(), format.largest()));
            for code in 0..codes - 1 {
                let (this, next) = (format.decode(code), format.decode(code + 1));
                assert_eq!(format.round(-this), -this, "{format:?} {code}");
                let even = if code % 2 == 0 { this } else { next };
                assert_eq!(format.round(0.5 * (this + next)), even, "{format:?} {code}");
                assert_eq!(format.round(0.51 * next + 0.49 * this), next, "{format:?} {code}");
            }
        }
        for format in [FloatFormat::F32, FloatFormat::F16, FloatFormat::F8E4M3] {
            let found = [format.round(f64::NAN), format.stored(f64::NAN), format.below(f64::NAN)];
            assert!(found.iter().all(|it| it.is_nan()) && format.up_to(f64::NAN).is_nan());
        }
        assert_eq!(FloatFormat::F16.round(65519.0), 65504.0);
        assert_eq!(FloatFormat::F16.round(65520.0), f64::INFINITY);
        assert_eq!(FloatFormat::F8E4M3.round(-1e9), -448.0);
    }

    #[test]
    fn values_are_stored_as_the_contract_has_them() {
        for format in [FloatFormat::F32, FloatFormat::BF16] {
            assert_eq!(
                [0.9 * LEAST, -0.9 * LEAST, LEAST].map(|it| format.stored(it)),
                [0.0, 0.0, LEAST]
            );
            assert_eq!([LEAST, 0.0, -1e-45].map(|it| format.below(it)), [0.0, -LEAST, -LEAST]);
            assert_eq!([1e-45, -1e-45].map(|it| format.up_to(it)), [0.0, -LEAST]);
        }
        // Rounded up to f32's least before it is flushed.
        assert_eq!(FloatFormat::F32.stored(LEAST * (1.0 - 1e-9)), LEAST);
        for (format, high, below, up_to) in [
            (FloatFormat::F32, 1.0, 1.0 - 2f64.powi(-24), 1.0),
            (FloatFormat::BF16, 1.0, 1.0 - 2f64.powi(-8), 1.0),
            (FloatFormat::BF16, -1.0, -1.0 - 2f64.powi(-7), -1.0),
            (FloatFormat::BF16, 1.006, 1.0, 1.0),
            (FloatFormat::F16, 0.0, -2f64.powi(-24), 0.0),
            (FloatFormat::F16, 0.1, 0.099_975_585_937_5, 0.099_975_585_937_5),
            (FloatFormat::F16, 1e6, 65504.0, 65504.0),
            (FloatFormat::F16, 65504.0, 65472.0, 65504.0),
            (FloatFormat::F16, -1e6, f64::NEG_INFINITY, f64::NEG_INFINITY),
            (FloatFormat::F8E4M3, 1.0, 0.9375, 1.0),
            (FloatFormat::F8E4M3, 1e3, 448.0, 448.0),
            (FloatFormat::F8E4M3, 448.0, 416.0, 448.0),
            (FloatFormat::F8E4M3, -1e3, -448.0, -448.0),
            (FloatFormat::F8E5M2, -1.0, -1.25, -1.0),
        ] {
            let found = (format.below(high), format.up_to(high));
            assert_eq!(found, (below, up_to), "{format:?} {high}");
        }
    }
}
