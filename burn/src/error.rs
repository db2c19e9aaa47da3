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
    #[error("the bias has no `weight` of a `{container}`'s shape beside it, and no scale")]
    NoWeight {
        /// The type that holds the bias.
        container: String,
    },
    /// A fan of zero.
    #[error("the weight has a fan of zero, and nothing can be divided by it")]
    ZeroFan,
    /// Orthogonal matrices are not drawn element by element.
    #[error("an orthogonal initialiser is no distribution of single elements; use burn's own")]
    Orthogonal,
    /// A distribution's parameters.
    #[error(transparent)]
    Parameter(#[from] wgpu_weights::ParameterError),
    /// The fans of a shape.
    #[error(transparent)]
    Fan(#[from] wgpu_weights::FanError),
}
