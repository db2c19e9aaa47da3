//! Templates: the names, dtypes and shapes of a model's parameters.

use crate::{
    config::Config,
    error::{Context, Result, ensure},
    safetensors::{TensorInfo, check_together, parse},
};

/// The parameters of a model, and perhaps its configuration: what a recipe is laid over.
///
/// ```
/// use wgpu_weights_model::Template;
/// let mine = Template::new([("wte.weight", "F32", &[50257, 768][..]), ("ln_f.bias", "F32", &[768])])?;
/// let json = r#"{"wte.weight": {"dtype": "F32", "shape": [50257, 768]}}"#;
/// assert_eq!(Template::parse(json.as_bytes())?.tensors()[0], mine.tensors()[0]);
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    tensors: Vec<TensorInfo>,
    config: Option<Config>,
}

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

    /// The template of a file (a safetensors file, of which only the header is read, or such a header as JSON), or of
    /// Hugging Face's folder or `*.index.json`: the headers of all its files. The `config.json` beside a safetensors file or
    /// an index is its configuration.
    ///
    /// # Errors
    /// What is none of these, a header that no model can have, files that have a parameter twice, a configuration that cannot
    /// be read.
    #[cfg(feature = "files")]
    pub fn read(path: &std::path::Path) -> Result<Self> {
        let read = || -> Result<Self> {
            let (mut tensors, files) = (Vec::new(), crate::checkpoint::files_of(path)?);
            for file in &files {
                let header = crate::safetensors::file::header_of(file);
                let of_many = files.len() > 1;
                let header =
                    if of_many { header.with_context(|| file.display())? } else { header? };
                tensors.extend(header.tensors);
            }
            check_together(&tensors)?;
            let template = Self::of(tensors)?;
            let beside = files.first().map(|file| file.with_file_name("config.json"));
            let safetensors =
                files.iter().all(|file| file.extension().is_some_and(|it| it == "safetensors"));
            match beside.filter(|config| safetensors && config.exists()) {
                Some(config) => Ok(template.with_config(Config::read(&config)?)),
                None => Ok(template),
            }
        };
        read().with_context(|| format!("template {}", path.display()))
    }

    fn of(tensors: Vec<TensorInfo>) -> Result<Self> {
        ensure!(!tensors.is_empty(), "it names no parameters");
        Ok(Self { tensors, config: None })
    }

    /// The same parameters with this configuration.
    #[must_use]
    pub fn with_config(self, config: Config) -> Self {
        Self { config: Some(config), ..self }
    }

    /// The configuration, if it has one.
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// The parameters, in their order.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }
}
