//! `wgpu-weights-model` makes a model's initial weights from the names and shapes of its parameters: a
//! [`Template`] and a [`Recipe`] give a [`Plan`], and a plan gives a [`Fill`](wgpu_weights::Fill) for each
//! parameter, which draws the same bits on every GPU and CPU ([`wgpu_weights`]).
//!
//! ```text
//! Template + Recipe  ->  Plan  ->  Fill  ->  your buffers (Filler, cpu::fill)
//!                          |
//!                          +-> slices (TensorParallel) -> layout -> CheckpointWriter -> files
//!                                                                   check::checkpoint <-+
//! ```
//!
//! # In buffers of your own
//!
//! GPT-2, planned and drawn in place on a renderer's device (`examples/gpt2.rs` is the whole program):
//!
//! ```
//! # #[cfg(feature = "gpu")]
//! use wgpu_weights_model::{Recipe, Template, wgpu_weights::{Filler, wgpu}};
//!
//! # #[cfg(feature = "gpu")]
//! fn init(device: &wgpu::Device, queue: &wgpu::Queue, template: &[u8])
//!     -> Result<Vec<(String, wgpu::Buffer)>, Box<dyn std::error::Error>> {
//!     let plan = Recipe::built_in("gpt2")?.plan(&Template::parse(template)?, None)?;
//!     let buffers: Vec<_> = plan.parameters().iter().map(|parameter| {
//!         let buffer = device.create_buffer(&wgpu::BufferDescriptor {
//!             label: Some(&parameter.name),
//!             size: parameter.bytes,
//!             usage: wgpu::BufferUsages::STORAGE,
//!             mapped_at_creation: false,
//!         });
//!         (parameter.name.clone(), buffer)
//!     }).collect();
//!     let mut encoder = device.create_command_encoder(&Default::default());
//!     let slices = buffers.iter().map(|(_, buffer)| buffer.slice(..));
//!     Filler::new(device)?.fill_many(&mut encoder, slices.zip(plan.fills(42).map(|(_, fill)| fill)))?;
//!     queue.submit([encoder.finish()]);
//!     Ok(buffers)
//! }
//! # #[cfg(feature = "gpu")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     use wgpu_weights_model::wgpu_weights::gpu::read_back_blocking;
//! #     let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
//! #     let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
//! #     let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;
//! #     let json = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/templates/gpt2.hf.json"))?;
//! #     assert_eq!(init(&device, &queue, &json)?.len(), 148);
//! #     Ok(())
//! # }
//! # #[cfg(not(feature = "gpu"))]
//! # fn main() {}
//! ```
//!
//! # Checkpoints
//!
//! [`CheckpointWriter`] writes a plan as one safetensors file or as Hugging Face's folder of files, by one
//! process or many that never speak with each other, and keeps what an earlier run has finished;
//! [`check::checkpoint`] holds a file against what it says of itself. Messages name remedies as the program
//! `wgpu-weights` calls them: its `--force` is [`CheckpointOptions::force`].
//!
//! # Features
//!
//! * `files` (default): templates, recipes and checkpoints from and to a file system. Without it nothing here
//!   touches one.
//! * `gpu`: the GPU side of `wgpu-weights`, and `draw::GpuSource`, which draws a checkpoint's bytes there.
//!
//! Nothing here prints: progress is a callback, what should be known is a [`Note`].

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod check;
#[cfg(feature = "files")]
pub mod checkpoint;
mod config;
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
mod memory;
mod narrowing;
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
pub use config::Config;
pub use error::{Error, Result};
pub use file_tensor::FileTensor;
pub use narrowing::lost_in;
pub use note::Note;
pub use plan::{Plan, PlannedParameter};
pub use provenance::{Provenance, ShardProvenance, Slice, TensorProvenance, WrittenRecipe};
pub use recipe::{BUILT_IN, BuiltIn, HF, Recipe, RecipeIdentity};
pub use template::Template;
pub use tensor_parallel::TensorParallel;
pub use wgpu_weights;
