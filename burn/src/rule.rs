//! Rules: from a parameter to what it is drawn from.

use burn::nn::Initializer;
use wgpu_weights::{Convention, Distribution, Fans, calc_fan_in_and_fan_out};

use crate::{Parameter, RuleError};

/// What burn's own modules draw by default, as a rule.
///
/// | container | parameter | distribution |
/// |---|---|---|
/// | `Linear`, `Conv1d` to `Conv3d` | weight and bias | uniform on ±1/√fan_in of the weight |
/// | `Embedding` | weight | normal, mean 0, std 1 |
/// | `LayerNorm`, `BatchNorm`, `GroupNorm`, `InstanceNorm`, `RmsNorm` | gamma, beta | 1, 0 |
///
/// The fan of a `Linear` is the first dimension of its weight: of a `LinearLayout::Col`, as in burn, the outputs.
///
/// # Errors
/// [`RuleError::Unknown`] for anything else, [`RuleError::NoWeight`] and [`RuleError::ZeroFan`].
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{BoxError, Parameter, burn_defaults, init, wgpu_weights::Distribution};
///
/// let rule = |it: &Parameter<'_>| -> Result<Distribution, BoxError> {
///     if it.path() == "bias" { Ok(Distribution::constant(0.0)?) } else { Ok(burn_defaults(it)?) }
/// };
/// init(LinearConfig::new(4, 3).init(&Device::ndarray()), 42, rule)?;
/// # Ok::<(), wgpu_weights_burn::Error>(())
/// ```
pub fn burn_defaults(parameter: &Parameter<'_>) -> Result<Distribution, RuleError> {
    let container = parameter.container();
    let weight = match parameter.name() {
        "weight" => Some(parameter.shape()),
        "bias" => parameter.sibling("weight"),
        _ => None,
    };
    let no_weight = || RuleError::NoWeight { container: container.into() };
    match (container, parameter.name()) {
        // A `Linear` is [in, out] here and [out, in] in torch, so these are not torch's values: `Fill::transposed`
        // is not used yet.
        ("Linear", "weight" | "bias") => {
            within(*weight.and_then(|shape| shape.first()).ok_or_else(no_weight)?)
        }
        ("Conv1d" | "Conv2d" | "Conv3d", "weight" | "bias") => {
            let shape = weight.ok_or_else(no_weight)?;
            within(calc_fan_in_and_fan_out(shape, Convention::Torch)?.fan_in)
        }
        ("Embedding", "weight") => Ok(Distribution::normal(0.0, 1.0)?),
        (_, "gamma") if container.ends_with("Norm") => Ok(Distribution::constant(1.0)?),
        (_, "beta") if container.ends_with("Norm") => Ok(Distribution::constant(0.0)?),
        (_, name) => Err(RuleError::Unknown { name: name.into(), container: container.into() }),
    }
}

/// Uniform on ±1/√fan.
fn within(fan: u64) -> Result<Distribution, RuleError> {
    let bound = scale(fan)?;
    Ok(Distribution::uniform(-bound, bound)?)
}

fn scale(fan: u64) -> Result<f64, RuleError> {
    if fan > 0 { Ok(1.0 / (fan as f64).sqrt()) } else { Err(RuleError::ZeroFan) }
}

/// The distribution of one of burn's initialisers for a weight with these fans.
///
/// The law is burn's own; the values are not those that burn's generator draws from it.
///
/// # Errors
/// [`RuleError::Orthogonal`] for the one that has none, [`RuleError::ZeroFan`], [`RuleError::Parameter`].
///
/// ```
/// use burn::nn::Initializer;
/// use wgpu_weights_burn::{distribution_of, wgpu_weights::{Fans, Kind}};
/// let xavier = Initializer::XavierNormal { gain: 1.0 };
/// let drawn = distribution_of(&xavier, Fans { fan_in: 6, fan_out: 2 })?;
/// assert_eq!(drawn.kind(), Kind::Normal { mean: 0.0, std: 0.5 });
/// # Ok::<(), wgpu_weights_burn::RuleError>(())
/// ```
pub fn distribution_of(
    initializer: &Initializer,
    Fans { fan_in, fan_out }: Fans,
) -> Result<Distribution, RuleError> {
    let kaiming = |fan_out_only| scale(if fan_out_only { fan_out } else { fan_in });
    // √(2 / (in + out)), with burn's mean of the fans as f64.
    let xavier = || match fan_in as f64 + fan_out as f64 {
        0.0 => Err(RuleError::ZeroFan),
        sum => Ok((2.0 / sum).sqrt()),
    };
    let root_3 = 3.0f64.sqrt();
    let symmetric = |bound: f64| Distribution::uniform(-bound, bound);
    Ok(match *initializer {
        Initializer::Constant { value } => Distribution::constant(value),
        Initializer::Ones => Distribution::constant(1.0),
        Initializer::Zeros => Distribution::constant(0.0),
        Initializer::Uniform { min, max } => Distribution::uniform(min, max),
        Initializer::Normal { mean, std } => Distribution::normal(mean, std),
        Initializer::KaimingUniform { gain, fan_out_only } => {
            symmetric(root_3 * gain * kaiming(fan_out_only)?)
        }
        Initializer::KaimingNormal { gain, fan_out_only } => {
            Distribution::normal(0.0, gain * kaiming(fan_out_only)?)
        }
        Initializer::XavierUniform { gain } => symmetric(root_3 * gain * xavier()?),
        Initializer::XavierNormal { gain } => Distribution::normal(0.0, gain * xavier()?),
        Initializer::Orthogonal { .. } => return Err(RuleError::Orthogonal),
    }?)
}
