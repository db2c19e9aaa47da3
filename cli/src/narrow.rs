//! What a dtype can hold: its largest and smallest values, rounding, and what of a distribution is
//! lost in it.

use anyhow::{Result, ensure};
use wgpu_weights::Dtype;

use crate::{
    describe::Described,
    flushed::{self, LEAST},
};

/// A binary float.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    name: &'static str,
    mantissa_bits: i32,
    /// Of the smallest normal value.
    min_exponent: i32,
    /// The largest finite value.
    pub(crate) largest: f64,
    /// Whether what is beyond the largest value becomes it, and not infinity.
    saturates: bool,
}

impl Format {
    /// The format of a dtype; none for one that is no float that is drawn.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let dtype = Dtype::FLOATS.into_iter().find(|dtype| dtype.name() == name)?;
        let (mantissa_bits, min_exponent, largest, saturates) = match dtype {
            Dtype::F32 => (23, -126, f64::from(f32::MAX), false),
            Dtype::F16 => (10, -14, 65504.0, false),
            Dtype::BF16 => (7, -126, (2.0 - 2f64.powi(-7)) * 2f64.powi(127), false),
            Dtype::F8E4M3 => (3, -6, 448.0, true),
            Dtype::F8E5M2 => (2, -14, 57344.0, true),
            _ => return None,
        };
        Some(Self { name: dtype.name(), mantissa_bits, min_exponent, largest, saturates })
    }

    /// The exponent of the smallest positive value, a power of two.
    fn smallest_exponent(&self) -> i32 {
        self.min_exponent - self.mantissa_bits
    }

    /// The smallest positive value.
    pub(crate) fn smallest(&self) -> f64 {
        2f64.powi(self.smallest_exponent())
    }

    /// The distance between values near this one.
    pub(crate) fn spacing(&self, at: f64) -> f64 {
        let at = at.abs().min(self.largest);
        // The exponent's own bits; those of zero and of subnormal f64 are below any of ours.
        let exponent = (at.to_bits() >> 52) as i32 - 1023;
        2f64.powi(exponent.max(self.min_exponent) - self.mantissa_bits)
    }

    /// The nearest value, ties to even.
    pub(crate) fn round(&self, value: f64) -> f64 {
        let spacing = self.spacing(value);
        let rounded = (value / spacing).round_ties_even() * spacing;
        if rounded.abs() <= self.largest {
            rounded
        } else if self.saturates {
            self.largest.copysign(rounded)
        } else {
            f64::INFINITY.copysign(rounded)
        }
    }

    /// What the generator stores of a value: flushed as f32, then rounded.
    pub(crate) fn stored(&self, value: f64) -> f64 {
        if f64::from(value as f32).abs() < LEAST { 0.0 } else { self.round(value) }
    }

    /// The largest value that can be stored up to `high`, or the lowest of all.
    pub(crate) fn up_to(&self, high: f64) -> f64 {
        let nearest = self.stored(high);
        if nearest <= high { nearest } else { self.below(nearest) }
    }

    /// The largest value that can be stored below `high`, or the lowest of all.
    pub(crate) fn below(&self, high: f64) -> f64 {
        let nearest = self.stored(high);
        if nearest < high {
            nearest
        } else if nearest == 0.0 {
            -self.smallest().max(LEAST)
        } else if nearest == f64::INFINITY {
            self.largest
        } else {
            // Below a power of two, values lie closer.
            self.stored(nearest - self.spacing(nearest.next_down()))
        }
    }

    /// What is lost of a distribution, in words; none where nothing is to be said.
    ///
    /// # Errors
    /// A constant that would be infinite.
    pub(crate) fn loss(&self, distribution: &Described) -> Result<Option<String>> {
        let Self { name, largest, .. } = *self;
        // A dtype that ends above has lost more.
        if let Some(lost) = flushed::loss(distribution).filter(|_| self.smallest() < LEAST) {
            return Ok(Some(lost));
        }
        let (largest_text, smallest) = (large(largest), self.smallest());
        let step = format!("{name}'s smallest step 2^{}", self.smallest_exponent());
        let beyond = if self.saturates { largest_text.as_str() } else { "infinite" };
        Ok(match *distribution {
            Described::Constant { value } => {
                let rounded = self.round(value);
                let text = value as f32;
                ensure!(
                    rounded.is_finite(),
                    "constant {text} is infinite in {name}, whose largest value is {largest_text}; \
                     take a value within it, or another dtype"
                );
                if self.saturates && value.abs() > largest {
                    let rounded = if rounded < 0.0 { "-" } else { "" }.to_owned() + &largest_text;
                    Some(format!(
                        "constant {text} is beyond {name}'s largest value {largest_text}: it \
                         becomes {rounded}"
                    ))
                } else if value != 0.0 && value.abs() < smallest {
                    let sign = if rounded < 0.0 { "-" } else { "" };
                    let becomes = match rounded {
                        0.0 => "0".into(),
                        _ => format!("{sign}2^{}", self.smallest_exponent()),
                    };
                    Some(format!("constant {text} is below {step}: it becomes {becomes}"))
                } else {
                    None
                }
            }
            Described::Normal { mean, std } if std > largest => Some(format!(
                "normal mean {} std {}: std is above {name}'s largest value {largest_text}: many \
                 values become {beyond}",
                mean as f32, std as f32
            )),
            Described::Normal { mean, std } if std > 0.0 && std < smallest => {
                // Half of a normal's values lie within 0.6745 std of its mean.
                let many = if 0.6745 * std <= 0.5 * smallest { "most" } else { "many" };
                let becomes = if mean == 0.0 { "become 0" } else { "become the same" };
                Some(format!("std {} is below {step}: {many} values {becomes}", std as f32))
            }
            Described::Uniform { low, high } if low.abs().max(high.abs()) > largest => {
                // What would be rounded to `high` or beyond takes the value below, so that only
                // what lies on the other side can be infinite.
                let beyond = match (low < -largest, high > largest) {
                    (true, true) if !self.saturates => format!("infinite or {largest_text}"),
                    (true, false) => beyond.into(),
                    _ => largest_text.clone(),
                };
                Some(format!(
                    "uniform [{}, {}) goes beyond {name}'s largest value {largest_text}: what is \
                     beyond becomes {beyond}",
                    low as f32, high as f32
                ))
            }
            Described::Uniform { low, high } if high > low && high - low < smallest => {
                Some(format!(
                    "width {} of uniform [{}, {}) is below {step}: few different values are left",
                    (high - low) as f32,
                    low as f32,
                    high as f32
                ))
            }
            Described::TruncatedNormal { low, high, .. } if high > low && high - low < smallest => {
                Some(format!(
                    "width {} of [{}, {}] is below {step}: few different values are left",
                    (high - low) as f32,
                    low as f32,
                    high as f32
                ))
            }
            _ => None,
        })
    }
}

