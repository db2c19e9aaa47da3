//! Distributions: what an address becomes.

use std::{fmt, ops::Range};

use thiserror::Error;

use crate::{Diagonal, Formula, Matrices, ZeroRows, Zeros, truncation::std_after};

/// What every element of a tensor is drawn from. Its parameters were checked, and rounded once
/// from f64 to f32, when it was made; drawing from it cannot fail.
///
/// Its text is as short as it can be said. With the feature `serde` it is written and read as its [`Kind`]
/// is, with `"zero_rows": [first, end]` where it has such, and what is read is checked as it is when it is made.
///
/// ```
/// use wgpu_weights::Distribution;
/// assert_eq!(Distribution::normal(0.0, 0.02)?.to_string(), "normal mean 0 std 0.02");
/// # Ok::<(), wgpu_weights::ParameterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "crate::zero_rows::Written", try_from = "crate::zero_rows::Written")
)]
pub struct Distribution {
    kind: Kind,
    zero_rows: Option<ZeroRows>,
}

/// The distribution and its parameters, as rounded to f32.
///
/// Exhaustive on purpose: whoever draws, describes or judges values must know every law there is, and is told
/// by the compiler when there is a new one. With the feature `serde` it is `{"kind": "normal", "mean": 0.0,
/// "std": 0.019999999552965164}`: each number is the exact value of the f32.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "half a kilobyte that is copied costs less than a heap"
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        tag = "kind",
        rename_all = "snake_case",
        expecting = "a distribution and its parameters"
    )
)]
pub enum Kind {
    /// The same value everywhere.
    Constant {
        /// The value.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        value: f32,
    },
    /// Uniform on the half-open interval `[low, high)`; `low` alone where the two are equal.
    Uniform {
        /// The lowest value.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        low: f32,
        /// The bound that is never reached.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        high: f32,
    },
    /// Normal.
    Normal {
        /// The mean.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        mean: f32,
        /// The standard deviation, zero or more.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        std: f32,
    },
    /// Normal, on condition that the value lies in `[low, high]`.
    TruncatedNormal {
        /// The mean of the normal that is truncated.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        mean: f32,
        /// The standard deviation of the normal that is truncated, zero or more.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        std: f32,
        /// The lowest value.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        low: f32,
        /// The highest value.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        high: f32,
    },
    /// One value on a diagonal and 0 elsewhere.
    Diagonal {
        /// The value.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        value: f32,
        /// Where it stands.
        diagonal: Diagonal,
    },
    /// Normal, with zeros at random places, as many in each column or row of a matrix.
    Sparse {
        /// The mean of what is not 0.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        mean: f32,
        /// The standard deviation of what is not 0, zero or more.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        std: f32,
        /// How many zeros there are, and where.
        zeros: Zeros,
    },
    /// Orthogonal matrices, and 0 around them.
    Orthogonal {
        /// What they are multiplied by, zero or more.
        #[cfg_attr(feature = "serde", serde(serialize_with = "exact"))]
        gain: f32,
        /// Where they lie.
        matrices: Matrices,
    },
    /// Numbers that go up by steps, from the start again after each period.
    Arange {
        /// The first.
        start: f64,
        /// From one to the next.
        step: f64,
        /// How many there are.
        period: u64,
    },
    /// What a formula says of each element.
    Formula(Formula),
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
            Self::Diagonal { .. } => "diagonal",
            Self::Sparse { .. } => "sparse",
            Self::Orthogonal { .. } => "orthogonal",
            Self::Arange { .. } => "arange",
            Self::Formula(_) => "formula",
            Self::Bits => "bits",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Constant { value } => write!(f, "constant {}", Short(value)),
            Self::Uniform { low, high } => write!(f, "uniform [{}, {})", Short(low), Short(high)),
            Self::Normal { mean, std } => {
                write!(f, "normal mean {} std {}", Short(mean), Short(std))
            }
            Self::TruncatedNormal { mean, std, low, high } => {
                let [mean, std, low, high] = [mean, std, low, high].map(Short);
                write!(f, "truncated normal mean {mean} std {std} in [{low}, {high}]")
            }
            Self::Diagonal { value, diagonal: Diagonal { taps: 1, .. } } => {
                write!(f, "{} on the diagonal", Short(value))
            }
            Self::Diagonal { value, diagonal: Diagonal { tap, .. } } => {
                write!(f, "{} on the diagonal at tap {tap}", Short(value))
            }
            Self::Sparse { mean, std, zeros } => {
                let (mean, std, each) = (Short(mean), Short(std), zeros.each.name());
                write!(f, "normal mean {mean} std {std}, {} zeros in each {each}", zeros.zeros)
            }
            Self::Orthogonal { gain, matrices: Matrices { count, rows, columns, .. } } => {
                write!(f, "orthogonal {rows} x {columns}")?;
                if count != 1 {
                    write!(f, ", {count} of them")?;
                }
                if gain == 1.0 { Ok(()) } else { write!(f, ", gain {}", Short(gain)) }
            }
            Self::Formula(formula) => write!(f, "formula {formula}"),
            Self::Arange { start, step, period } => {
                let last = start + step * period.saturating_sub(1) as f64;
                write!(f, "arange from {start} to {last} by {step}")
            }
            Self::Bits => f.write_str("bits"),
        }
    }
}

