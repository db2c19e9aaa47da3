//! `wgpu-weights-burn` initialises burn modules by `wgpu-weights`: **one seed, the same bits, on every back end and
//! device.**
//!
//! An element of a parameter is a pure function of the seed, the parameter's path in the module (`blocks.0.norm.gamma`)
//! and its index. [`Gpu::init`] fills the parameters of burn's wgpu back end in place, in burn's own memory and in one
//! submission; [`init`] makes the same bits on the CPU and hands them to any back end. Both replace lazy parameters
//! without drawing burn's own values first, and keep ids, gradients' settings and load mappers.
//!
//! ```no_run
//! use burn::{nn::LinearConfig, tensor::Device};
//! use wgpu_weights_burn::{Gpu, burn_defaults};
//!
//! let (device, setup) = Device::wgpu_options().init_with_setup()?;
//! let gpu = Gpu::new(&setup)?; // once per device
//! let linear = gpu.init(LinearConfig::new(768, 3072).init(&device), 42, burn_defaults)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A rule says what each [`Parameter`] is drawn from: [`burn_defaults`], or any closure, which may ask it. What a rule
//! returns is a [`Distribution`](wgpu_weights::Distribution) or, with a name of its own or transposed, a [`Draw`].
//!
//! # Equal to PyTorch's
//!
//! [`as_torch`] draws what a rule says under PyTorch's names and as PyTorch stores it, so that a burn module and a
//! checkpoint of one seed are equal. With the feature `recipes`, `planned` takes the laws from a recipe of
//! `wgpu-weights-model`, and `torch_template` is the module's template.
//!
//! # Features
//!
//! * `recipes`: `torch_template` and `planned`.
//! * `fusion`: for programs that enable burn's feature `fusion`, whose tensors have no memory until their queue has run.
//!   Without it such a program does not compile, and the compiler says to enable it.
//!
//! # Limits
//!
//! f64 and quantised parameters are refused. Every float that a module shows is drawn, running statistics of a
//! `BatchNorm` with it. Two parameters that share an id are two names. Orthogonal initialisers are no distributions of
//! single elements; use burn's own.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

/// The README's examples compile.
#[cfg(all(doctest, feature = "recipes"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod defaults;
mod draw;
mod entry;
mod error;
mod fills;
mod gpu;
mod initializer;
mod memory;
mod parameter;
mod place;
#[cfg(feature = "recipes")]
mod recipe;
mod torch;
mod values;

pub use defaults::burn_defaults;
pub use draw::Draw;
#[cfg(feature = "recipes")]
pub use error::PlanError;
pub use error::{Error, RuleError};
pub use gpu::Gpu;
pub use initializer::distribution_of;
pub use parameter::Parameter;
#[cfg(feature = "recipes")]
pub use recipe::{planned, torch_template};
pub use torch::as_torch;
pub use wgpu_weights;
#[cfg(feature = "recipes")]
pub use wgpu_weights_model;

use burn::module::Module;

/// A failure of a rule, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The module with every float parameter drawn by the CPU twin, on whichever back end and device it is.
///
/// Each parameter keeps the device, shape and dtype that it has, or that it would have where it is lazy: f32, f16
/// or bf16. The values are those of [`Gpu::init`], bit for bit.
///
/// # Errors
/// [`Error::Rule`] where the rule fails, [`Error::Dtype`] for a dtype that cannot be drawn, [`Error::SameStream`] for two
/// parameters of one name, [`Error::Draw`].
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{Parameter, init, wgpu_weights::{Distribution, ParameterError}};
///
/// let linear = LinearConfig::new(4, 3).init(&Device::flex());
/// let rule = |it: &Parameter<'_>| match it.name() {
///     "bias" => Distribution::constant(0.0),
///     _ => Distribution::normal(0.0, 0.02),
/// };
/// let linear = init(linear, 42, rule)?;
/// assert_eq!(linear.weight.dims(), [4, 3]);
/// # Ok::<(), wgpu_weights_burn::Error>(())
/// ```
pub fn init<M: Module, D: Into<Draw>, E: Into<BoxError>>(
    module: M,
    seed: u64,
    rule: impl Fn(&Parameter<'_>) -> Result<D, E>,
) -> Result<M, Error> {
    let entries = entry::entries(&module);
    let fills = fills::fills(&entries, seed, rule)?;
    let drawn = entries.iter().zip(&fills).map(|(entry, fill)| values::drawn(entry, fill));
    let drawn = drawn.collect::<Result<Vec<_>, _>>()?;
    values::replaced(module, entries, drawn)
}
