//! Any error of the crate.

use thiserror::Error;

#[cfg(feature = "gpu")]
use crate::gpu::GpuError;
use crate::{
    FanError, FillError, InitError, ParameterError, UnknownName, cpu::CpuError,
    initialiser::ArgumentError, shard::ShardError,
};

/// Any error of the crate: what a function returns that calls several of its functions.
///
/// Each of them has an error of its own, which says what can be wrong there and nothing else; `?` makes this one
/// of it, and its text stays as it is.
///
/// ```
/// use wgpu_weights::{Distribution, Error, Fill, cpu};
///
/// /// The columns from `first` on of a weight of this shape.
/// fn columns(shape: [u64; 2], first: u64, seed: u64) -> Result<Vec<u8>, Error> {
///     let normal = Distribution::normal(0.0, 0.02)?;
///     let fill = Fill::new(normal, shape).with_seed(seed).shard(1, first..shape[1])?;
///     let mut bytes = vec![0; fill.bytes()? as usize];
///     cpu::fill(&fill, &mut bytes)?;
///     Ok(bytes)
/// }
///
/// assert_eq!(columns([4, 6], 4, 42)?.len(), 32);
/// assert!(matches!(columns([4, 6], 7, 42), Err(Error::Shard(_))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A distribution's parameters.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The fans of a shape.
    #[error(transparent)]
    Fan(#[from] FanError),
    /// An initialiser.
    #[error(transparent)]
    Init(#[from] InitError),
    /// An initialiser's argument.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// A name that is none of those known.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// A fill or a window.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// A shard.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// A fill of host memory.
    #[error(transparent)]
    Cpu(#[from] CpuError),
    /// A fill, a readback or a device.
    #[cfg(feature = "gpu")]
    #[error(transparent)]
    Gpu(#[from] GpuError),
}
