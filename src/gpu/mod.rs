//! The GPU side, and the only place that speaks wgpu.
//!
//! A [`Filler`] records fills into the caller's encoder; [`read_back`] brings a buffer to the host;
//! [`verify()`] holds a device against the CPU twin.

mod error;
mod filler;
mod options;
mod pipelines;
mod poller;
mod readback;
mod uploads;
mod verify;

pub use error::GpuError;
pub use filler::Filler;
pub use options::FillerOptions;
#[cfg(not(target_arch = "wasm32"))]
pub use readback::read_back_blocking;
pub use readback::{read_back, read_back_into};
#[cfg(not(target_arch = "wasm32"))]
pub use verify::verify_blocking;
pub use verify::{Difference, Report, verify};
