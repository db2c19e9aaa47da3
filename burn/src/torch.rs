//! Parameters as PyTorch has them: its names, its shapes, and values that are equal there.

use crate::{Draw, Parameter};

impl Parameter<'_> {
    /// The name in a PyTorch model whose modules are called as here: `blocks.0.norm.weight`.
    ///
    /// A norm's `gamma` and `beta` are `weight` and `bias`, a `PRelu`'s `alpha` is `weight`, and the variant of an
    /// enum is no part of a name. burn's importer (`PyTorchToBurnAdapter`) has the same names, but for
    /// `InstanceNorm` and `PRelu`, which it does not rename.
    pub fn torch_name(&self) -> String {
        let name = match (self.container(), self.name()) {
            ("PRelu", "alpha") => "weight",
            (norm, "gamma") if is_norm(norm) => "weight",
            (norm, "beta") if is_norm(norm) => "bias",
            (_, name) => name,
        };
        let plain = &self.entry.plain_path;
        let parent = plain.rfind('.').map_or("", |dot| &plain[..=dot]);
        format!("{parent}{name}")
    }

    /// The shape in PyTorch: a `Linear`'s weight is `[out, in]`, everything else as burn has it.
    pub fn torch_shape(&self) -> Vec<u64> {
        let mut shape = self.shape().to_vec();
        if self.is_transposed() {
            shape.reverse();
        }
        shape
    }

    /// Whether burn saves the parameter transposed: a `Linear`'s weight, unless its layout is `LinearLayout::Col`.
    pub(crate) fn is_transposed(&self) -> bool {
        self.entry.is_linear_weight && !self.entry.is_col
    }
}

/// burn's norms, which PyTorch has too.
pub(crate) fn is_norm(container: &str) -> bool {
    ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RmsNorm"].contains(&container)
}

/// The rule whose values are those of a PyTorch model of the same seed, names and laws: each parameter is drawn under
/// [`Parameter::torch_name`], a `Linear`'s weight as PyTorch's `[out, in]` and stored as burn stores it. A name that
/// the rule gives is kept.
///
/// What PyTorch fuses (`nn.LSTM`, `nn.GRU`, `nn.MultiheadAttention`) is several `Linear`s in burn, and equal to a
/// PyTorch model that has several too.
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{as_torch, burn_defaults, init};
/// use wgpu_weights_burn::wgpu_weights::{Distribution, Fill, cpu};
///
/// let linear = init(LinearConfig::new(3, 2).init(&Device::flex()), 42, as_torch(burn_defaults))?;
/// let burn = linear.weight.val().into_data().try_to_vec::<f32>()?;
///
/// let bound = 1.0 / 3f64.sqrt();
/// let torch = Fill::new(Distribution::uniform(-bound, bound)?, [2, 3]).with_seed(42).with_name("weight");
/// let mut weight = [0.0; 6];
/// cpu::fill_f32(&torch, &mut weight)?;
/// assert_eq!(burn[..2], [weight[0], weight[3]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_torch<D: Into<Draw>, E>(
    rule: impl Fn(&Parameter<'_>) -> Result<D, E>,
) -> impl Fn(&Parameter<'_>) -> Result<Draw, E> {
    move |parameter| {
        let draw: Draw = rule(parameter)?.into();
        let name = draw.name.unwrap_or_else(|| parameter.torch_name());
        let transposed = parameter.is_transposed();
        Ok(Draw { distribution: draw.distribution, name: Some(name), transposed })
    }
}
