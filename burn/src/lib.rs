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
//! A rule says what each [`Parameter`] is drawn from: [`burn_defaults`], or any closure, which may ask it.
//!
//! What is not done: burn's fusion (this crate does not compile with burn's feature `fusion`, whose tensors have no
//! buffer yet), f64, and running statistics, which are no parameters. Two parameters that share an id are two names.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod error;
mod gpu;
mod parameter;
mod rule;
mod walk;

pub use error::{Error, RuleError};
pub use gpu::Gpu;
pub use parameter::Parameter;
pub use rule::{burn_defaults, distribution_of};
pub use wgpu_weights;

use burn::module::Module;
use wgpu_weights::Distribution;

/// A failure of a rule, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The module with every float parameter drawn by the CPU twin, on whichever back end and device it is.
///
/// Each parameter keeps the device, shape and dtype that it has, or that it would have where it is lazy: f32, f16
/// or bf16. The values are those of [`Gpu::init`], bit for bit.
///
/// # Errors
/// [`Error::Rule`] where the rule fails, [`Error::Dtype`] for a dtype that cannot be drawn, [`Error::Draw`].
///
/// ```
/// use burn::{nn::LinearConfig, tensor::Device};
/// use wgpu_weights_burn::{Parameter, init, wgpu_weights::{Distribution, ParameterError}};
///
/// let linear = LinearConfig::new(4, 3).init(&Device::ndarray());
/// let rule = |it: &Parameter<'_>| match it.name() {
///     "bias" => Distribution::constant(0.0),
///     _ => Distribution::normal(0.0, 0.02),
/// };
/// let linear = init(linear, 42, rule)?;
/// assert_eq!(linear.weight.dims(), [4, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn init<M: Module, E: Into<BoxError>>(
    module: M,
    seed: u64,
    rule: impl Fn(&Parameter<'_>) -> Result<Distribution, E>,
) -> Result<M, Error> {
    let entries = walk::entries(&module);
    let fills = walk::fills(&entries, seed, rule)?;
    let values = entries.iter().zip(&fills).map(|(entry, fill)| walk::drawn(entry, fill));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    walk::replaced(module, entries, values)
}
