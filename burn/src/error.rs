//! What can go wrong.

use burn::tensor::DType;
use thiserror::Error;

use crate::BoxError;

/// Why a module was not initialised.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The rule failed for a parameter.
    #[error("{path}: {source}")]
    Rule {
        /// The path of the parameter.
        path: String,
        /// What the rule said.
        source: BoxError,
    },
    /// The parameter has a dtype that is not drawn.
    #[error("{path} is {dtype:?}; f32, f16 and bf16 can be drawn: cast the module first")]
    Dtype {
        /// The path of the parameter.
        path: String,
        /// Its dtype.
        dtype: DType,
    },
    /// Two parameters whose draws have one name, or names of one hash, and would get the same numbers.
    #[error("{path} and {other} would get the same numbers; draw one of them under another name")]
    SameStream {
        /// The path of the parameter.
        path: String,
        /// The path of the one before it.
        other: String,
    },
    /// A fill, on the CPU or the GPU.
    #[error("{path}: {source}")]
    Draw {
        /// The path of the parameter.
        path: String,
        /// What failed.
        source: wgpu_weights::Error,
    },
    /// All fills of the module, as one recording.
    #[error(transparent)]
    Record(#[from] wgpu_weights::gpu::GpuError),
    /// burn's device could not run what was pending, or give the memory of a parameter.
    #[error("burn's device: {0}")]
    Device(String),
    /// The parameters of a module as a template.
    #[cfg(feature = "recipes")]
    #[error(transparent)]
    Template(#[from] wgpu_weights_model::Error),
    /// The module had other parameters when it was mapped than when it was visited.
    #[error(
        "{path} was not there when the module was visited; its `Module` must visit and map the same parameters"
    )]
    Unvisited {
        /// The path of the parameter.
        path: String,
    },
}

/// Why [`burn_defaults`](crate::burn_defaults) or [`distribution_of`](crate::distribution_of) has no distribution.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// No default is known for this parameter.
    #[error(
        "no default is known for `{name}` of a `{container}`; say what it is drawn from in a closure that asks `burn_defaults` for the rest"
    )]
    Unknown {
        /// The last part of the path.
        name: String,
        /// The type that holds the parameter.
        container: String,
    },
    /// A bias is scaled as its weight, and there is none.
    #[error("the bias has no `weight` of a `{container}` beside it, and no scale")]
    NoWeight {
        /// The type that holds the bias.
        container: String,
    },
    /// Orthogonal matrices are not drawn element by element.
    #[error("an orthogonal initialiser is no distribution of single elements; use burn's own")]
    Orthogonal,
    /// A distribution's parameters.
    #[error(transparent)]
    Parameter(#[from] wgpu_weights::ParameterError),
    /// The fans of a shape.
    #[error(transparent)]
    Fan(#[from] wgpu_weights::FanError),
    /// An initialiser: a fan of zero, or a scale that cannot be.
    #[error(transparent)]
    Init(#[from] wgpu_weights::InitError),
}

/// Why a plan does not go with a module.
#[cfg(feature = "recipes")]
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The plan lacks a parameter of the module.
    #[error(
        "the plan has no parameter `{name}`; plan the module's own template, or give this one in a closure"
    )]
    Missing {
        /// The name that PyTorch has for it.
        name: String,
    },
    /// The plan has another shape.
    #[error("the plan has `{name}` of shape {planned:?}, and the module has {shape:?}")]
    Shape {
        /// The name that PyTorch has for it.
        name: String,
        /// The plan's.
        planned: Vec<u64>,
        /// The module's, as PyTorch has it.
        shape: Vec<u64>,
    },
}
