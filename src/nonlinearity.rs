//! Nonlinearities and their gains: how much each shrinks the scale of what flows through it.

/// The nonlinearity that follows a weight, by torch's names.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants are the field's names")]
pub enum Nonlinearity {
    Linear,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Sigmoid,
    Tanh,
    #[default]
    Relu,
    /// A leaky ReLU.
    LeakyRelu {
        /// What negative inputs are multiplied by.
        negative_slope: f64,
    },
    Selu,
}

impl Nonlinearity {
    /// Every nonlinearity that has a gain; the leaky ReLU with torch's slope, 0.01.
    pub const ALL: &[Self] = &[
        Self::Linear,
        Self::Conv1d,
        Self::Conv2d,
        Self::Conv3d,
        Self::ConvTranspose1d,
        Self::ConvTranspose2d,
        Self::ConvTranspose3d,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LeakyRelu { negative_slope: 0.01 },
        Self::Selu,
    ];

    /// torch's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Conv1d => "conv1d",
            Self::Conv2d => "conv2d",
            Self::Conv3d => "conv3d",
            Self::ConvTranspose1d => "conv_transpose1d",
            Self::ConvTranspose2d => "conv_transpose2d",
            Self::ConvTranspose3d => "conv_transpose3d",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Selu => "selu",
        }
    }

    /// The same nonlinearity with this negative slope, torch's argument `a`; those without a slope stay as
    /// they are, as in torch.
    ///
    /// ```
    /// use wgpu_weights::Nonlinearity;
    /// let leaky: Nonlinearity = "leaky_relu".parse()?; // 0.01, where torch is not told
    /// assert_eq!(leaky.with_slope(0.2), Nonlinearity::LeakyRelu { negative_slope: 0.2 });
    /// assert_eq!(Nonlinearity::Relu.with_slope(0.2), Nonlinearity::Relu);
    /// # Ok::<(), wgpu_weights::UnknownName>(())
    /// ```
    #[must_use]
    pub const fn with_slope(self, negative_slope: f64) -> Self {
        match self {
            Self::LeakyRelu { .. } => Self::LeakyRelu { negative_slope },
            other => other,
        }
    }
}

crate::names::from_str_by_name!(Nonlinearity, "nonlinearity");

/// The gain of a nonlinearity: `linear`, `conv*`, `sigmoid` 1, `tanh` 5/3, `relu` √2,
/// `leaky_relu` √(2/(1+a²)) for a negative slope of `a`, `selu` 3/4.
///
/// The result is never negative and, for every finite slope, finite; a slope of NaN gives NaN, which the
/// initialisers refuse.
///
/// Source: torch `nn.init.calculate_gain`.
///
/// ```
/// use wgpu_weights::{Nonlinearity, calculate_gain};
/// assert_eq!(calculate_gain(Nonlinearity::Tanh), 5.0 / 3.0);
/// assert_eq!(calculate_gain(Nonlinearity::LeakyRelu { negative_slope: 1.0 }), 1.0);
/// ```
pub fn calculate_gain(nonlinearity: Nonlinearity) -> f64 {
    match nonlinearity {
        Nonlinearity::Linear
        | Nonlinearity::Conv1d
        | Nonlinearity::Conv2d
        | Nonlinearity::Conv3d
        | Nonlinearity::ConvTranspose1d
        | Nonlinearity::ConvTranspose2d
        | Nonlinearity::ConvTranspose3d
        | Nonlinearity::Sigmoid => 1.0,
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::Relu => 2f64.sqrt(),
        Nonlinearity::LeakyRelu { negative_slope } => {
            (2.0 / (1.0 + negative_slope * negative_slope)).sqrt()
        }
        Nonlinearity::Selu => 3.0 / 4.0,
    }
}
