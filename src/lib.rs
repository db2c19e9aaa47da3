#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cpu;
mod distribution;
mod dtype;
mod error;
mod fans;
mod fill;
mod float_format;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod initialiser;
pub mod kernel;
mod names;
mod nonlinearity;
mod normal_tail;
mod params;
pub mod plan;
mod region;
mod rng;
pub mod shard;
mod stream;

pub use distribution::{Distribution, Kind, ParameterError};
pub use dtype::Dtype;
pub use error::Error;
pub use fans::{Convention, FanError, Fans, calc_fan_in_and_fan_out};
pub use fill::{Fill, FillError};
pub use float_format::FloatFormat;
#[cfg(feature = "gpu")]
pub use gpu::Filler;
pub use initialiser::{
    FanMode, InitError, Kaiming, Xavier, kaiming_normal, kaiming_uniform, xavier_normal,
    xavier_uniform,
};
pub use names::UnknownName;
pub use nonlinearity::{Nonlinearity, calculate_gain};
pub use params::{Field, Params};
pub use rng::PhiloxRng;
pub use stream::stream_of;
#[cfg(feature = "gpu")]
pub use wgpu;

/// The version of the value contract (DESIGN.md) that this release keeps. It travels with every
/// file that is written.
pub const CONTRACT_VERSION: u32 = 1;
