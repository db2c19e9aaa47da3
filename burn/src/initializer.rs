//! burn's initialisers as distributions.

use burn::nn::Initializer;
use wgpu_weights::{Distribution, FanMode, Fans, Kaiming, Nonlinearity, Xavier};

use crate::RuleError;

/// The distribution of one of burn's initialisers for a weight with these fans; a bias has its weight's.
///
/// The law is burn's own; the values are not those that burn's generator draws from it. Fans are given, since a shape
/// does not show all of them: burn divides the fan_out of a convolution by its groups, too.
///
/// # Errors
/// [`RuleError::Orthogonal`] for the one that has none, [`RuleError::Init`] for a fan of zero or a scale that cannot be,
/// [`RuleError::Parameter`].
///
/// ```
/// use burn::nn::Initializer;
/// use wgpu_weights_burn::{distribution_of, wgpu_weights::{Fans, Kind}};
/// let xavier = Initializer::XavierNormal { gain: 1.0 };
/// let drawn = distribution_of(&xavier, Fans { fan_in: 6, fan_out: 2 })?;
/// assert_eq!(drawn.kind(), Kind::Normal { mean: 0.0, std: 0.5 });
/// # Ok::<(), wgpu_weights_burn::RuleError>(())
/// ```
pub fn distribution_of(initializer: &Initializer, fans: Fans) -> Result<Distribution, RuleError> {
    // burn's gain is all that there is: no nonlinearity adds to it.
    let kaiming = |gain, fan_out_only| Kaiming {
        nonlinearity: Nonlinearity::Linear,
        gain,
        mode: if fan_out_only { FanMode::FanOut } else { FanMode::FanIn },
        ..Kaiming::default()
    };
    let xavier = |gain| Xavier { gain, ..Xavier::default() };
    Ok(match *initializer {
        Initializer::Constant { value } => Distribution::constant(value)?,
        Initializer::Ones => Distribution::constant(1.0)?,
        Initializer::Zeros => Distribution::constant(0.0)?,
        Initializer::Uniform { min, max } => Distribution::uniform(min, max)?,
        Initializer::Normal { mean, std } => Distribution::normal(mean, std)?,
        Initializer::KaimingUniform { gain, fan_out_only } => {
            kaiming(gain, fan_out_only).uniform(fans)?
        }
        Initializer::KaimingNormal { gain, fan_out_only } => {
            kaiming(gain, fan_out_only).normal(fans)?
        }
        Initializer::XavierUniform { gain } => xavier(gain).uniform(fans)?,
        Initializer::XavierNormal { gain } => xavier(gain).normal(fans)?,
        Initializer::Orthogonal { .. } => return Err(RuleError::Orthogonal),
    })
}
