//! `check`: what a checkpoint holds, against what it was promised to hold.

use pyo3::{prelude::*, types::PyDict};
use wgpu_weights_model::check::{Against, examine, says_of_itself};

use crate::{
    error::model_error,
    json,
    number::Number,
    recipe::{Recipe, hf, path_of, settings, template_of, with},
    threads::in_pool,
};

/// Examines a checkpoint: a safetensors file, an index of several, or a folder. Nothing wrong was found where the dict's
/// "failed" is False.
///
/// What wgpu-weights drew is drawn again from what the file says of itself, and compared bit for bit. With a recipe, a
/// configuration, settings or a seed, and where the file says nothing, it is held against the laws of the recipe ("hf" where
/// none is named), or with a seed against its bits. "parameters" has what was found of each, "findings" what only several
/// tell together, "missing" what is promised and not there.
#[pyfunction]
#[pyo3(signature = (path, recipe=None, *, config=None, set=None, seed=None))]
pub(crate) fn check<'py>(
    py: Python<'py>,
    path: &Bound<'py, PyAny>,
    recipe: Option<&Bound<'py, PyAny>>,
    config: Option<&Bound<'py, PyAny>>,
    set: Option<&Bound<'py, PyDict>>,
    seed: Option<Number>,
) -> PyResult<Bound<'py, PyAny>> {
    let file = path_of(path)?;
    let settings = settings(set)?;
    let named = recipe.is_some() || config.is_some() || !settings.is_empty() || seed.is_some();
    let plan = if named || !says_of_itself(&file).map_err(model_error)? {
        let template = template_of(path, config)?;
        let recipe = match recipe.map(|it| (it, it.cast::<Recipe>())) {
            None => hf(&template, &settings)?,
            Some((_, Ok(recipe))) => with(recipe.get().for_template(&template)?, &settings)?,
            Some((given, Err(_))) => Recipe::new(given, set)?.for_template(&template)?,
        };
        Some(py.detach(|| recipe.plan(&template, None)).map_err(model_error)?)
    } else {
        None
    };
    let mut against = plan.as_ref().map_or_else(Against::itself, Against::plan);
    if let Some(seed) = seed {
        against = against.with_seed(seed.0);
    }
    let found = in_pool(py, || examine(&file, &against, |_, _| ()))?.map_err(model_error)?;
    let mut value = serde_json::to_value(&found).map_err(json::error)?;
    if let Some(value) = value.as_object_mut() {
        value.insert("failed".into(), found.failed().into());
    }
    json::to_python(py, &value)
}
