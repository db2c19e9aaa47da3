//! `Recipe`: rules from parameters' names to laws, and what a model's parameters get by them.

use std::path::PathBuf;

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyString, PyTuple},
};
use wgpu_weights_model::{BUILT_IN, Config, HF, Plan, Template};

use crate::{
    dtype::dtype_of,
    error::model_error,
    json,
    law::Law,
    number::{Shape, shown},
};

/// A recipe has ordered rules from parameters' names to initialisers: a built-in one by its name ("hf" is the one of a
/// configuration's `model_type`), one in a TOML file, or the TOML itself. `set` gives its variables other values.
///
/// >>> from wgpu_weights import Recipe
/// >>> plan = Recipe("gpt2").plan({"wte.weight": ("F32", (50257, 768)), "ln_f.weight": ("F32", (768,))})
/// >>> [(it.name, str(it.law)) for it in plan]
/// [('wte.weight', 'normal mean 0 std 0.02'), ('ln_f.weight', 'constant 1')]
#[pyclass(frozen, module = "wgpu_weights")]
pub(crate) struct Recipe {
    /// None of `hf`, which is known when there is a configuration.
    recipe: Option<wgpu_weights_model::Recipe>,
    set: Vec<(String, String)>,
}

/// A parameter of a model, and what it gets.
#[pyclass(frozen, get_all, module = "wgpu_weights")]
pub(crate) struct Parameter {
    /// Its name.
    name: String,
    /// Its dimensions.
    shape: Py<PyTuple>,
    /// The dtype that is drawn, by safetensors' name.
    dtype: &'static str,
    /// What its values are drawn from.
    law: Py<Law>,
    /// Its stream: `stream_of(name)`.
    stream: u64,
    /// The pattern of the rule that decided.
    rule: String,
}

#[pymethods]
impl Recipe {
    #[new]
    #[pyo3(signature = (name_or_path_or_toml, *, set=None))]
    pub(crate) fn new(
        name_or_path_or_toml: &Bound<'_, PyAny>,
        set: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let set = settings(set)?;
        let given = path_of(name_or_path_or_toml)?;
        let not_text = || PyValueError::new_err(format!("recipe {given:?} is no text"));
        let recipe = match given.to_str().ok_or_else(not_text)? {
            HF => return Ok(Self { recipe: None, set }),
            // No file's name is of several lines.
            text if text.contains('\n') || text.contains("[[") => {
                wgpu_weights_model::Recipe::parse("of this text", text)
            }
            name => wgpu_weights_model::Recipe::find(name),
        };
        let recipe = with(recipe.map_err(model_error)?, &set)?;
        Ok(Self { recipe: Some(recipe), set })
    }

    /// What each parameter of a model gets, in the template's order.
    ///
    /// The template is a dict from name to (dtype, shape), or the path of a safetensors file, of a folder of them, or of
    /// a header as JSON; the configuration a dict, transformers' object or the path of a config.json, where the template has none beside it or
    /// another is wanted. `dtype` is drawn instead of the template's.
    #[pyo3(signature = (template, config=None, *, dtype=None))]
    fn plan(
        &self,
        py: Python<'_>,
        template: &Bound<'_, PyAny>,
        config: Option<&Bound<'_, PyAny>>,
        dtype: Option<&str>,
    ) -> PyResult<Vec<Parameter>> {
        let plan = self.planned(py, &template_of(template, config)?, dtype)?;
        plan.parameters()
            .iter()
            .map(|it| {
                Ok(Parameter {
                    name: it.name.clone(),
                    shape: PyTuple::new(py, &it.shape)?.unbind(),
                    dtype: it.dtype.name(),
                    law: Py::new(py, Law(it.drawn.distribution))?,
                    stream: it.stream,
                    rule: it.rule.clone(),
                })
            })
            .collect()
    }

    /// What should be known of such a plan and is no error, a line each: rules that match nothing, where a variable's value
    /// came from, values that a dtype loses.
    #[pyo3(signature = (template, config=None, *, dtype=None))]
    fn notes(
        &self,
        py: Python<'_>,
        template: &Bound<'_, PyAny>,
        config: Option<&Bound<'_, PyAny>>,
        dtype: Option<&str>,
    ) -> PyResult<Vec<String>> {
        let plan = self.planned(py, &template_of(template, config)?, dtype)?;
        Ok(plan.notes().iter().map(ToString::to_string).collect())
    }

