//! What burn's own modules draw by default.

use burn::nn::Initializer;
use wgpu_weights::{Convention, Distribution, Fans, calc_fan_in_and_fan_out};

use crate::{Parameter, RuleError, distribution_of, torch::is_norm};

/// What burn's own modules draw by default, as a rule.
///
/// | container | parameter | distribution |
/// |---|---|---|
/// | `Linear` | weight and bias | uniform on ±1/√in |
/// | `Linear` of `Lstm`, `BiLstm`, `Gru`, `BiGru`, `Rnn`, `BiRnn` | weight and bias | normal, mean 0, std √(2/(in + out)) |
/// | `Conv1d` to `Conv3d`, `DeformConv2d` | weight and bias | uniform on ±1/√(in / groups · kernel) |
/// | `ConvTranspose1d` to `ConvTranspose3d` | weight and bias | uniform on ±1/√(out / groups · kernel) |
/// | `Embedding` | weight | normal, mean 0, std 1 |
/// | `LayerNorm`, `BatchNorm`, `GroupNorm`, `InstanceNorm`, `RmsNorm` | gamma, beta | 1, 0 |
/// | `BatchNorm` | running_mean, running_var | 0, 1 |
/// | `PRelu` | alpha | 0.25 |
///
/// burn scales the weight of a `LinearLayout::Col` by its outputs, and so does this rule.
///
/// # Errors
/// [`RuleError::Unknown`] for anything else: a type of one's own, and the `Linear`s of `CrossAttention`, whose scale is in
/// none of its parameters. [`RuleError::NoWeight`], and [`RuleError::Init`] for a fan of zero.
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{BoxError, Parameter, burn_defaults, init, wgpu_weights::Distribution};
///
/// let rule = |it: &Parameter<'_>| -> Result<Distribution, BoxError> {
///     if it.path() == "bias" { Ok(Distribution::constant(0.0)?) } else { Ok(burn_defaults(it)?) }
/// };
/// init(LinearConfig::new(4, 3).init(&Device::flex()), 42, rule)?;
/// # Ok::<(), wgpu_weights_burn::Error>(())
/// ```
pub fn burn_defaults(parameter: &Parameter<'_>) -> Result<Distribution, RuleError> {
    let (container, name) = (parameter.container(), parameter.name());
    let constant = |value| Ok(Distribution::constant(value)?);
    match (container, name) {
        ("Linear", "weight" | "bias") => linear(parameter),
        (
            "Conv1d" | "Conv2d" | "Conv3d" | "DeformConv2d" | "ConvTranspose1d" | "ConvTranspose2d"
            | "ConvTranspose3d",
            "weight" | "bias",
        ) => {
            // A transposed convolution's weight begins with its inputs, and burn, as torch, takes its outputs for fan_in.
            let fans = calc_fan_in_and_fan_out(weight(parameter)?.shape(), Convention::Torch)?;
            distribution_of(&KAIMING, fans)
        }
        ("Embedding", "weight") => Ok(Distribution::normal(0.0, 1.0)?),
        ("BatchNorm", "running_mean") => constant(0.0),
        ("BatchNorm", "running_var") => constant(1.0),
        ("PRelu", "alpha") => constant(0.25),
        (norm, "gamma") if is_norm(norm) => constant(1.0),
        (norm, "beta") if is_norm(norm) => constant(0.0),
        _ => Err(unknown(parameter)),
    }
}

/// burn's default of every layer with a fan: gain 1/√3, so that the bound is 1/√fan_in.
const KAIMING: Initializer =
    Initializer::KaimingUniform { gain: 0.577_350_269_189_625_8, fan_out_only: false };

fn linear(parameter: &Parameter<'_>) -> Result<Distribution, RuleError> {
    let weight = weight(parameter)?;
    let &[outputs, inputs] = weight.torch_shape().as_slice() else {
        return Err(unknown(parameter));
    };
    let initializer = match parameter.holder() {
        // Lstm's, Gru's and Rnn's.
        Some("GateController") => Initializer::XavierNormal { gain: 1.0 },
        // Scaled by the size of a head.
        Some("CrossAttention") => return Err(unknown(parameter)),
        _ => KAIMING,
    };
    // With `LinearLayout::Col` burn takes the rows of what it draws for inputs; they are outputs.
    let fans = match (parameter.name(), parameter.entry.is_col) {
        ("weight", true) => Fans { fan_in: outputs, fan_out: inputs },
        _ => Fans { fan_in: inputs, fan_out: outputs },
    };
    distribution_of(&initializer, fans)
}

/// The weight that the scale comes from: the parameter itself, or a bias' neighbour.
fn weight<'a>(parameter: &Parameter<'a>) -> Result<Parameter<'a>, RuleError> {
    let no_weight = || RuleError::NoWeight { container: parameter.container().into() };
    match parameter.name() {
        "weight" => Ok(*parameter),
        _ => parameter.sibling("weight").ok_or_else(no_weight),
    }
}

fn unknown(parameter: &Parameter<'_>) -> RuleError {
    let container = match (parameter.holder(), parameter.container()) {
        (Some(holder), "Linear") => format!("Linear in a {holder}"),
        (_, container) => container.into(),
    };
    RuleError::Unknown { name: parameter.name().into(), container }
}
