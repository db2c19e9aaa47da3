//! Initialisers: from a weight's shape to the distribution of its values.

use thiserror::Error;

use crate::{
    Convention, Distribution, FanError, Fans, Nonlinearity, ParameterError,
    calc_fan_in_and_fan_out, calculate_gain,
};

/// Which fan a Kaiming initialiser preserves the variance over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FanMode {
    /// The forward pass.
    #[default]
    FanIn,
    /// The backward pass.
    FanOut,
}

impl FanMode {
    /// Both modes.
    pub const ALL: [Self; 2] = [Self::FanIn, Self::FanOut];

    /// torch's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FanIn => "fan_in",
            Self::FanOut => "fan_out",
        }
    }
}

crate::names::from_str_by_name!(FanMode, "mode");

/// The arguments of [`kaiming_normal`] and [`kaiming_uniform`]; the defaults are TransformerLens'.
///
/// torch's default nonlinearity is `leaky_relu` with `a = 0`, whose gain is that of `relu`: the
/// defaults give the same scales there too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kaiming {
    /// The negative slope of the leaky ReLU; `None` means torch's 0.01. Others ignore it.
    pub a: Option<f64>,
    /// What follows the weight.
    pub nonlinearity: Nonlinearity,
    /// A further factor, zero or more.
    pub gain: f64,
    /// Which fan.
    pub mode: FanMode,
    /// How the shape is read.
    pub convention: Convention,
}

impl Default for Kaiming {
    fn default() -> Self {
        Self {
            a: Some(0.0),
            nonlinearity: Nonlinearity::Relu,
            gain: 1.0,
            mode: FanMode::FanIn,
            convention: Convention::TransformerLens,
        }
    }
}

/// The arguments of [`xavier_normal`] and [`xavier_uniform`]; the defaults are TransformerLens'.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Xavier {
    /// A factor, zero or more.
    pub gain: f64,
    /// How the shape is read.
    pub convention: Convention,
}

impl Default for Xavier {
    fn default() -> Self {
        Self { gain: 1.0, convention: Convention::TransformerLens }
    }
}

/// Why an initialiser has no distribution for a weight.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum InitError {
    /// The shape has no fans.
    #[error(transparent)]
    Fan(#[from] FanError),
    /// The fan that the scale is divided by is zero.
    #[error(
        "{fan} of shape {shape:?} is 0 and the scale would be divided by it; \
         leave the empty dimension out, or use `constant` or `normal` with a scale of your own"
    )]
    ZeroFan {
        /// `fan_in`, `fan_out` or their sum.
        fan: &'static str,
        /// The shape that was given.
        shape: Vec<u64>,
    },
    /// A gain that no scale follows from.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
}

/// Normal with mean 0 and std `gain·calculate_gain(nonlinearity, a) / √fan`.
///
/// Source: He et al., "Delving deep into rectifiers" (2015); TransformerLens
/// `init_kaiming_normal_`, torch `nn.init.kaiming_normal_`.
///
/// # Errors
/// [`InitError::Fan`], [`InitError::ZeroFan`], and [`InitError::Parameter`] for a gain or an `a`
/// that is NaN, infinite or negative. In torch's convention a weight without elements and with a
/// zero fan is no error, as it is none in torch: there is nothing to draw.
///
/// ```
/// use wgpu_weights::{Kaiming, Kind, kaiming_normal};
/// let w_in = kaiming_normal(&[768, 3072], Kaiming::default())?;
/// assert_eq!(w_in.kind(), Kind::Normal { mean: 0.0, std: (2.0f64 / 768.0).sqrt() as f32 });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn kaiming_normal(shape: &[u64], args: Kaiming) -> Result<Distribution, InitError> {
    let (gain, fan) = kaiming(shape, args)?;
    normal_with_std(gain / fan.sqrt())
}