/// A parameter out of its range.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
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
    /// More zeros than there is room for.
    #[error(
        "{zeros} zeros in each {each} of {length} elements; there must be no more zeros than elements"
    )]
    Zeros {
        /// Zeros asked for.
        zeros: u32,
        /// The line.
        each: &'static str,
        /// Its elements.
        length: u32,
    },
    /// A formula of two draws that are not independent.
    #[error(
        "the formula is of both `u` and `z`, which come of the same words and are not independent; take one of them"
    )]
    TwoDraws,
    /// Rows side by side that do not divide all rows.
    #[error("{inner} rows side by side do not divide {rows} rows; take a divisor of them")]
    Matrices {
        /// Rows of a matrix.
        rows: u64,
        /// Rows that lie side by side.
        inner: u64,
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
/// Bounds beyond these cut less than one of 10^10 values.
const NEVER: f64 = 6.5;

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
        Ok(Self::of(Kind::Constant { value: to_f32("value", value)? }))
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
        Ok(Self::of(Kind::Uniform { low: low32, high: high32 }))
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
        Ok(Self::of(distribution))
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
        let distribution = Self::truncated(mean, std, low, high)?;
        let outside = (low - mean).max(mean - high);
        if outside > MOST_SIGMAS * std {
            return Err(ParameterError::Tail { low, high, sigmas: outside / std });
        }
        Ok(distribution)
    }

    /// As [`truncated_normal`](Self::truncated_normal), with the bounds in standard deviations from the mean, *before* the
    /// cut: as JAX's `truncated_normal` and timm's `trunc_normal_tf_` have them.
    ///
    /// # Errors
    /// As [`truncated_normal`](Self::truncated_normal), of the bounds `mean + std·sigmas`.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Kind};
    /// let vit = Distribution::truncated_normal_in_sigmas(0.0, 0.02, [-2.0, 2.0])?;
    /// assert_eq!(vit, Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04)?);
    /// // torch's bounds are absolute: of a std of 0.02 its own -2 and 2 cut nothing.
    /// assert_ne!(vit, Distribution::truncated_normal(0.0, 0.02, -2.0, 2.0)?);
    /// # Ok::<(), wgpu_weights::ParameterError>(())
    /// ```
    pub fn truncated_normal_in_sigmas(
        mean: f64,
        std: f64,
        sigmas: [f64; 2],
    ) -> Result<Self, ParameterError> {
        let [low, high] = ordered(sigmas)?;
        Self::truncated_normal(mean, std, mean + std * low, mean + std * high)
    }

    /// As [`truncated_normal_in_sigmas`](Self::truncated_normal_in_sigmas), with the standard deviation *after* the cut: as
    /// JAX's and Keras' `lecun_normal`, `glorot_normal` and `he_normal` have it, for any bounds.
    ///
    /// The bounds are in standard deviations of the normal before it is cut. `mean` is that normal's; what is drawn has it
    /// where the bounds are as far on either side.
    ///
    /// # Errors
    /// As [`truncated_normal`](Self::truncated_normal); [`ParameterError::Order`] where the bounds are equal, which
    /// leave no deviation.
    ///
    /// ```
    /// use wgpu_weights::Distribution;
    /// let lecun = Distribution::truncated_normal_with_std_after(0.0, 0.05, [-2.0, 2.0])?;
    /// assert!((lecun.std().unwrap() - 0.05).abs() < 1e-8);
    /// let cut = Distribution::truncated_normal_in_sigmas(0.0, 0.05, [-2.0, 2.0])?;
    /// assert!((cut.std().unwrap() - 0.05 * 0.8796).abs() < 1e-5);
    /// # Ok::<(), wgpu_weights::ParameterError>(())
    /// ```
    pub fn truncated_normal_with_std_after(
        mean: f64,
        std: f64,
        sigmas: [f64; 2],
    ) -> Result<Self, ParameterError> {
        let [low, high] = ordered(sigmas)?;
        if low == high {
            return Err(ParameterError::Order { low, high });
        }
        if low > MOST_SIGMAS || high < -MOST_SIGMAS {
            return Err(ParameterError::Tail { low, high, sigmas: low.max(-high) });
        }
        Self::truncated_normal_in_sigmas(mean, std / std_after(low, high), sigmas)
    }

    /// One value on a diagonal, 0 elsewhere. Seed and stream have no say.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`].
    ///
    /// ```
    /// use wgpu_weights::{Diagonal, Distribution, Fill, Layout, cpu};
    /// // torch's `dirac_` of [4, 2, 3] in two groups: a convolution that changes nothing.
    /// let dirac = Diagonal { rows: 4, columns: 2, taps: 3, tap: 1, period: 2, layout: Layout::OutInField };
    /// let mut kernel = [0.0; 24];
    /// cpu::fill_f32(&Fill::new(Distribution::diagonal(1.0, dirac)?, [4, 2, 3]), &mut kernel)?;
    /// let ones: Vec<usize> = (0..24).filter(|&at| kernel[at] == 1.0).collect();
    /// assert_eq!(ones, [1, 10, 13, 22]);
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn diagonal(value: f64, diagonal: Diagonal) -> Result<Self, ParameterError> {
        Ok(Self::of(Kind::Diagonal { value: to_f32("value", value)?, diagonal }))
    }

    /// Normal, with zeros at random places, as many in each column or row of a matrix. What is not 0 is what
    /// [`normal`](Self::normal) has at the same address.
    ///
    /// # Errors
    /// As [`normal`](Self::normal); [`ParameterError::Zeros`] where a line has fewer elements than zeros.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, Line, Zeros, cpu};
    /// let zeros = Zeros { each: Line::Column, rows: 10, columns: 6, zeros: 9 };
    /// let sparse = Fill::new(Distribution::sparse(0.0, 0.01, zeros)?, [10, 6]).with_seed(42);
    /// let mut values = [0.0; 60];
    /// cpu::fill_f32(&sparse, &mut values)?;
    /// for column in 0..6 {
    ///     assert_eq!((0..10).filter(|row| values[row * 6 + column] == 0.0).count(), 9);
    /// }
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn sparse(mean: f64, std: f64, zeros: Zeros) -> Result<Self, ParameterError> {
        Self::normal(mean, std)?;
        if zeros.zeros > zeros.length() {
            let (length, each) = (zeros.length(), zeros.each.name());
            return Err(ParameterError::Zeros { zeros: zeros.zeros, each, length });
        }
        let (mean, std) = (to_f32("mean", mean)?, to_f32("std", std)?);
        Ok(Self::of(Kind::Sparse { mean, std, zeros }))
    }

    /// Orthogonal matrices, and 0 around them: what [`cpu::orthogonal`](crate::cpu::orthogonal()) makes at the same address, with its
    /// law and its bounds.
    ///
    /// They are made on the host, whole, whatever part of them is asked for, and reach a GPU by a copy that
    /// [`Filler`](crate::Filler) records as it records any other fill.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`], [`ParameterError::Negative`]; [`ParameterError::Matrices`] where `inner` does not divide
    /// the rows.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, Matrices, cpu};
    /// let recurrent = Distribution::orthogonal(1.0, Matrices::one(6, 4))?;
    /// let whole = Fill::new(recurrent, [6, 4]).with_seed(42).with_name("rnn.weight_hh_l0");
    /// let (mut q, mut row) = ([0.0; 24], [0.0; 4]);
    /// cpu::fill_f32(&whole, &mut q)?;
    /// cpu::fill_f32(&whole.shard(0, 2..3)?, &mut row)?;
    /// assert_eq!(row, q[8..12]);
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn orthogonal(gain: f64, matrices: Matrices) -> Result<Self, ParameterError> {
        let Matrices { rows, inner, .. } = matrices;
        if inner == 0 || rows % inner != 0 {
            return Err(ParameterError::Matrices { rows, inner });
        }
        let gain32 = to_f32("gain", gain)?;
        if gain < 0.0 {
            return Err(ParameterError::Negative { name: "gain", value: gain });
        }
        Ok(Self::of(Kind::Orthogonal { gain: gain32, matrices }))
    }

    /// Numbers that go up by steps: element `index` is `start + step·(index mod period)`, computed in f64. Seed and stream
    /// have no say.
    ///
    /// # Errors
    /// [`ParameterError::NotFinite`], also of the last number.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Dtype, Fill, cpu};
    /// // BERT's `position_ids` [1, 512].
    /// let ids = Fill::new(Distribution::arange(0.0, 1.0, 512)?, [1, 512]).with_dtype(Dtype::I64);
    /// let mut bytes = vec![0; ids.bytes()? as usize];
    /// cpu::fill(&ids, &mut bytes)?;
    /// assert_eq!(bytes[8 * 300..8 * 301], 300i64.to_le_bytes());
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn arange(start: f64, step: f64, period: u64) -> Result<Self, ParameterError> {
        to_f32("start", start)?;
        to_f32("step", step)?;
        let last = start + step * period.saturating_sub(1) as f64;
        to_f32("the last number", last)?;
        Ok(Self::of(Kind::Arange { start, step, period }))
    }

    /// What a formula says of each element, from its coordinates, and from draws of its own where it has any.
    ///
    /// `u` is what [`uniform`](Self::uniform)`(0, 1)` has at the element's address, `z` what [`normal`](Self::normal)`(0, 1)` has; both
    /// come of the same words. The value is computed on the host in f64 and
    /// rounded once to f32, and reaches a GPU as all that is [made on the host](crate::Fill::is_made_on_host). In an integer dtype it
    /// is rounded to the nearest integer that the dtype has. A value that is not finite is an error of whoever fills.
    ///
    /// # Errors
    /// [`ParameterError::TwoDraws`] for a formula of both `u` and `z`.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Expression, Fill, cpu};
    /// // Mamba's A_log [d_inner, d_state].
    /// let formula = Expression::parse("ln(j + 1)")?.formula(&[8, 16], |name| Err(format!("no variable {name}")))?;
    /// let mut a_log = [0.0; 128];
    /// cpu::fill_f32(&Fill::new(Distribution::formula(formula)?, [8, 16]), &mut a_log)?;
    /// assert_eq!(a_log[16 + 2], 3f32.ln());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn formula(formula: Formula) -> Result<Self, ParameterError> {
        match formula.uses_u() && formula.uses_z() {
            true => Err(ParameterError::TwoDraws),
            false => Ok(Self::of(Kind::Formula(formula))),
        }
    }

    /// The standard deviation of what is drawn, after any cut, as of real numbers, zeros among them; of orthogonal matrices that of
    /// their own elements; none of [`bits`](Self::bits) and of a formula.
    pub fn std(&self) -> Option<f64> {
        match self.kind {
            Kind::Constant { .. } => Some(0.0),
            Kind::Uniform { low, high } => Some((f64::from(high) - f64::from(low)) / 12f64.sqrt()),
            Kind::Normal { std, .. } => Some(std.into()),
            Kind::TruncatedNormal { mean, std, low, high } => {
                let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
                if std == 0.0 || low == high {
                    return Some(0.0);
                }
                // What rounding to f32 made of bounds far out lies no further than it can.
                let low = ((low - mean) / std).min(MOST_SIGMAS);
                let high = ((high - mean) / std).max(-MOST_SIGMAS);
                Some(std * std_after(low, high))
            }
            Kind::Diagonal { value, diagonal } => {
                let [on, of] = diagonal.share();
                let share = if of > 0.0 { on / of } else { 0.0 };
                Some(f64::from(value).abs() * (share * (1.0 - share)).sqrt())
            }
            Kind::Sparse { mean, std, zeros } => {
                let kept = zeros.kept();
                let [mean, std] = [mean, std].map(f64::from);
                Some((kept * (std * std + (1.0 - kept) * mean * mean)).sqrt())
            }
            Kind::Orthogonal { gain, matrices: Matrices { rows, columns, .. } } => {
                // Each column's squares, or each row's, sum to the gain's.
                Some(f64::from(gain) / (rows.max(columns).max(1) as f64).sqrt())
            }
            Kind::Arange { step, period, .. } => {
                let period = period.max(1) as f64;
                Some(step.abs() * ((period * period - 1.0) / 12.0).sqrt())
            }
            Kind::Formula(_) | Kind::Bits => None,
        }
    }

    /// Whether this is a truncated normal whose bounds are so many standard deviations away that they cut nothing: absolute
    /// bounds that were meant in standard deviations.
    ///
    /// ```
    /// use wgpu_weights::Distribution;
    /// // torch's `trunc_normal_(std=0.02)`, whose bounds are -2 and 2.
    /// assert!(Distribution::truncated_normal(0.0, 0.02, -2.0, 2.0)?.cuts_nothing());
    /// assert!(!Distribution::truncated_normal_in_sigmas(0.0, 0.02, [-2.0, 2.0])?.cuts_nothing());
    /// # Ok::<(), wgpu_weights::ParameterError>(())
    /// ```
    pub fn cuts_nothing(&self) -> bool {
        let Kind::TruncatedNormal { mean, std, low, high } = self.kind else { return false };
        let nearest = (f64::from(mean) - f64::from(low)).min(f64::from(high) - f64::from(mean));
        std > 0.0 && nearest > NEVER * f64::from(std)
    }

    /// A truncated normal, however far out it begins: what is drawn is that of the farthest that is possible.
    fn truncated(mean: f64, std: f64, low: f64, high: f64) -> Result<Self, ParameterError> {
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
        Ok(Self::of(distribution))
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
        Self::of(Kind::Bits)
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, zero_rows: None }
    }

    /// The law with 0 in these rows of the tensor, its first dimension's indices, instead of others that it had: as of a
    /// padding token's embedding, or of a vocabulary that is padded to a round number.
    ///
    /// Rows that a tensor has not are nothing, so `1000..u64::MAX` are all from row 1000 on. No element moves: the
    /// others are what they are without zero rows.
    ///
    /// ```
    /// use wgpu_weights::Distribution;
    /// let padded = Distribution::normal(0.0, 0.02)?.with_zero_rows(50_257..u64::MAX);
    /// assert_eq!(padded.to_string(), "normal mean 0 std 0.02, rows from 50257 on zero");
    /// assert_eq!(padded.zero_rows().map(|rows| rows.range()), Some(50_257..u64::MAX));
    /// # Ok::<(), wgpu_weights::ParameterError>(())
    /// ```
    #[must_use]
    pub const fn with_zero_rows(self, rows: Range<u64>) -> Self {
        Self { kind: self.kind, zero_rows: ZeroRows::new(rows) }
    }

    /// The rows that are zero, if any are.
    pub const fn zero_rows(&self) -> Option<ZeroRows> {
        self.zero_rows
    }

    /// The distribution and its parameters, as rounded to f32, of all rows but [those that are zero](Self::zero_rows).
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        self.zero_rows.map_or(Ok(()), |rows| write!(f, ", {rows}"))
    }
}

