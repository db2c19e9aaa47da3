//! What of a distribution is lost in a dtype.

pub(crate) mod flushed;

use wgpu_weights::{Distribution, Dtype, Kind};

use self::flushed::LEAST;
use crate::error::{Result, ensure};

/// What is lost of a distribution, in words; none where nothing is to be said.
///
/// # Errors
/// A constant that would be infinite.
pub fn lost_in(dtype: Dtype, distribution: &Distribution) -> Result<Option<String>> {
    let Some(format) = dtype.float_format() else { return Ok(None) };
    let (name, kind, largest) = (dtype.name(), distribution.kind(), format.largest());
    let [least, largest32] = [format.smallest(), largest].map(|it| it as f32);
    // A dtype that ends above has lost more.
    if let Some(lost) = flushed::lost(kind).filter(|_| format.smallest() < LEAST) {
        return Ok(Some(lost));
    }
    let largest_text = large(largest);
    let step = format!("{name}'s smallest step 2^{}", format.smallest_exponent());
    let beyond = if format.saturates() { largest_text.as_str() } else { "infinite" };
    Ok(match kind {
        Kind::Constant { value } | Kind::Diagonal { value, .. } => {
            let rounded = format.round(value.into());
            ensure!(
                rounded.is_finite(),
                "constant {value} is infinite in {name}, whose largest value is {largest_text}; \
                 take a value within it, or another dtype"
            );
            if format.saturates() && value.abs() > largest32 {
                let rounded = if rounded < 0.0 { "-" } else { "" }.to_owned() + &largest_text;
                Some(format!(
                    "constant {value} is beyond {name}'s largest value {largest_text}: it \
                     becomes {rounded}"
                ))
            } else if value != 0.0 && value.abs() < least {
                let sign = if rounded < 0.0 { "-" } else { "" };
                let becomes = match rounded {
                    0.0 => "0".into(),
                    _ => format!("{sign}2^{}", format.smallest_exponent()),
                };
                Some(format!("constant {value} is below {step}: it becomes {becomes}"))
            } else {
                None
            }
        }
        Kind::Normal { std, .. } | Kind::Sparse { std, .. } if std > largest32 => Some(format!(
            "{kind}: std is above {name}'s largest value {largest_text}: many values become {beyond}"
        )),
        Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } if std > 0.0 && std < least => {
            // Half of a normal's values lie within 0.6745 std of its mean.
            let many = if 0.6745 * std <= 0.5 * least { "most" } else { "many" };
            let becomes = if mean == 0.0 { "become 0" } else { "become the same" };
            Some(format!("std {std} is below {step}: {many} values {becomes}"))
        }
        Kind::Uniform { low, high } if low.abs().max(high.abs()) > largest32 => {
            // What would be rounded to beyond a bound takes the dtype's last value within.
            let sign = if high > largest32 { "" } else { "-" };
            let sign = if low < -largest32 && high > largest32 { "±" } else { sign };
            let beyond = format!("{sign}{largest_text}");
            Some(format!(
                "{kind} goes beyond {name}'s largest value {largest_text}: what is beyond becomes \
                 {beyond}"
            ))
        }
        Kind::Uniform { low, high } if high > low && high - low < least => Some(format!(
            "width {} of {kind} is below {step}: few different values are left",
            high - low
        )),
        Kind::TruncatedNormal { low, high, .. } if high > low && high - low < least => {
            Some(format!(
                "width {} of [{low}, {high}] is below {step}: few different values are left",
                high - low
            ))
        }
        _ => None,
    })
}

/// A largest value: a whole number where it is short.
fn large(value: f64) -> String {
    if value < 1e6 { value.to_string() } else { format!("{value:.4e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_said() {
        let of = |dtype: &str, it: Kind| {
            lost_in(dtype.parse().unwrap(), &Distribution::try_from(it).unwrap())
        };
        let normal = |std| Kind::Normal { mean: 0.0, std };
        let constant = |value| Kind::Constant { value };
        for (dtype, it, said) in [
            ("F8_E4M3", normal(0.0011), "std 0.0011 is below F8_E4M3's smallest step 2^-9: most"),
            ("F8_E4M3", normal(0.0019), "many values become 0"),
            ("F16", normal(1e5), "largest value 65504: many values become infinite"),
            ("F8_E5M2", normal(1e5), "become 57344"),
            ("F8_E4M3", constant(-1000.0), "becomes -448"),
            ("F8_E4M3", constant(0.0005), "it becomes 0"),
            ("F8_E4M3", constant(-0.0015), "it becomes -2^-9"),
            ("F8_E4M3", Kind::Uniform { low: 0.0, high: 1e-3 }, "width 0.001"),
            ("F8_E4M3", Kind::Uniform { low: 0.0, high: 1e3 }, "beyond becomes 448"),
            ("F16", Kind::Uniform { low: 0.0, high: 1e6 }, "beyond becomes 65504"),
            ("F16", Kind::Uniform { low: -1e6, high: 0.0 }, "beyond becomes -65504"),
            ("F16", Kind::Uniform { low: -1e6, high: 1e6 }, "beyond becomes ±65504"),
            ("F32", normal(1e-38), "normal mean 0 std 1e-38: most values are below 2^-126"),
            ("BF16", constant(1e-40), "constant 1e-40 is below 2^-126: it becomes 0"),
            ("F16", normal(1e-39), "below F16's smallest step 2^-24"),
        ] {
            let lost = of(dtype, it).unwrap().unwrap_or_default();
            assert!(lost.contains(said), "{said:?} is not in {lost:?}");
        }
        for (dtype, it) in [
            ("F8_E4M3", normal(0.0)),
            ("F8_E4M3", normal(0.002)),
            ("F8_E4M3", constant(0.0)),
            ("F16", constant(65519.0)),
            ("BF16", normal(1e-30)),
            ("F8_E4M3", Kind::Uniform { low: -400.0, high: 400.0 }),
            ("U32", Kind::Bits),
        ] {
            assert_eq!(of(dtype, it).unwrap(), None);
        }
        let error = of("F16", constant(-1e5)).unwrap_err().to_string();
        assert!(error.contains("-100000") && error.contains("F16") && error.contains("65504"));
        assert!(of("BF16", constant(f32::MAX)).is_err());
    }
}
