//! Gains: how much a nonlinearity shrinks the scale of what flows through it.

/// The nonlinearity that follows a weight, by torch's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
    LeakyRelu,
    Selu,
}

impl Nonlinearity {
    /// Every nonlinearity that has a gain.
    pub const ALL: [Self; 12] = [
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
        Self::LeakyRelu,
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
            Self::LeakyRelu => "leaky_relu",
            Self::Selu => "selu",
        }
    }
}

crate::names::from_str_by_name!(Nonlinearity, "nonlinearity");

/// torch's slope of a leaky ReLU whose parameter is not given.
const DEFAULT_LEAKY_SLOPE: f64 = 0.01;

/// The gain of a nonlinearity: `linear`, `conv*`, `sigmoid` 1, `tanh` 5/3, `relu` √2,
/// `leaky_relu` √(2/(1+a²)), `selu` 3/4.
///
/// `a` is the negative slope of the leaky ReLU and is ignored by all others; `None` means
/// torch's 0.01. The result is never negative and, for every finite `a`, finite; a NaN `a`
/// gives NaN, which the initialisers refuse.
///
/// Source: torch `nn.init.calculate_gain`.
///
/// ```
/// use wgpu_weights::{Nonlinearity, calculate_gain};
/// assert_eq!(calculate_gain(Nonlinearity::Tanh, None), 5.0 / 3.0);
/// assert_eq!(calculate_gain(Nonlinearity::LeakyRelu, Some(1.0)), 1.0);
/// ```
pub fn calculate_gain(nonlinearity: Nonlinearity, a: Option<f64>) -> f64 {
    match nonlinearity {
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::Relu => 2f64.sqrt(),
        Nonlinearity::LeakyRelu => {
            let slope = a.unwrap_or(DEFAULT_LEAKY_SLOPE);
            (2.0 / (1.0 + slope * slope)).sqrt()
        }
        Nonlinearity::Selu => 3.0 / 4.0,
        _ => 1.0,
    }
}
