//! Distributions in words and in JSON.

use serde::{Deserialize, Serialize};
use wgpu_weights::{Distribution, Kind};

/// A distribution as it stands in JSON; numbers are the exact values of the f32 parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Described {
    /// One value everywhere.
    Constant {
        /// The value.
        value: f64,
    },
    /// Uniform on `[low, high)`.
    Uniform {
        /// The lowest value.
        low: f64,
        /// The bound that is never reached.
        high: f64,
    },
    /// Normal.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// Normal, on condition that the value lies in `[low, high]`.
    TruncatedNormal {
        /// The mean of the normal that is truncated.
        mean: f64,
        /// The standard deviation of the normal that is truncated.
        std: f64,
        /// The lowest value.
        low: f64,
        /// The highest value.
        high: f64,
    },
    /// 32-bit words.
    Bits,
}

impl Described {
    /// The JSON form of a distribution; none for a kind that this program does not know.
    pub(crate) fn of(distribution: &Distribution) -> Option<Self> {
        Some(match distribution.kind() {
            Kind::Constant { value } => Self::Constant { value: value.into() },
            Kind::Uniform { low, high } => Self::Uniform { low: low.into(), high: high.into() },
            Kind::Normal { mean, std } => Self::Normal { mean: mean.into(), std: std.into() },
            Kind::TruncatedNormal { mean, std, low, high } => Self::TruncatedNormal {
                mean: mean.into(),
                std: std.into(),
                low: low.into(),
                high: high.into(),
            },
            Kind::Bits => Self::Bits,
            _ => return None,
        })
    }

    /// As short as it can be said.
    pub(crate) fn text(&self) -> String {
        match *self {
            Self::Constant { value } => format!("constant {}", short(value)),
            Self::Uniform { low, high } => format!("uniform [{}, {})", short(low), short(high)),
            Self::Normal { mean, std } => format!("normal mean {} std {}", short(mean), short(std)),
            Self::TruncatedNormal { mean, std, low, high } => {
                let [mean, std, low, high] = [mean, std, low, high].map(short);
                format!("truncated normal mean {mean} std {std} in [{low}, {high}]")
            }
            Self::Bits => "bits".into(),
        }
    }
}

/// The shortest decimal form: parameters are f32, whose own is the shorter one, and many zeros are
/// counted and not written.
fn short(value: f64) -> String {
    let value = value as f32;
    let plain = value.to_string();
    if plain.len() > 16 { format!("{value:e}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (f64::from(-0.02f32), "-0.02"),
            (-1_234_567.9, "-1234567.9"),
            (1e-39, "1e-39"),
            (-3.4e38, "-3.4e38"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
