//! Recipes and checkpoints of `wgpu-weights-model`, for burn modules.

use std::collections::HashMap;

use burn::{module::Module, tensor::DType};
use wgpu_weights_model::{Plan, PlannedParameter, Template};

use crate::{Draw, Error, Parameter, PlanError, as_torch, entry::entries};

/// The parameters of a module as a template, by the names and shapes that PyTorch has ([`Parameter::torch_name`],
/// [`Parameter::torch_shape`]).
///
/// # Errors
/// [`Error::Dtype`] for a dtype that no file has, [`Error::Template`] for a module without parameters.
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// let linear = LinearConfig::new(3, 2).init(&Device::flex());
/// let template = wgpu_weights_burn::torch_template(&linear)?;
/// assert_eq!((template.tensors()[0].name.as_str(), &template.tensors()[0].shape[..]), ("weight", &[2, 3][..]));
/// # Ok::<(), wgpu_weights_burn::Error>(())
/// ```
pub fn torch_template(module: &impl Module) -> Result<Template, Error> {
    let all = &entries(module);
    let mut tensors = Vec::with_capacity(all.len());
    for entry in all {
        let parameter = Parameter { entry, all };
        let dtype = match entry.dtype {
            DType::F64 => "F64",
            DType::F32 => "F32",
            DType::F16 => "F16",
            DType::BF16 => "BF16",
            dtype => return Err(Error::Dtype { path: entry.path.clone(), dtype }),
        };
        tensors.push((parameter.torch_name(), dtype, parameter.torch_shape()));
    }
    let tensors = tensors.iter().map(|(name, dtype, shape)| (name.as_str(), *dtype, &shape[..]));
    Ok(Template::new(tensors)?)
}

/// The rule of a plan: each parameter gets what the plan has for its name in PyTorch, so that the module equals
/// the checkpoint that is written of this plan, seed and dtype, read as burn reads PyTorch's.
///
/// The plan may be the module's own, or another's that has its parameters: a checkpoint's, a PyTorch model's. A
/// parameter keeps its dtype, whatever the plan says.
///
/// # Errors
/// The rule's: [`PlanError`].
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{init, planned, torch_template, wgpu_weights_model::Recipe};
///
/// let linear = LinearConfig::new(3, 2).init(&Device::flex());
/// let plan = Recipe::built_in("torch")?.plan(&torch_template(&linear)?, None)?;
/// let linear = init(linear, 42, planned(&plan))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn planned(plan: &Plan) -> impl Fn(&Parameter<'_>) -> Result<Draw, PlanError> {
    let by_name: HashMap<&str, &PlannedParameter> =
        plan.parameters().iter().map(|it| (it.name.as_str(), it)).collect();
    as_torch(move |parameter: &Parameter<'_>| {
        let (name, shape) = (parameter.torch_name(), parameter.torch_shape());
        let Some(planned) = by_name.get(name.as_str()) else {
            return Err(PlanError::Missing { name });
        };
        if planned.shape != shape {
            return Err(PlanError::Shape { name, planned: planned.shape.clone(), shape });
        }
        Ok(planned.drawn.distribution)
    })
}
