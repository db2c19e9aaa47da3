//! What a rule makes of a parameter.

use wgpu_weights::Distribution;

/// What a parameter is drawn from, under which name, and whether memory holds the tensor transposed.
///
/// A [`Distribution`] alone is a draw of the parameter's own path, as burn stores it.
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{Draw, Parameter, init, wgpu_weights::{Distribution, ParameterError}};
///
/// // [in, out] here; the bits are those of a model elsewhere that calls it `proj.weight` and stores [out, in].
/// let rule = |_: &Parameter<'_>| -> Result<Draw, ParameterError> {
///     Ok(Draw::new(Distribution::normal(0.0, 0.02)?).with_name("proj.weight").transposed())
/// };
/// let linear = LinearConfig::new(4, 3).with_bias(false).init(&Device::flex());
/// let linear = init(linear, 42, rule)?;
/// assert_eq!(linear.weight.dims(), [4, 3]);
/// # Ok::<(), wgpu_weights_burn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    pub(crate) distribution: Distribution,
    pub(crate) name: Option<String>,
    pub(crate) transposed: bool,
}

impl Draw {
    /// A draw under the parameter's path, as burn stores it.
    pub fn new(distribution: Distribution) -> Self {
        Self { distribution, name: None, transposed: false }
    }

    /// The draw under another name, which is the stream's. Two parameters of a module may not have one name.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The draw of a tensor whose last two dimensions are those of the parameter exchanged
    /// ([`Fill::transposed`](wgpu_weights::Fill::transposed)); twice transposed is as it was.
    pub fn transposed(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }
}

impl From<Distribution> for Draw {
    fn from(distribution: Distribution) -> Self {
        Self::new(distribution)
    }
}
