//! Initial checkpoints as a library.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod check;
#[cfg(feature = "files")]
pub mod checkpoint;
pub mod digest;
pub mod draw;
mod error;
mod file_tensor;
// For the fuzz targets, which are another package; nobody else's.
#[cfg(feature = "files")]
#[doc(hidden)]
pub mod hostile;
pub mod launch;
pub mod layout;
mod loss;
mod memory;
mod note;
mod plan;
mod provenance;
mod recipe;
pub mod safetensors;
mod template;
mod tensor_parallel;
pub mod text;
mod truncated;

#[cfg(feature = "files")]
pub use checkpoint::{CheckpointOptions, CheckpointWriter};
pub use error::{Error, Result};
pub use file_tensor::FileTensor;
pub use loss::loss;
pub use note::Note;
pub use plan::{Plan, PlannedParameter};
pub use provenance::{Provenance, ShardProvenance, Slice, TensorProvenance, WrittenRecipe};
pub use recipe::{BUILT_IN, BuiltIn, Recipe, RecipeIdentity};
pub use template::Template;
pub use tensor_parallel::TensorParallel;
pub use wgpu_weights;