/// A largest value: a whole number where it is short.
fn large(value: f64) -> String {
    if value < 1e6 { value.to_string() } else { format!("{value:.4e}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype;

    #[test]
    fn every_value_rounds_to_itself_and_midpoints_to_even() {
        for (name, codes) in
            [("F16", 0x7c00u16), ("BF16", 0x7f80), ("F8_E4M3", 0x7f), ("F8_E5M2", 0x7c)]
        {
            let format = Format::of(name).unwrap();
            let value = |code: u16| dtype::decoder(name).unwrap().1(&code.to_le_bytes()).0;
            assert_eq!((value(1), value(codes - 1)), (format.smallest(), format.largest));
            for code in 0..codes - 1 {
                let (this, next) = (value(code), value(code + 1));
                assert_eq!(format.round(-this), -this, "{name} {code}");
                let even = if code % 2 == 0 { this } else { next };
                assert_eq!(format.round(0.5 * (this + next)), even, "{name} {code}");
                assert_eq!(format.round(0.51 * next + 0.49 * this), next, "{name} {code}");
            }
        }
        assert_eq!(Format::of("F16").unwrap().round(65519.0), 65504.0);
        assert_eq!(Format::of("F16").unwrap().round(65520.0), f64::INFINITY);
        assert_eq!(Format::of("F8_E4M3").unwrap().round(-1e9), -448.0);
        assert!(Format::of("U32").is_none());
    }

    #[test]
    fn values_are_stored_as_the_contract_has_them() {
        let least = f64::from(f32::MIN_POSITIVE);
        let of = |name: &str| Format::of(name).unwrap();
        for name in ["F32", "BF16"] {
            let format = of(name);
            assert_eq!(
                [0.9 * least, -0.9 * least, least].map(|it| format.stored(it)),
                [0.0, 0.0, least]
            );
            assert_eq!([least, 0.0, -1e-45].map(|it| format.below(it)), [0.0, -least, -least]);
            assert_eq!([1e-45, -1e-45].map(|it| format.up_to(it)), [0.0, -least]);
        }
        // Rounded up to f32's least before it is flushed.
        assert_eq!(of("F32").stored(least * (1.0 - 1e-9)), least);
        for (name, high, below, up_to) in [
            ("F32", 1.0, 1.0 - 2f64.powi(-24), 1.0),
            ("BF16", 1.0, 1.0 - 2f64.powi(-8), 1.0),
            ("BF16", -1.0, -1.0 - 2f64.powi(-7), -1.0),
            ("BF16", 1.006, 1.0, 1.0),
            ("F16", 0.0, -2f64.powi(-24), 0.0),
            ("F16", 1e6, 65504.0, 65504.0),
            ("F16", 65504.0, 65472.0, 65504.0),
            ("F16", -1e6, f64::NEG_INFINITY, f64::NEG_INFINITY),
            ("F8_E4M3", 1e3, 448.0, 448.0),
            ("F8_E4M3", 448.0, 416.0, 448.0),
            ("F8_E4M3", -1e3, -448.0, -448.0),
        ] {
            let format = of(name);
            assert_eq!((format.below(high), format.up_to(high)), (below, up_to), "{name} {high}");
        }
    }

    #[test]
    fn what_is_lost_is_said() {
        let loss = |dtype: &str, it: Described| Format::of(dtype).unwrap().loss(&it).unwrap();
        let normal = |std| Described::Normal { mean: 0.0, std };
        let constant = |value| Described::Constant { value };
        for (dtype, it, said) in [
            ("F8_E4M3", normal(0.0011), "std 0.0011 is below F8_E4M3's smallest step 2^-9: most"),
            ("F8_E4M3", normal(0.0019), "many values become 0"),
            ("F16", normal(1e5), "largest value 65504: many values become infinite"),
            ("F8_E5M2", normal(1e5), "become 57344"),
            ("F8_E4M3", constant(-1000.0), "becomes -448"),
            ("F8_E4M3", constant(0.0005), "it becomes 0"),
            ("F8_E4M3", constant(-0.0015), "it becomes -2^-9"),
            ("F8_E4M3", Described::Uniform { low: 0.0, high: 1e-3 }, "width 0.001"),
            ("F8_E4M3", Described::Uniform { low: 0.0, high: 1e3 }, "beyond becomes 448"),
            ("F16", Described::Uniform { low: 0.0, high: 1e6 }, "beyond becomes 65504"),
            ("F16", Described::Uniform { low: -1e6, high: 0.0 }, "beyond becomes infinite"),
            ("F16", Described::Uniform { low: -1e6, high: 1e6 }, "infinite or 65504"),
            ("F32", normal(1e-38), "normal mean 0 std 1e-38: most values are below 2^-126"),
            ("BF16", constant(1e-40), "constant 1e-40 is below 2^-126: it becomes 0"),
            ("F16", normal(1e-39), "below F16's smallest step 2^-24"),
        ] {
            let loss = loss(dtype, it).unwrap_or_default();
            assert!(loss.contains(said), "{said:?} is not in {loss:?}");
        }
        for (dtype, it) in [
            ("F8_E4M3", normal(0.0)),
            ("F8_E4M3", normal(0.002)),
            ("F8_E4M3", constant(0.0)),
            ("F16", constant(65519.0)),
            ("BF16", normal(1e-30)),
            ("F8_E4M3", Described::Uniform { low: -400.0, high: 400.0 }),
            ("F32", Described::Bits),
        ] {
            assert_eq!(loss(dtype, it), None);
        }
        let error = Format::of("F16").unwrap().loss(&constant(-1e5)).unwrap_err().to_string();
        assert!(error.contains("-100000") && error.contains("F16") && error.contains("65504"));
        assert!(Format::of("BF16").unwrap().loss(&constant(f64::from(f32::MAX))).is_err());
    }
}
