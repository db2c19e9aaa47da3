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
    /// Normal, on condition that the value lies in `[low, high]`.
    TruncatedNormal {
        /// The mean of the normal that is truncated.
        mean: f32,
        /// The standard deviation of the normal that is truncated, zero or more.
        std: f32,
        /// The lowest value.
        low: f32,
        /// The highest value.
        high: f32,
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
            Self::TruncatedNormal { .. } => "truncated_normal",
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
    /// A truncation so far out that next to nothing of the normal is left.
    #[error(
        "[low, high] is [{low}, {high}], which begins {sigmas:.1} standard deviations from the mean; at most {MOST_SIGMAS} are possible"
    )]
    Tail {
        /// The lower bound given.
        low: f64,
        /// The upper bound given.
        high: f64,
        /// How far the nearer bound is from the mean, in standard deviations.
        sigmas: f64,
    },
}

/// How far from the mean a truncation may begin, in standard deviations: the quantile function is
/// fitted up to there and a little beyond.
pub(crate) const MOST_SIGMAS: f64 = 12.0;

impl Distribution {
    /// The same value everywhere.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`].
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Kind};
    /// assert_eq!(Distribution::constant(1.0)?.kind(), Kind::Constant { value: 1.0 });
    /// assert!(Distribution::constant(1e39).is_err()); // no f32 is as large
    /// # Ok::<(), wgpu_weights::ParameterError>(())
    /// ```
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
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, cpu};
    /// let mut weights = [0.0; 10_000];
    /// cpu::fill_f32(&Fill::new(Distribution::normal(0.0, 0.02)?, [100, 100]).with_seed(42), &mut weights)?;
    /// let variance = weights.iter().map(|weight| weight * weight).sum::<f32>() / 10_000.0;
    /// assert!((variance.sqrt() - 0.02).abs() < 0.001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn normal(mean: f64, std: f64) -> Result<Self, ParameterError> {
        let distribution = Kind::Normal { mean: to_f32("mean", mean)?, std: to_f32("std", std)? };
        if std < 0.0 {
            return Err(ParameterError::Negative { name: "std", value: std });
        }
        Ok(Self(distribution))
    }

    /// Normal on condition that the value lies in `[low, high]`, both absolute: the quantile of one
    /// word, `z·std + mean`, never outside.
    ///
    /// `mean` and `std` are those of the normal before it is truncated, as in
    /// `torch.nn.init.trunc_normal_(mean, std, a, b)`; what is drawn has a smaller deviation. In a smaller dtype the
    /// bounds are the dtype's nearest values within `[low, high]` (where it has none there, all is the next one
    /// below, and what lies beyond an 8-bit dtype's range is its largest finite number).
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`], [`ParameterError::Negative`], [`ParameterError::Order`],
    /// [`ParameterError::Tail`].
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, cpu};
    /// let within_two_sigma = Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04)?;
    /// let mut weights = [0.0; 1000];
    /// cpu::fill_f32(&Fill::new(within_two_sigma, [1000]).with_seed(42), &mut weights)?;
    /// assert!(weights.iter().all(|weight| weight.abs() <= 0.04));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn truncated_normal(
        mean: f64,
        std: f64,
        low: f64,
        high: f64,
    ) -> Result<Self, ParameterError> {
        let distribution = Kind::TruncatedNormal {
            mean: to_f32("mean", mean)?,
            std: to_f32("std", std)?,
            low: to_f32("low", low)?,
            high: to_f32("high", high)?,
        };
        if std < 0.0 {
            return Err(ParameterError::Negative { name: "std", value: std });
        }
        if low > high {
            return Err(ParameterError::Order { low, high });
        }
        let outside = (low - mean).max(mean - high);
        if outside > MOST_SIGMAS * std {
            return Err(ParameterError::Tail { low, high, sigmas: outside / std });
        }
        Ok(Self(distribution))
    }

    /// The generator's 32-bit words themselves, as u32.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, cpu};
    /// let mut bytes = [0; 16];
    /// cpu::fill(&Fill::new(Distribution::bits(), [4]), &mut bytes)?;
    /// assert_eq!(bytes[..4], 0x6627_e8d5u32.to_le_bytes()); // Random123's first known answer
    /// # Ok::<(), wgpu_weights::cpu::CpuError>(())
    /// ```
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
