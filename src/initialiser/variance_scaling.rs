//! Variance scaling: JAX's and Keras' initialisers, and Lecun's, Glorot's and He's of that form.

use super::{
    argument::{Argument, Arguments},
    definition::{Drawn, Initialiser},
    error::InitError,
    scaled::{
        BATCH_AXIS, CONVENTION, IN_AXIS, OUT_AXIS, PART_AXIS, PARTS, drawn, normal_with_std, scale,
        uniform_within,
    },
};
use crate::{Convention, Distribution, Fans, calc_fan_in_and_fan_out};

/// What a variance is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VarianceFan {
    /// The inputs.
    #[default]
    FanIn,
    /// The outputs.
    FanOut,
    /// Their mean.
    FanAvg,
    /// Their geometric mean.
    FanGeoAvg,
}

impl VarianceFan {
    /// All of them.
    pub const ALL: &[Self] = &[Self::FanIn, Self::FanOut, Self::FanAvg, Self::FanGeoAvg];

    /// JAX's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FanIn => "fan_in",
            Self::FanOut => "fan_out",
            Self::FanAvg => "fan_avg",
            Self::FanGeoAvg => "fan_geo_avg",
        }
    }
}

crate::names::from_str_by_name!(VarianceFan, "fan");

/// The law that is scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScaledLaw {
    /// Normal. Keras calls it `untruncated_normal`.
    Normal,
    /// Normal, cut at two standard deviations, with the standard deviation asked for *after* the cut. Keras calls it
    /// `normal` too.
    #[default]
    TruncatedNormal,
    /// Uniform.
    Uniform,
}

impl ScaledLaw {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Normal, Self::TruncatedNormal, Self::Uniform];

    /// JAX's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::TruncatedNormal => "truncated_normal",
            Self::Uniform => "uniform",
        }
    }
}

crate::names::from_str_by_name!(ScaledLaw, "law");

/// The arguments of [`variance_scaling`]; the defaults are Keras', and the convention JAX's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceScaling {
    /// The variance times the fan, zero or more.
    pub scale: f64,
    /// The fan.
    pub fan: VarianceFan,
    /// The law.
    pub law: ScaledLaw,
    /// How the shape is read.
    pub convention: Convention,
}

impl Default for VarianceScaling {
    fn default() -> Self {
        Self {
            scale: 1.0,
            fan: VarianceFan::FanIn,
            law: ScaledLaw::TruncatedNormal,
            convention: Convention::Jax,
        }
    }
}

impl VarianceScaling {
    /// Lecun's: variance 1/fan_in, which keeps that of inputs (LeCun et al. 1998; Klambauer et al. 2017).
    pub fn lecun(law: ScaledLaw) -> Self {
        Self { law, ..Self::default() }
    }

    /// Glorot's: variance 2/(fan_in + fan_out) (Glorot and Bengio 2010).
    pub fn glorot(law: ScaledLaw) -> Self {
        Self { law, fan: VarianceFan::FanAvg, ..Self::default() }
    }

    /// He's: variance 2/fan_in (He et al. 2015).
    pub fn he(law: ScaledLaw) -> Self {
        Self { law, scale: 2.0, ..Self::default() }
    }

    /// As [`variance_scaling`], of these fans whatever the shape; the convention has no say.
    ///
    /// # Errors
    /// [`InitError::ZeroGivenFan`], [`InitError::Parameter`].
    ///
    /// ```
    /// use wgpu_weights::{Axes, Kind, ScaledLaw, VarianceScaling};
    /// // TransformerLens' W_O [heads, d_head, d_model].
    /// let axes = Axes { input: vec![0, 1], output: vec![2], ..Axes::default() };
    /// let w_o = VarianceScaling::lecun(ScaledLaw::Normal).of_fans(axes.fans(&[12, 64, 768])?)?;
    /// assert_eq!(w_o.kind(), Kind::Normal { mean: 0.0, std: (1.0f64 / 768.0).sqrt() as f32 });
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn of_fans(self, Fans { fan_in, fan_out }: Fans) -> Result<Distribution, InitError> {
        // A weight without inputs or without outputs has no receptive field, and so no fan.
        if let Some((_, fan)) =
            [(fan_in, "fan_in"), (fan_out, "fan_out")].into_iter().find(|it| it.0 == 0)
        {
            return Err(InitError::ZeroGivenFan { fan });
        }
        let (a, b) = (fan_in as f64, fan_out as f64);
        let fan = match self.fan {
            VarianceFan::FanIn => a,
            VarianceFan::FanOut => b,
            VarianceFan::FanAvg => (a + b) / 2.0,
            VarianceFan::FanGeoAvg => (a * b).sqrt(),
        };
        let variance = scale("scale", self.scale)? / fan;
        match self.law {
            ScaledLaw::Normal => normal_with_std(variance.sqrt()),
            ScaledLaw::Uniform => uniform_within((3.0 * variance).sqrt()),
            ScaledLaw::TruncatedNormal => {
                let bounds = [-2.0, 2.0];
                let std = variance.sqrt();
                Ok(Distribution::truncated_normal_with_std_after(0.0, std, bounds)?)
            }
        }
    }
}