impl TryFrom<Kind> for Distribution {
    type Error = ParameterError;

    /// The distribution of these parameters, checked as its constructor checks them, but for how far out a
    /// truncation begins: rounding to f32 may have moved it.
    fn try_from(kind: Kind) -> Result<Self, ParameterError> {
        match kind {
            Kind::Constant { value } => Self::constant(value.into()),
            Kind::Uniform { low, high } => Self::uniform(low.into(), high.into()),
            Kind::Normal { mean, std } => Self::normal(mean.into(), std.into()),
            Kind::TruncatedNormal { mean, std, low, high } => {
                Self::truncated(mean.into(), std.into(), low.into(), high.into())
            }
            Kind::Diagonal { value, diagonal } => Self::diagonal(value.into(), diagonal),
            Kind::Sparse { mean, std, zeros } => Self::sparse(mean.into(), std.into(), zeros),
            Kind::Orthogonal { gain, matrices } => Self::orthogonal(gain.into(), matrices),
            Kind::Arange { start, step, period } => Self::arange(start, step, period),
            Kind::Formula(formula) => Self::formula(formula),
            Kind::Bits => Ok(Self::bits()),
        }
    }
}

/// A number in its shortest decimal form; many zeros are counted and not written.
struct Short(f32);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.to_string();
        if plain.len() > 16 { write!(f, "{:e}", self.0) } else { f.write_str(&plain) }
    }
}

