//! Templates: the names, dtypes and shapes of a model's parameters.

use crate::{
    error::{Context, Result, ensure},
    safetensors::{TensorInfo, check_together, parse},
};

/// The parameters of a model: what a recipe is laid over.
///
/// ```
/// use wgpu_weights_model::Template;
/// let mine = Template::new([("wte.weight", "F32", &[50257, 768][..]), ("ln_f.bias", "F32", &[768])])?;
/// let json = r#"{"wte.weight": {"dtype": "F32", "shape": [50257, 768]}}"#;
/// assert_eq!(Template::parse(json.as_bytes())?.tensors()[0], mine.tensors()[0]);
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<TensorInfo>);

impl Template {
    /// A template from memory: name, dtype by safetensors' name (`F32`, `BF16`, ...), and shape of each
    /// parameter.
    ///
    /// # Errors
    /// A name that appears twice or that the format keeps for itself; a dtype or a shape that no file can hold;
    /// no parameters.
    pub fn new<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str, &'a [u64])>,
    ) -> Result<Self> {
        let mut tensors = Vec::new();
        for (name, dtype, shape) in parameters {
            ensure!(name != "__metadata__", "{name:?} is safetensors' own; no parameter has it");
            let named = || format!("parameter {name:?}");
            tensors.push(TensorInfo::new(name, dtype, shape).with_context(named)?);
        }
        check_together(&tensors)?;
        Self::of(tensors)
    }

    /// A template from the JSON of a safetensors header: `{"NAME": {"dtype": "F32", "shape": [768, 3072]}, ...}`.
    ///
    /// # Errors
    /// Not such JSON, or a header that no model can have.
    pub fn parse(json: &[u8]) -> Result<Self> {
        Self::of(parse(json)?.tensors)
    }

    /// The template of a file: a safetensors file, of which only the header is read, or such a header as JSON.
    ///
    /// # Errors
    /// A file that is neither, or a header that no model can have.
    #[cfg(feature = "files")]
    pub fn read(path: &std::path::Path) -> Result<Self> {
        let read = || Self::of(crate::safetensors::file::header_of(path)?.tensors);
        read().with_context(|| format!("template {}", path.display()))
    }

    fn of(tensors: Vec<TensorInfo>) -> Result<Self> {
        ensure!(!tensors.is_empty(), "it names no parameters");
        Ok(Self(tensors))
    }

    /// The parameters, in their order.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.0
    }
}
