//! Kaiming's initialisers: scaled by one fan and by the nonlinearity that follows.

use super::{
    argument::{Argument, ArgumentError, Arguments},
    definition::{Drawn, Initialiser},
    error::InitError,
    scaled::{
        BATCH_AXIS, CONVENTION, GAIN, IN_AXIS, OUT_AXIS, PART_AXIS, PARTS, convention, drawn,
        normal_with_std, scale, uniform_within,
    },
};
use crate::{
    Convention, Distribution, Fans, Nonlinearity, calc_fan_in_and_fan_out, calculate_gain,
};

/// Which fan a Kaiming initialiser preserves the variance over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FanMode {
    /// The forward pass.
    #[default]
    FanIn,
    /// The backward pass.
    FanOut,
}

impl FanMode {
    /// Both modes.
    pub const ALL: &[Self] = &[Self::FanIn, Self::FanOut];

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
/// torch's default nonlinearity is a leaky ReLU of slope 0, whose gain is that of `relu`: the defaults give
/// the same scales there too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kaiming {
    /// What follows the weight.
    pub nonlinearity: Nonlinearity,
    /// A further factor, zero or more.
    pub gain: f64,
    /// Which fan.
    pub mode: FanMode,
    /// How the shape is read.
    pub convention: Convention,
}

impl Kaiming {
    const DEFAULT: Self = Self {
        nonlinearity: Nonlinearity::Relu,
        gain: 1.0,
        mode: FanMode::FanIn,
        convention: Convention::TransformerLens,
    };

    /// Normal, as [`kaiming_normal`], scaled by these fans whatever the shape; the convention has no say.
    ///
    /// # Errors
    /// [`InitError::ZeroGivenFan`], [`InitError::Parameter`].
    ///
    /// ```
    /// use wgpu_weights::{Fans, Kaiming, Kind};
    /// // A bias of [3072], scaled as its weight of [768, 3072].
    /// let bias = Kaiming::default().normal(Fans { fan_in: 768, fan_out: 3072 })?;
    /// assert_eq!(bias.kind(), Kind::Normal { mean: 0.0, std: (2.0f64 / 768.0).sqrt() as f32 });
    /// # Ok::<(), wgpu_weights::InitError>(())
    /// ```
    pub fn normal(self, fans: Fans) -> Result<Distribution, InitError> {
        let (gain, fan) = self.gain_and_fan(fans)?;
        normal_with_std(gain / fan.sqrt())
    }

    /// Uniform, as [`kaiming_uniform`], scaled by these fans whatever the shape; the convention has no say.
    ///
    /// # Errors
    /// As [`normal`](Self::normal).
    ///
    /// ```
    /// use wgpu_weights::{Fans, Kaiming, Kind, Nonlinearity};
    /// // The bias of torch's `nn.Linear(64, 10)`: ±1/√fan_in of its weight.
    /// let nonlinearity = Nonlinearity::LeakyRelu { negative_slope: 5f64.sqrt() };
    /// let linear = Kaiming { nonlinearity, ..Kaiming::default() };
    /// let Kind::Uniform { high, .. } = linear.uniform(Fans { fan_in: 64, fan_out: 10 })?.kind() else { panic!() };
    /// assert!((high - 0.125).abs() < 1e-7);
    /// # Ok::<(), wgpu_weights::InitError>(())
    /// ```
    pub fn uniform(self, fans: Fans) -> Result<Distribution, InitError> {
        let (gain, fan) = self.gain_and_fan(fans)?;
        uniform_within(gain * (3.0 / fan).sqrt())
    }

    /// The whole gain and the fan that it is divided over.
    fn gain_and_fan(self, Fans { fan_in, fan_out }: Fans) -> Result<(f64, f64), InitError> {
        let (fan, name) = match self.mode {
            FanMode::FanIn => (fan_in, "fan_in"),
            FanMode::FanOut => (fan_out, "fan_out"),
        };
        if let Nonlinearity::LeakyRelu { negative_slope } = self.nonlinearity {
            scale("the negative slope's magnitude", negative_slope.abs())?;
        }
        let gain = scale("gain", self.gain)?;
        let gain = gain * scale("the gain for the slope", calculate_gain(self.nonlinearity))?;
        if fan > 0 { Ok((gain, fan as f64)) } else { Err(InitError::ZeroGivenFan { fan: name }) }
    }

    /// What a weight of this shape gets of a draw that takes fans.
    fn of_shape(
        self,
        shape: &[u64],
        draw: fn(Self, Fans) -> Result<Distribution, InitError>,
    ) -> Result<Distribution, InitError> {
        self.of_fans(shape, calc_fan_in_and_fan_out(shape, self.convention)?, draw)
    }