/// Uniform on ±`gain·calculate_gain(nonlinearity, a)·√(3/fan)`.
///
/// Source: as [`kaiming_normal`].
///
/// # Errors
/// As [`kaiming_normal`].
///
/// ```
/// use wgpu_weights::{Convention, Kaiming, Kind, Nonlinearity, kaiming_uniform};
/// // What torch's `nn.Linear` does: a = √5 makes it ±1/√fan_in.
/// let (nonlinearity, a) = (Nonlinearity::LeakyRelu, Some(5f64.sqrt()));
/// let linear = Kaiming { nonlinearity, a, convention: Convention::Torch, ..Kaiming::default() };
/// let Kind::Uniform { high, .. } = kaiming_uniform(&[10, 64], linear)?.kind() else { panic!() };
/// assert!((high - 0.125).abs() < 1e-7);
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn kaiming_uniform(shape: &[u64], args: Kaiming) -> Result<Distribution, InitError> {
    let (gain, fan) = kaiming(shape, args)?;
    uniform_within(gain * (3.0 / fan).sqrt())
}

/// Normal with mean 0 and std `gain·√(2/(fan_in + fan_out))`.
///
/// Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
/// networks" (2010); TransformerLens `init_xavier_normal_`, torch `nn.init.xavier_normal_`.
///
/// # Errors
/// [`InitError::Fan`], [`InitError::ZeroFan`], and [`InitError::Parameter`] for a gain that is
/// NaN, infinite or negative.
///
/// ```
/// use wgpu_weights::{Convention, Xavier, xavier_normal};
/// let torch = Xavier { convention: Convention::Torch, ..Xavier::default() };
/// assert!(xavier_normal(&[10, 20], torch).is_ok());
/// assert!(xavier_normal(&[10], torch).is_err());
/// ```
pub fn xavier_normal(shape: &[u64], args: Xavier) -> Result<Distribution, InitError> {
    let (gain, sum) = xavier(shape, args)?;
    normal_with_std(gain * (2.0 / sum).sqrt())
}

/// Uniform on ±`gain·√(6/(fan_in + fan_out))`.
///
/// Source: as [`xavier_normal`].
///
/// # Errors
/// As [`xavier_normal`].
///
/// ```
/// use wgpu_weights::{Kind, Xavier, xavier_uniform};
/// let weight = xavier_uniform(&[24, 72], Xavier::default())?;
/// assert_eq!(weight.kind(), Kind::Uniform { low: -0.25, high: 0.25 });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn xavier_uniform(shape: &[u64], args: Xavier) -> Result<Distribution, InitError> {
    let (gain, sum) = xavier(shape, args)?;
    uniform_within(gain * (6.0 / sum).sqrt())
}

/// The whole gain and the fan that it is divided over.
fn kaiming(shape: &[u64], args: Kaiming) -> Result<(f64, f64), InitError> {
    let Fans { fan_in, fan_out } = calc_fan_in_and_fan_out(shape, args.convention)?;
    let (fan, name) = match args.mode {
        FanMode::FanIn => (fan_in, "fan_in"),
        FanMode::FanOut => (fan_out, "fan_out"),
    };
    let gain = checked("gain", args.gain)?;
    let gain = gain * checked("the gain for `a`", calculate_gain(args.nonlinearity, args.a))?;
    if fan > 0 {
        Ok((gain, fan as f64))
    } else if args.convention == Convention::Torch && shape.contains(&0) {
        Ok((0.0, 1.0))
    } else {
        Err(InitError::ZeroFan { fan: name, shape: shape.to_vec() })
    }
}

/// The gain and the sum of the fans.
fn xavier(shape: &[u64], args: Xavier) -> Result<(f64, f64), InitError> {
    let Fans { fan_in, fan_out } = calc_fan_in_and_fan_out(shape, args.convention)?;
    if fan_in == 0 && fan_out == 0 {
        return Err(InitError::ZeroFan { fan: "fan_in + fan_out", shape: shape.to_vec() });
    }
    Ok((checked("gain", args.gain)?, fan_in as f64 + fan_out as f64))
}

fn checked(name: &'static str, value: f64) -> Result<f64, ParameterError> {
    if !value.is_finite() {
        Err(ParameterError::NotFinite { name, value })
    } else if value < 0.0 {
        Err(ParameterError::Negative { name, value })
    } else {
        Ok(value)
    }
}

fn normal_with_std(std: f64) -> Result<Distribution, InitError> {
    Ok(Distribution::normal(0.0, std)?)
}

fn uniform_within(bound: f64) -> Result<Distribution, InitError> {
    Ok(Distribution::uniform(-bound, bound)?)
}
