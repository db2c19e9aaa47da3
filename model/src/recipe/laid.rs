//! A template as a recipe is laid over it: what rules and variables look at, and what was found of it once.

use crate::{
    config::Config,
    recipe::Memo,
    safetensors::{ByName, TensorInfo},
    template::Template,
};

/// A model's parameters, its configuration, and the values of variables that are the same for all of them.
#[derive(Debug)]
pub(crate) struct Laid<'a> {
    /// The parameters, in the template's order.
    pub(crate) tensors: &'a [TensorInfo],
    /// The same by their names.
    pub(crate) by_name: ByName<'a>,
    /// The configuration, where there is one.
    pub(crate) config: Option<&'a Config>,
    /// What was found.
    pub(crate) shared: Memo,
}

impl<'a> Laid<'a> {
    /// A recipe's look at a template; for one recipe alone, whose variables it keeps.
    pub(crate) fn over(template: &'a Template) -> Self {
        let tensors = template.tensors();
        let by_name = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        Self { tensors, by_name, config: template.config(), shared: Memo::default() }
    }
}
