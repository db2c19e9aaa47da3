//! What initialisers that are scaled by fans have in common.

use super::{
    argument::{Argument, ArgumentError, Arguments},
    definition::Drawn,
    error::InitError,
};
use crate::{
    Axes, Convention, Distribution, FanError, Fans, ParameterError, UnknownName,
    calc_fan_in_and_fan_out, fans::without_batch, shape_of_part,
};

pub(super) const GAIN: Argument = Argument::scale("gain", 1.0, "a factor");
pub(super) const CONVENTION: Argument = Argument::choice(
    "convention",
    &crate::names::names_of!(Convention),
    Convention::TransformerLens.name(),
    "how the shape is read: transformer-lens is [in, out] or [heads, in, out], torch and candle are \
     [out, in, field...], jax and keras [field..., in, out], mlx [out, field..., in]",
);

pub(super) const IN_AXIS: Argument = Argument::axes(
    "in_axis",
    "the axes of inputs, in place of the convention's; -2 where only `out_axis` is given",
);
pub(super) const OUT_AXIS: Argument = Argument::axes(
    "out_axis",
    "the axes of outputs, in place of the convention's; -1 where only `in_axis` is given",
);
pub(super) const BATCH_AXIS: Argument = Argument::axes(
    "batch_axis",
    "axes along which weights are stacked, each scaled by its own fans (experts)",
);
pub(super) const PARTS: Argument =
    Argument::count("parts", 1, "equal parts, each scaled by its own fans (3 of a fused q|k|v)");
pub(super) const PART_AXIS: Argument =
    Argument::axes("part_axis", "the axis along which the parts lie; 0 where it is not given");

/// The convention that was given.
pub(super) fn convention(given: &Arguments) -> Result<Convention, UnknownName> {
    given.name(&CONVENTION).parse()
}

/// How a shape is read for its fans.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    convention: Convention,
    /// In place of the convention.
    axes: Option<[Vec<i64>; 2]>,
    batch: Vec<i64>,
    parts: Option<(i64, u64)>,
}

impl Reading {
    /// What was given of it.
    pub(super) fn given(given: &Arguments, convention: &Argument) -> Result<Self, InitError> {
        let named = |argument| !given.axes(argument).is_empty();
        let part_axis = match given.axes(&PART_AXIS)[..] {
            [] => 0,
            [axis] => axis,
            _ => {
                let needs = "it is one axis";
                return Err(ArgumentError::Needs { key: PART_AXIS.key, needs }.into());
            }
        };
        let parts = given.count(&PARTS);
        if named(&PART_AXIS) && parts == 1 {
            let needs = "`parts` is 2 or more";
            return Err(ArgumentError::Needs { key: PART_AXIS.key, needs }.into());
        }
        let axes = (named(&IN_AXIS) || named(&OUT_AXIS)).then(|| {
            [(&IN_AXIS, -2), (&OUT_AXIS, -1)].map(|(argument, default)| {
                match given.axes(argument) {
                    none if none.is_empty() => vec![default],
                    axes => axes,
                }
            })
        });
        Ok(Self {
            convention: given.name(convention).parse()?,
            axes,
            batch: given.axes(&BATCH_AXIS),
            parts: (parts > 1).then_some((part_axis, parts)),
        })
    }

    /// The fans of a shape.
    pub(super) fn fans(&self, shape: &[u64]) -> Result<Fans, FanError> {
        let part;
        let shape = match self.parts {
            Some((axis, parts)) => {
                part = shape_of_part(shape, axis, parts)?;
                &part[..]
            }
            None => shape,
        };
        match &self.axes {
            Some([input, output]) => {
                let (input, output) = (input.clone(), output.clone());
                Axes { input, output, batch: self.batch.clone() }.fans(shape)
            }
            None => calc_fan_in_and_fan_out(&without_batch(shape, &self.batch)?, self.convention),
        }
    }

    /// The convention, where it has a say.
    pub(super) fn convention(&self) -> Option<Convention> {
        self.axes.is_none().then_some(self.convention)
    }
}

/// What an initialiser makes of the fans of a shape, read as it was given.
pub(super) fn drawn(
    shape: &[u64],
    given: &Arguments,
    convention: &Argument,
    draw: impl Fn(Fans) -> Result<Distribution, InitError>,
) -> Result<Drawn, InitError> {
    let reading = Reading::given(given, convention)?;
    let fans = reading.fans(shape)?;
    let distribution = draw(fans).map_err(|error| error.of_shape(shape))?;
    Ok(Drawn { distribution, fans: Some(fans), convention: reading.convention() })
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
