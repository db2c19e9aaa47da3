//! `wgpu-weights` draws neural-network weights in place, in GPU buffers: **one seed, the same bits, on every GPU,
//! graphics API, driver, CPU, window and sharding.**
//!
#![doc = include_str!("../docs/address.svg")]
//!
//! A weight is a pure function of `(seed, stream, index)`: the stream is the parameter's name, the index the
//! element's place in the whole tensor. So any slice of any tensor can be made anywhere, in any order, without
//! communication, and every device makes the same bits. The [contract] says which; it has a version
//! ([`CONTRACT_VERSION`]), and values are API.
//!
//! # In a buffer of your own
//!
//! ```toml
//! [dependencies]
//! pollster = "1"
//! wgpu = "30"            # your device, with the back ends that you choose
//! wgpu-weights = "0.1"   # adds none; not published yet: by its path
//! ```
//!
//! ```
//! # #[cfg(feature = "gpu")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use wgpu_weights::{Fill, Filler, Kaiming, gpu::read_back_blocking, kaiming_normal};
//!
//! let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
//! let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
//! let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;
//!
//! let shape = [768, 3072];
//! let w_in = Fill::new(kaiming_normal(&shape, Kaiming::default())?, shape)
//!     .with_seed(42)
//!     .with_name("blocks.0.mlp.W_in");
//! let weights = device.create_buffer(&wgpu::BufferDescriptor {
//!     label: Some("W_in"),
//!     size: w_in.bytes()?,
//!     usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
//!     mapped_at_creation: false,
//! });
//!
//! let filler = Filler::new(&device)?; // once per device; cheap to clone
//! let mut encoder = device.create_command_encoder(&Default::default());
//! filler.fill(&mut encoder, weights.slice(..), &w_in)?; // recorded, as your own passes are
//! queue.submit([encoder.finish()]);
//!
//! let bytes = read_back_blocking(&device, &queue, weights.slice(..))?; // through a staging buffer
//! let mut twin = vec![0; bytes.len()];
//! wgpu_weights::cpu::fill(&w_in, &mut twin)?; // the same on the CPU
//! assert_eq!(bytes, twin);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "gpu"))]
//! # fn main() {}
//! ```
//!
//! A [`Filler`] never creates a device, never submits, never blocks, and needs no feature and no raised limit;
//! [`Filler::FEATURES`] are worth asking an adapter for. [`gpu::verify`] holds a user's own device against the
//! twin, bit for bit.
//!
//! # A shard
//!
//! A shard is a slice of the whole: its scale is the whole's, its bits are those that the whole has there.
//!
//! ```
//! use wgpu_weights::{Distribution, Fill, cpu, shard::chunk};
//!
//! let whole = Fill::new(Distribution::normal(0.0, 0.02)?, [4096, 11008]).with_seed(42).with_name("up_proj.weight");
//! let rank_3_of_8 = whole.clone().shard(0, chunk(4096, 3, 8)?)?; // rows 1536..2048, as torch.chunk has them
//! let expert_box = whole.region(&[0..2, 100..103])?; // a range in every dimension
//! assert_eq!((rank_3_of_8.count(), rank_3_of_8.index_of(0)), (512 * 11008, 1536 * 11008));
//! let mut values = [0.0; 6];
//! cpu::fill_f32(&expert_box, &mut values)?;
//! # Ok::<(), wgpu_weights::Error>(())
//! ```
//!
//! # From a shape to a distribution
//!
//! [`kaiming_normal`], [`kaiming_uniform`], [`xavier_normal`], [`xavier_uniform`] and [`variance_scaling`] read a weight's shape in
//! TransformerLens', torch's, JAX's or another [`Convention`]; [`orthogonal`], [`delta_orthogonal`], [`sparse`], [`eye`], [`identity`],
//! [`dirac`] and [`one_hot`] read it as matrices; [`Distribution`] has the laws themselves, [`formula`] the language of those that a
//! model's own code computes;
//! [`initialiser`] has all of them by name, with their arguments, for whoever builds a front door. A whole model's
//! recipes, checkpoints and their check are in the crate `wgpu-weights-model`.
//!
//! # Features
//!
//! * `gpu` (default): the GPU side, through wgpu 30, which is re-exported as `wgpu`. Without it the crate is the
//!   host maths, the CPU twin, and [`plan`] and [`kernel`] for a port: 14 crates without `rayon`, which build in seconds.
//! * `backends`: wgpu's native back ends, for a program that has no wgpu of its own. Off by default: features of a
//!   crate add up over a whole program, and an engine that chose its back ends must not get others by this crate.
//!   Without any, wgpu finds no adapter.
//! * `rayon` (default): the twin on all cores, instead of the caller's thread.
//! * `serde`: [`Distribution`] and [`Kind`] are written and read.
//!
//! [contract]: https://docs.rs/crate/wgpu-weights/latest/source/DESIGN.md
#![cfg_attr(
    not(feature = "gpu"),
    allow(rustdoc::broken_intra_doc_links, reason = "it has no Filler")
)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cpu;
mod distribution;
mod dtype;
mod error;
mod fans;
mod fill;
mod float_format;
pub mod formula;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod initialiser;
pub mod kernel;
mod names;
mod nonlinearity;
mod normal_tail;
mod params;
mod pattern;
pub mod plan;
mod region;
mod rng;
pub mod shard;
mod stream;
mod truncation;
mod zero_rows;

pub use distribution::{Distribution, Kind, ParameterError};
pub use dtype::Dtype;
pub use error::Error;
pub use fans::{Axes, Convention, FanError, Fans, calc_fan_in_and_fan_out, shape_of_part};
pub use fill::{Fill, FillError};
pub use float_format::FloatFormat;
pub use formula::{Expression, ExpressionError, Formula};
#[cfg(feature = "gpu")]
pub use gpu::Filler;
pub use initialiser::{
    FanMode, InitError, Kaiming, Orthogonal, ScaledLaw, Sparse, VarianceFan, VarianceScaling,
    Xavier, delta_orthogonal, dirac, eye, identity, kaiming_normal, kaiming_uniform, one_hot,
    orthogonal, sparse, variance_scaling, xavier_normal, xavier_uniform,
};
pub use names::UnknownName;
pub use nonlinearity::{Nonlinearity, calculate_gain};
pub use params::{Field, Params};
pub use pattern::{Diagonal, Layout, Line, Matrices, Zeros};
pub use rng::PhiloxRng;
pub use stream::stream_of;
#[cfg(feature = "gpu")]
pub use wgpu;
pub use zero_rows::ZeroRows;

/// The README's examples compile.
#[cfg(all(doctest, feature = "gpu"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The version of the value contract (DESIGN.md) that this release keeps. It travels with every
/// file that is written.
pub const CONTRACT_VERSION: u32 = 1;
