//! What initialisers that are scaled by fans have in common.

use super::{
    argument::{Argument, Arguments},
    definition::Drawn,
    error::InitError,
};
use crate::{Convention, Distribution, ParameterError, UnknownName, calc_fan_in_and_fan_out};

pub(super) const GAIN: Argument = Argument::scale("gain", 1.0, "a factor");
pub(super) const CONVENTION: Argument = Argument::choice(
    "convention",
    &crate::names::names_of!(Convention),
    Convention::TransformerLens.name(),
    "how the shape is read: transformer-lens is [in, out] or [heads, in, out], torch is \
     [out, in, field...]",
);

/// The convention that was given.
pub(super) fn convention(given: &Arguments) -> Result<Convention, UnknownName> {
    given.name(&CONVENTION).parse()
}

/// What an initialiser makes of a shape, and the fans that it saw.
pub(super) fn drawn<Args: Copy>(
    shape: &[u64],
    args: Args,
    convention: fn(&Args) -> Convention,
    draw: fn(&[u64], Args) -> Result<Distribution, InitError>,
) -> Result<Drawn, InitError> {
    let convention = convention(&args);
    let distribution = draw(shape, args)?;
    let fans = calc_fan_in_and_fan_out(shape, convention)?;
    Ok(Drawn { distribution, fans: Some(fans), convention: Some(convention) })
}

/// A gain: finite, zero or more.
pub(super) fn scale(name: &'static str, value: f64) -> Result<f64, ParameterError> {
    if !value.is_finite() {
        Err(ParameterError::NotFinite { name, value })
    } else if value < 0.0 {
        Err(ParameterError::Negative { name, value })
    } else {
        Ok(value)
    }
}

pub(super) fn normal_with_std(std: f64) -> Result<Distribution, InitError> {
    Ok(Distribution::normal(0.0, std)?)
}

pub(super) fn uniform_within(bound: f64) -> Result<Distribution, InitError> {
    Ok(Distribution::uniform(-bound, bound)?)
}