    /// The same, of fans that were read otherwise.
    fn of_fans(
        self,
        shape: &[u64],
        fans: Fans,
        draw: fn(Self, Fans) -> Result<Distribution, InitError>,
    ) -> Result<Distribution, InitError> {
        match draw(self, fans) {
            // torch leaves a weight without elements as it is.
            Err(InitError::ZeroGivenFan { .. })
                if self.convention == Convention::Torch && shape.contains(&0) =>
            {
                draw(Self { gain: 0.0, ..self }, Fans { fan_in: 1, fan_out: 1 })
            }
            drawn => drawn.map_err(|error| error.of_shape(shape)),
        }
    }

    fn given(given: &Arguments) -> Result<Self, InitError> {
        let nonlinearity: Nonlinearity = given.name(&NONLINEARITY).parse()?;
        // torch's default is leaky_relu: whoever gives `a` and nothing else means that one.
        if given.has(&A) && nonlinearity == nonlinearity.with_slope(f64::NAN) {
            let needs =
                "`nonlinearity` is leaky_relu, torch's default, which is not the default here";
            return Err(ArgumentError::Needs { key: A.key, needs }.into());
        }
        Ok(Self {
            nonlinearity: nonlinearity.with_slope(given.number(&A)),
            gain: given.number(&GAIN),
            mode: given.name(&MODE).parse()?,
            convention: convention(given)?,
        })
    }
}

impl Default for Kaiming {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Normal with mean 0 and std `gain·calculate_gain(nonlinearity) / √fan`.
///
/// Source: He et al., "Delving deep into rectifiers" (2015); TransformerLens
/// `init_kaiming_normal_`, torch `nn.init.kaiming_normal_`.
///
/// # Errors
/// [`InitError::Fan`], [`InitError::ZeroFan`], and [`InitError::Parameter`] for a gain or a slope
/// that is NaN, infinite or (the gain) negative. In torch's convention a weight without elements and with a
/// zero fan is no error, as it is none in torch: there is nothing to draw.
///
/// ```
/// use wgpu_weights::{Kaiming, Kind, kaiming_normal};
/// let w_in = kaiming_normal(&[768, 3072], Kaiming::default())?;
/// assert_eq!(w_in.kind(), Kind::Normal { mean: 0.0, std: (2.0f64 / 768.0).sqrt() as f32 });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn kaiming_normal(shape: &[u64], args: Kaiming) -> Result<Distribution, InitError> {
    args.of_shape(shape, Kaiming::normal)
}

/// Uniform on ±`gain·calculate_gain(nonlinearity)·√(3/fan)`.
///
/// Source: as [`kaiming_normal`].
///
/// # Errors
/// As [`kaiming_normal`].
///
/// ```
/// use wgpu_weights::{Convention, Kaiming, Kind, Nonlinearity, kaiming_uniform};
/// // What torch's `nn.Linear` does: a slope of √5 makes it ±1/√fan_in.
/// let nonlinearity = Nonlinearity::LeakyRelu { negative_slope: 5f64.sqrt() };
/// let linear = Kaiming { nonlinearity, convention: Convention::Torch, ..Kaiming::default() };
/// let Kind::Uniform { high, .. } = kaiming_uniform(&[10, 64], linear)?.kind() else { panic!() };
/// assert!((high - 0.125).abs() < 1e-7);
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn kaiming_uniform(shape: &[u64], args: Kaiming) -> Result<Distribution, InitError> {
    args.of_shape(shape, Kaiming::uniform)
}

const NONLINEARITY: Argument = Argument::choice(
    "nonlinearity",
    &crate::names::names_of!(Nonlinearity),
    Kaiming::DEFAULT.nonlinearity.name(),
    "what follows the weight",
);
const A: Argument = Argument::number("a", 0.0, "the negative slope, of leaky_relu alone");
const MODE: Argument = Argument::choice(
    "mode",
    &crate::names::names_of!(FanMode),
    Kaiming::DEFAULT.mode.name(),
    "the fan whose variance is kept",
);
const ARGUMENTS: &[Argument] =
    &[NONLINEARITY, A, GAIN, MODE, CONVENTION, IN_AXIS, OUT_AXIS, BATCH_AXIS, PARTS, PART_AXIS];

fn from_table(
    shape: &[u64],
    given: &Arguments,
    draw: fn(Kaiming, Fans) -> Result<Distribution, InitError>,
) -> Result<Drawn, InitError> {
    let kaiming = Kaiming::given(given)?;
    drawn(shape, given, &CONVENTION, |fans| kaiming.of_fans(shape, fans, draw))
}

pub(super) const NORMAL: Initialiser = Initialiser {
    name: "kaiming_normal",
    about: "Normal, scaled by one fan and the nonlinearity that follows (He et al. 2015)",
    arguments: ARGUMENTS,
    draw: |shape, given| from_table(shape, given, Kaiming::normal),
};

pub(super) const UNIFORM: Initialiser = Initialiser {
    name: "kaiming_uniform",
    about: "Uniform, scaled by one fan and the nonlinearity that follows (He et al. 2015)",
    arguments: ARGUMENTS,
    draw: |shape, given| from_table(shape, given, Kaiming::uniform),
};