/// A law whose variance is `scale / n`, with `n` one of the fans, their mean or their geometric mean.
///
/// | law | drawn from |
/// |---|---|
/// | normal | N(0, √v) |
/// | truncated normal | N(0, s) within ±2s, with s = √v / 0.8796..., so that √v is the standard deviation *after* the cut |
/// | uniform | ±√(3v) |
///
/// Source: JAX `nn.initializers.variance_scaling`, Keras `VarianceScaling`. `glorot_normal`, `he_normal` and
/// `lecun_normal` of both are truncated; torch's `xavier_normal_` and `kaiming_normal_`
/// ([`xavier_normal`](crate::xavier_normal), [`kaiming_normal`](crate::kaiming_normal)) are not.
///
/// # Errors
/// [`InitError::Fan`]; [`InitError::ZeroFan`] where either fan is zero (JAX before 0.12 divides by zero there, later draws
/// nothing, and Keras takes a fan of 1); and
/// [`InitError::Parameter`] for a scale that is NaN, infinite or negative.
///
/// ```
/// use wgpu_weights::{Kind, ScaledLaw, VarianceScaling, variance_scaling};
/// let conv = variance_scaling(&[3, 3, 16, 32], VarianceScaling::he(ScaledLaw::Uniform))?;
/// let bound = (6.0f64 / 144.0).sqrt() as f32;
/// assert_eq!(conv.kind(), Kind::Uniform { low: -bound, high: bound });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn variance_scaling(shape: &[u64], args: VarianceScaling) -> Result<Distribution, InitError> {
    let fans = calc_fan_in_and_fan_out(shape, args.convention)?;
    args.of_fans(fans).map_err(|error| error.of_shape(shape))
}

const SCALE: Argument = Argument::scale("scale", 1.0, "the variance times the fan");
const FAN: Argument = Argument::choice(
    "fan",
    &crate::names::names_of!(VarianceFan),
    VarianceFan::FanIn.name(),
    "what the variance is divided by",
);
const LAW: Argument = Argument::choice(
    "law",
    &crate::names::names_of!(ScaledLaw),
    ScaledLaw::TruncatedNormal.name(),
    "the law; a truncated normal is cut at two deviations and has its standard deviation after the cut",
);
/// The convention of these, which come from JAX.
const JAX: Argument =
    Argument { default: super::argument::DefaultValue::Name(Convention::Jax.name()), ..CONVENTION };
const READING: &[Argument] = &[JAX, IN_AXIS, OUT_AXIS, BATCH_AXIS, PARTS, PART_AXIS];

fn from_table(shape: &[u64], given: &Arguments, args: VarianceScaling) -> Result<Drawn, InitError> {
    drawn(shape, given, &JAX, |fans| args.of_fans(fans))
}

pub(super) const VARIANCE_SCALING: Initialiser = Initialiser {
    name: "variance_scaling",
    about: "Any law scaled by fans, as JAX and Keras have it",
    arguments: &[SCALE, FAN, LAW, JAX, IN_AXIS, OUT_AXIS, BATCH_AXIS, PARTS, PART_AXIS],
    draw: |shape, given| {
        let args = VarianceScaling {
            scale: given.number(&SCALE),
            fan: given.name(&FAN).parse()?,
            law: given.name(&LAW).parse()?,
            ..VarianceScaling::default()
        };
        from_table(shape, given, args)
    },
};

macro_rules! named {
    ($($constant:ident, $name:literal, $of:ident, $law:ident, $about:literal;)*) => {$(
        pub(super) const $constant: Initialiser = Initialiser {
            name: $name,
            about: $about,
            arguments: READING,
            draw: |shape, given| from_table(shape, given, VarianceScaling::$of(ScaledLaw::$law)),
        };
    )*};
}

named! {
    LECUN_NORMAL, "lecun_normal", lecun, TruncatedNormal, "Truncated normal of variance 1/fan_in after the cut (JAX, Keras)";
    LECUN_UNIFORM, "lecun_uniform", lecun, Uniform, "Uniform of variance 1/fan_in";
    GLOROT_NORMAL, "glorot_normal", glorot, TruncatedNormal, "Truncated normal of variance 2/(fan_in + fan_out) after the cut (JAX, Keras); torch's, uncut, is xavier_normal";
    GLOROT_UNIFORM, "glorot_uniform", glorot, Uniform, "Uniform of variance 2/(fan_in + fan_out); torch's xavier_uniform";
    HE_NORMAL, "he_normal", he, TruncatedNormal, "Truncated normal of variance 2/fan_in after the cut (JAX, Keras); torch's, uncut, is kaiming_normal";
    HE_UNIFORM, "he_uniform", he, Uniform, "Uniform of variance 2/fan_in; torch's kaiming_uniform before a ReLU";
}