/// An f32 as the f64 of the same value: what a reader computes with.
#[cfg(feature = "serde")]
fn exact<S: serde::Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(f64::from(*value))
}

/// Bounds, which are numbers and in order.
fn ordered([low, high]: [f64; 2]) -> Result<[f64; 2], ParameterError> {
    to_f32("low", low)?;
    to_f32("high", high)?;
    if low > high { Err(ParameterError::Order { low, high }) } else { Ok([low, high]) }
}

/// One rounding to nearest-even. Adding zero makes a negative zero positive: the contract has none.
fn to_f32(name: &'static str, value: f64) -> Result<f32, ParameterError> {
    let rounded = value as f32 + 0.0;
    if rounded.is_finite() { Ok(rounded) } else { Err(ParameterError::NotFinite { name, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.02, "-0.02"),
            (-1_234_567.9, "-1234567.9"),
            (1e-39, "1e-39"),
            (-3.4e38, "-3.4e38"),
        ] {
            assert_eq!(Short(value).to_string(), text);
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_is_written_is_read_and_checked() {
        for distribution in [
            Distribution::constant(-0.1),
            Distribution::uniform(-0.1, 0.3),
            Distribution::normal(0.0, 0.02),
            Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04),
            // As f32, this begins much further out.
            Distribution::truncated_normal(1.0, 1e-9, 1.0 + 11.9e-9, 2.0),
            Ok(Distribution::bits()),
            Distribution::normal(0.0, 0.02).map(|law| law.with_zero_rows(0..1)),
            Distribution::constant(1.0).map(|law| law.with_zero_rows(7..u64::MAX)),
        ] {
            let distribution = distribution.unwrap();
            let text = serde_json::to_string(&distribution).unwrap();
            assert_eq!(
                serde_json::from_str::<Distribution>(&text).unwrap(),
                distribution,
                "{text}"
            );
        }
        let text = serde_json::to_string(&Distribution::normal(0.0, 0.02).unwrap()).unwrap();
        assert_eq!(text, r#"{"kind":"normal","mean":0.0,"std":0.019999999552965164}"#);
        for wrong in [
            r#"{"kind": "normal", "mean": 0.0, "std": -1.0}"#,
            r#"{"kind": "uniform", "low": 1.0, "high": 0.0}"#,
            r#"{"kind": "constant", "value": 1e39}"#,
            r#"{"kind": "poisson", "rate": 1.0}"#,
            "1",
        ] {
            assert!(serde_json::from_str::<Distribution>(wrong).is_err(), "{wrong}");
        }
    }
}