    /// The names that recipes have: "hf", and the built-in ones.
    #[staticmethod]
    fn names() -> Vec<&'static str> {
        [HF].into_iter().chain(BUILT_IN.iter().map(|it| it.name)).collect()
    }

    /// Its name in messages.
    #[getter]
    fn name(&self) -> &str {
        self.recipe.as_ref().map_or(HF, |it| it.name())
    }

    fn __repr__(&self) -> String {
        format!("<Recipe {}>", self.name())
    }
}

impl Recipe {
    /// The recipe for this template's configuration: itself, but of `hf`.
    pub(crate) fn for_template(&self, template: &Template) -> PyResult<wgpu_weights_model::Recipe> {
        match &self.recipe {
            Some(recipe) => Ok(recipe.clone()),
            None => hf(template, &self.set),
        }
    }

    fn planned(&self, py: Python<'_>, template: &Template, dtype: Option<&str>) -> PyResult<Plan> {
        let dtype = dtype.map(dtype_of).transpose()?;
        let recipe = self.for_template(template)?;
        py.detach(|| recipe.plan(template, dtype)).map_err(model_error)
    }
}

#[pymethods]
impl Parameter {
    fn __repr__(&self, py: Python<'_>) -> String {
        let (name, law) = (&self.name, &self.law.get().0);
        let (shape, dtype) = (self.shape.bind(py), self.dtype);
        format!("<Parameter {name} {dtype} {shape}: {law}>")
    }
}

/// What transformers draws for models of this template's configuration.
pub(crate) fn hf(
    template: &Template,
    set: &[(String, String)],
) -> PyResult<wgpu_weights_model::Recipe> {
    with(wgpu_weights_model::Recipe::hf(template.config()).map_err(model_error)?, set)
}

/// The recipe with these values of its variables.
pub(crate) fn with(
    recipe: wgpu_weights_model::Recipe,
    set: &[(String, String)],
) -> PyResult<wgpu_weights_model::Recipe> {
    set.iter()
        .try_fold(recipe, |recipe, (name, value)| recipe.with_variable(name, value))
        .map_err(model_error)
}

/// Variables' values as recipes have them: expressions, of which a number is one.
pub(crate) fn settings(set: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<(String, String)>> {
    let of = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let value = match value.extract() {
            Ok(text) => text,
            Err(_) => value.extract::<f64>()?.to_string(),
        };
        Ok((name.extract()?, value))
    };
    set.into_iter().flatten().map(of).collect()
}

/// The path or text that an object is.
pub(crate) fn path_of(object: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    object.extract()
}

/// A model's parameters, with the configuration that was given or lies beside them.
pub(crate) fn template_of(
    template: &Bound<'_, PyAny>,
    config: Option<&Bound<'_, PyAny>>,
) -> PyResult<Template> {
    let template = match template.cast::<PyDict>() {
        Ok(parameters) => {
            let parameters = parameters.iter().map(|(name, it)| {
                let (dtype, Shape(shape)): (String, Shape) = it.extract().map_err(|_| {
                    let (name, it) = (shown(&name), shown(&it));
                    let text = format!("{name} of the template is {it}; it must be (dtype, shape)");
                    PyValueError::new_err(text)
                })?;
                Ok((name.cast::<PyString>()?.to_str()?.to_owned(), dtype, shape))
            });
            let parameters: Vec<_> = parameters.collect::<PyResult<_>>()?;
            let borrowed = parameters.iter();
            Template::new(borrowed.map(|(name, dtype, shape)| (&**name, &**dtype, &**shape)))
        }
        Err(_) => Template::read(&path_of(template)?),
    };
    let template = template.map_err(model_error)?;
    Ok(match config {
        Some(config) => template.with_config(config_of(config)?),
        None => template,
    })
}

fn config_of(config: &Bound<'_, PyAny>) -> PyResult<Config> {
    // A configuration of transformers.
    let as_dict = match config.hasattr("to_dict")? {
        true => config.call_method0("to_dict")?,
        false => config.clone(),
    };
    let config = match as_dict.cast::<PyDict>() {
        Ok(config) => Config::parse(json::from_config(config)?.as_bytes()),
        Err(_) => Config::read(&path_of(config)?),
    };
    config.map_err(model_error)
}
