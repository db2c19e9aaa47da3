//! Distributions: what an address becomes.

use thiserror::Error;

/// What every element of a tensor is drawn from. Its parameters were checked, and rounded once
/// from f64 to f32, when it was made; drawing from it cannot fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution(Kind);

/// The distribution and its parameters, as rounded to f32.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// The same value everywhere.
    Constant {
        /// The value.
        value: f32,
    },
    /// Uniform on the half-open interval `[low, high)`; `low` alone where the two are equal.
    Uniform {
        /// The lowest value.
        low: f32,
        /// The bound that is never reached.
        high: f32,
    },
    /// Normal.
    Normal {
        /// The mean.
        mean: f32,
        /// The standard deviation, zero or more.
        std: f32,
    },
    /// The generator's 32-bit words.
    Bits,
}

impl Kind {
    /// The name of the distribution.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Constant { .. } => "constant",
            Self::Uniform { .. } => "uniform",
            Self::Normal { .. } => "normal",
            Self::Bits => "bits",
        }
    }
}

/// A parameter out of its range.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ParameterError {
    /// NaN, an infinity, or a number beyond the range of f32.
    #[error("{name} is {value}; it must be a finite number within the range of f32 (±3.4e38)")]
    NotFinite {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A negative standard deviation or gain.
    #[error("{name} is {value}; it must be zero or more")]
    Negative {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// `low` above `high`.
    #[error("low is {low} and high is {high}; low must not be above high")]
    Order {
        /// The lower bound given.
        low: f64,
        /// The upper bound given.
        high: f64,
    },
    /// `high - low` beyond the range of f32.
    #[error(
        "high - low is {span} for low {low} and high {high}; it must be within the range of f32 (3.4e38)"
    )]
    Span {
        /// The lower bound given.
        low: f64,
        /// The upper bound given.
        high: f64,
        /// The difference.
        span: f64,
    },
}

impl Distribution {
    /// The same value everywhere.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`].
    pub fn constant(value: f64) -> Result<Self, ParameterError> {
        Ok(Self(Kind::Constant { value: to_f32("value", value)? }))
    }

    /// Uniform on `[low, high)`: `u·(high - low) + low` with `u` a multiple of 2^-24 in `[0, 1)`.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`], [`ParameterError::Order`], [`ParameterError::Span`].
    ///
    /// ```
    /// use wgpu_weights::Distribution;
    /// assert!(Distribution::uniform(-0.1, 0.1).is_ok());
    /// assert!(Distribution::uniform(0.1, -0.1).is_err());
    /// ```
    pub fn uniform(low: f64, high: f64) -> Result<Self, ParameterError> {
        let (low32, high32) = (to_f32("low", low)?, to_f32("high", high)?);
        if low > high {
            return Err(ParameterError::Order { low, high });
        }
        if !(high32 - low32).is_finite() {
            return Err(ParameterError::Span { low, high, span: high - low });
        }
        Ok(Self(Kind::Uniform { low: low32, high: high32 }))
    }

    /// Normal, by Box-Muller: `z·std + mean`.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`], [`ParameterError::Negative`].
    pub fn normal(mean: f64, std: f64) -> Result<Self, ParameterError> {
        let distribution = Kind::Normal { mean: to_f32("mean", mean)?, std: to_f32("std", std)? };
        if std < 0.0 {
            return Err(ParameterError::Negative { name: "std", value: std });
        }
        Ok(Self(distribution))
    }

    /// The generator's 32-bit words themselves, as u32.
    pub const fn bits() -> Self {
        Self(Kind::Bits)
    }

    /// The distribution and its parameters, as rounded to f32.
    pub const fn kind(&self) -> Kind {
        self.0
    }
}

/// One rounding to nearest-even. Adding zero makes a negative zero positive: the contract has none.
fn to_f32(name: &'static str, value: f64) -> Result<f32, ParameterError> {
    let rounded = value as f32 + 0.0;
    if rounded.is_finite() { Ok(rounded) } else { Err(ParameterError::NotFinite { name, value }) }
}
