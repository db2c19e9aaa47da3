//! Xavier's initialisers: scaled by both fans.

use super::{
    argument::{Argument, Arguments},
    definition::Initialiser,
    error::InitError,
    scaled::{
        BATCH_AXIS, CONVENTION, GAIN, IN_AXIS, OUT_AXIS, PART_AXIS, PARTS, convention, drawn,
        normal_with_std, scale, uniform_within,
    },
};
use crate::{Convention, Distribution, Fans, calc_fan_in_and_fan_out};

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

impl Xavier {
    /// Normal, as [`xavier_normal`], scaled by these fans whatever the shape; the convention has no say.
    ///
    /// # Errors
    /// [`InitError::ZeroGivenFan`], [`InitError::Parameter`].
    ///
    /// ```
    /// use wgpu_weights::{Fans, Xavier};
    /// // A grouped convolution of 4 groups: torch's fans are those of one group's shape.
    /// assert!(Xavier::default().normal(Fans { fan_in: 9 * 16, fan_out: 9 * 64 }).is_ok());
    /// # Ok::<(), wgpu_weights::InitError>(())
    /// ```
    pub fn normal(self, fans: Fans) -> Result<Distribution, InitError> {
        let (gain, sum) = self.gain_and_sum(fans)?;
        normal_with_std(gain * (2.0 / sum).sqrt())
    }

    /// Uniform, as [`xavier_uniform`], scaled by these fans whatever the shape; the convention has no say.
    ///
    /// # Errors
    /// As [`normal`](Self::normal).
    ///
    /// ```
    /// use wgpu_weights::{Fans, Kind, Xavier};
    /// let bias = Xavier::default().uniform(Fans { fan_in: 24, fan_out: 72 })?;
    /// assert_eq!(bias.kind(), Kind::Uniform { low: -0.25, high: 0.25 });
    /// # Ok::<(), wgpu_weights::InitError>(())
    /// ```
    pub fn uniform(self, fans: Fans) -> Result<Distribution, InitError> {
        let (gain, sum) = self.gain_and_sum(fans)?;
        uniform_within(gain * (6.0 / sum).sqrt())
    }

    /// The gain and the sum of the fans.
    fn gain_and_sum(self, Fans { fan_in, fan_out }: Fans) -> Result<(f64, f64), InitError> {
        if fan_in == 0 && fan_out == 0 {
            return Err(InitError::ZeroGivenFan { fan: "fan_in + fan_out" });
        }
        Ok((scale("gain", self.gain)?, fan_in as f64 + fan_out as f64))
    }

    /// What a weight of this shape gets of a draw that takes fans.
    fn of_shape(
        self,
        shape: &[u64],
        draw: fn(Self, Fans) -> Result<Distribution, InitError>,
    ) -> Result<Distribution, InitError> {
        let fans = calc_fan_in_and_fan_out(shape, self.convention)?;
        draw(self, fans).map_err(|error| error.of_shape(shape))
    }

    fn given(given: &Arguments) -> Result<Self, InitError> {
        Ok(Self { gain: given.number(&GAIN), convention: convention(given)? })
    }
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
    args.of_shape(shape, Xavier::normal)
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
    args.of_shape(shape, Xavier::uniform)
}

const ARGUMENTS: &[Argument] = &[GAIN, CONVENTION, IN_AXIS, OUT_AXIS, BATCH_AXIS, PARTS, PART_AXIS];

pub(super) const NORMAL: Initialiser = Initialiser {
    name: "xavier_normal",
    about: "Normal, scaled by both fans (Glorot and Bengio 2010)",
    arguments: ARGUMENTS,
    draw: |shape, given| {
        drawn(shape, given, &CONVENTION, |fans| Xavier::given(given)?.normal(fans))
    },
};

pub(super) const UNIFORM: Initialiser = Initialiser {
    name: "xavier_uniform",
    about: "Uniform, scaled by both fans (Glorot and Bengio 2010)",
    arguments: ARGUMENTS,
    draw: |shape, given| {
        drawn(shape, given, &CONVENTION, |fans| Xavier::given(given)?.uniform(fans))
    },
};
