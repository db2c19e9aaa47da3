//! Initialisers by name, with their arguments: what `fill` and a recipe's rule have in common.

use anyhow::Result;
use clap::ValueEnum;
use serde::Deserialize;
use wgpu_weights::{
    Convention, Distribution, FanMode, Fans, Kaiming, Nonlinearity, Xavier,
    calc_fan_in_and_fan_out, kaiming_normal, kaiming_uniform, xavier_normal, xavier_uniform,
};

use crate::args::InitArguments;

/// An initialiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[value(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum Init {
    /// Normal, scaled by one fan and the nonlinearity that follows (He et al. 2015)
    KaimingNormal,
    /// Uniform, scaled by one fan and the nonlinearity that follows (He et al. 2015)
    KaimingUniform,
    /// Normal, scaled by both fans (Glorot and Bengio 2010)
    XavierNormal,
    /// Uniform, scaled by both fans (Glorot and Bengio 2010)
    XavierUniform,
    /// One value everywhere
    Constant,
    /// Uniform on [low, high)
    Uniform,
    /// Normal with mean and std
    Normal,
    /// Normal with mean and std within [low, high], absolute; by default -2 and 2
    TruncatedNormal,
    /// The generator's 32-bit words, as U32
    Bits,
}

/// What a tensor is drawn from, and the fans that its scale came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Drawn {
    /// The distribution.
    pub(crate) distribution: Distribution,
    /// None where no fan had a say.
    pub(crate) fans: Option<Fans>,
    /// How the shape is read for them.
    pub(crate) convention: Convention,
}

impl Init {
    /// The name on the command line and in recipes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::KaimingNormal => "kaiming_normal",
            Self::KaimingUniform => "kaiming_uniform",
            Self::XavierNormal => "xavier_normal",
            Self::XavierUniform => "xavier_uniform",
            Self::Constant => "constant",
            Self::Uniform => "uniform",
            Self::Normal => "normal",
            Self::TruncatedNormal => "truncated_normal",
            Self::Bits => "bits",
        }
    }

    /// The arguments that have an effect on it.
    pub(crate) const fn takes(self) -> &'static [&'static str] {
        match self {
            Self::KaimingNormal | Self::KaimingUniform => {
                &["convention", "nonlinearity", "a", "gain", "mode"]
            }
            Self::XavierNormal | Self::XavierUniform => &["convention", "gain"],
            Self::Constant => &["value"],
            Self::Uniform => &["low", "high"],
            Self::Normal => &["mean", "std"],
            Self::TruncatedNormal => &["mean", "std", "low", "high"],
            Self::Bits => &[],
        }
    }

    /// The first of these arguments that has no effect on it, in words.
    pub(crate) fn refuses<'a>(
        self,
        given: impl IntoIterator<Item = &'a str>,
        prefix: &str,
    ) -> Option<String> {
        let wrong = given.into_iter().find(|name| !self.takes().contains(name))?;
        let takes = self.takes().iter().map(|name| format!("`{prefix}{name}`")).collect::<Vec<_>>();
        let takes = if takes.is_empty() { "no argument".into() } else { takes.join(", ") };
        Some(format!("`{prefix}{wrong}` has no effect on `{}`, which takes {takes}", self.name()))
    }

    /// What a tensor of this shape is drawn from.
    ///
    /// # Errors
    /// A shape without the fans that are needed; an argument out of its range.
    pub(crate) fn draw(self, shape: &[u64], given: &InitArguments) -> Result<Drawn> {
        let convention = given.convention.unwrap_or(Convention::TransformerLens);
        let gain = given.gain.unwrap_or(1.0);
        let kaiming = Kaiming {
            a: Some(given.a.unwrap_or(0.0)),
            nonlinearity: given.nonlinearity.unwrap_or(Nonlinearity::Relu),
            gain,
            mode: given.mode.unwrap_or(FanMode::FanIn),
            convention,
        };
        let xavier = Xavier { gain, convention };
        let distribution = match self {
            Self::KaimingNormal => kaiming_normal(shape, kaiming)?,
            Self::KaimingUniform => kaiming_uniform(shape, kaiming)?,
            Self::XavierNormal => xavier_normal(shape, xavier)?,
            Self::XavierUniform => xavier_uniform(shape, xavier)?,
            Self::Constant => Distribution::constant(given.value.unwrap_or(0.0))?,
            Self::Uniform => {
                Distribution::uniform(given.low.unwrap_or(0.0), given.high.unwrap_or(1.0))?
            }
            Self::Normal => {
                Distribution::normal(given.mean.unwrap_or(0.0), given.std.unwrap_or(1.0))?
            }
            Self::TruncatedNormal => Distribution::truncated_normal(
                given.mean.unwrap_or(0.0),
                given.std.unwrap_or(1.0),
                given.low.unwrap_or(-2.0),
                given.high.unwrap_or(2.0),
            )?,
            Self::Bits => Distribution::bits(),
        };
        let fans = if self.takes().contains(&"convention") {
            Some(calc_fan_in_and_fan_out(shape, convention)?)
        } else {
            None
        };
        Ok(Drawn { distribution, fans, convention })
    }
}

impl InitArguments {
    /// The names of the arguments that were given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("convention", self.convention.is_some()),
            ("nonlinearity", self.nonlinearity.is_some()),
            ("a", self.a.is_some()),
            ("gain", self.gain.is_some()),
            ("mode", self.mode.is_some()),
            ("mean", self.mean.is_some()),
            ("std", self.std.is_some()),
            ("low", self.low.is_some()),
            ("high", self.high.is_some()),
            ("value", self.value.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }
}
