//! What can be wrong with a fill on a device.

use thiserror::Error;

use crate::{FillError, cpu::CpuError};

/// A fill, a readback or a device that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GpuError {
    /// The fill itself.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The buffer lacks a usage flag.
    #[error("the buffer's usage is {given:?}; it must include {needed:?}")]
    Usage {
        /// The flag that is missing.
        needed: wgpu::BufferUsages,
        /// The flags that the buffer has.
        given: wgpu::BufferUsages,
    },
    /// The slice is not as long as the fill.
    #[error("the fill takes {needed} bytes and the slice has {given}; they must be equal")]
    Size {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that were given.
        given: u64,
    },
    /// The slice begins within an element.
    #[error("the slice begins at byte {offset}; it must begin at a multiple of {multiple}")]
    Offset {
        /// Where the slice begins.
        offset: u64,
        /// Bytes per element.
        multiple: u64,
    },
    /// The slice reaches into a last word that the buffer does not hold whole.
    #[error(
        "the slice ends at byte {end} of a buffer of {size}; a buffer that is filled to its end must be a multiple of 4 bytes long"
    )]
    PartialWord {
        /// The end of the slice.
        end: u64,
        /// The size of the buffer.
        size: u64,
    },
    /// The device's limits are too low for the kernels, as without compute shaders.
    #[error(
        "the device's limit {limit} is {given}; the kernels need {needed} (WebGPU's defaults and `Limits::downlevel_defaults()` have it)"
    )]
    Limit {
        /// The limit's name in wgpu.
        limit: &'static str,
        /// What the kernels need.
        needed: u64,
        /// What the device has.
        given: u64,
    },
    /// More dispatches than parameters can be told apart for in one pass.
    #[error(
        "one call takes at most {most} dispatches into a pass, and this one has {given}; fill in several calls"
    )]
    Dispatches {
        /// The dispatches of the call.
        given: u64,
        /// The most that are possible.
        most: u64,
    },
    /// What is made on the host cannot be made.
    #[error(transparent)]
    Cpu(#[from] CpuError),
    /// The host lacks memory.
    #[error("the host has no {needed} bytes of memory free to read back into; read parts of it")]
    Memory {
        /// Bytes that are needed.
        needed: u64,
    },
    /// The device is lost: it was destroyed, or its driver gave up. The first call that needs something new of the device
    /// tells; what was recorded before, and what finds all it needs at hand, is lost with the device.
    #[error(
        "the device is lost: it was destroyed, or its driver gave up; open another one, with a filler and buffers of its own"
    )]
    DeviceLost,
    /// The buffer, or a pipeline cache, belongs to another device. (wgpu itself panics at one of another *instance*.)
    #[error(
        "a buffer belongs to another device than the filler or the queue; make all three of one device"
    )]
    OtherDevice,
    /// The device refused otherwise: a buffer that was destroyed, or lack of memory.
    #[error("the device refused: {0}")]
    Device(String),
}

/// What the device says, as an error: wgpu tells neither a device that is lost nor one of another buffer by a type.
pub(super) fn refused(device: &wgpu::Device, error: &dyn std::fmt::Display) -> GpuError {
    // wgpu's chain of causes, a line each.
    let text = error.to_string();
    let causes: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !["", "Validation Error", "Caused by:"].contains(line))
        .collect();
    // The last says what is wrong; labels, which may say anything, stand within it.
    let other = |cause: &&str| {
        cause.starts_with("Device with ") && cause.contains("doesn't match Device with ")
    };
    if is_lost(device) {
        GpuError::DeviceLost
    } else if causes.last().is_some_and(other) {
        GpuError::OtherDevice
    } else {
        GpuError::Device(causes.join(": "))
    }
}

/// Whether a device makes buffers that are none, and says nothing of it.
pub(super) fn is_lost(device: &wgpu::Device) -> bool {
    let descriptor = wgpu::BufferDescriptor {
        label: Some("wgpu-weights probe"),
        size: wgpu::COPY_BUFFER_ALIGNMENT,
        usage: wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: true,
    };
    let (buffer, error) = scoped(device, || device.create_buffer(&descriptor));
    error.is_none() && buffer.get_mapped_range(..).is_err()
}

/// Runs what may raise an error on the device. In a browser errors are promises, and nothing may wait for one:
/// they go to the device's handler.
#[cfg(target_arch = "wasm32")]
pub(super) fn caught<T>(_: &wgpu::Device, run: impl FnOnce() -> T) -> Result<T, GpuError> {
    Ok(run())
}

#[cfg(target_arch = "wasm32")]
fn scoped<T>(_: &wgpu::Device, run: impl FnOnce() -> T) -> (T, Option<wgpu::Error>) {
    (run(), None)
}

/// Runs what may raise an error on the device, and returns that error instead of leaving it to the
/// device's handler, which panics unless the caller installed one.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn caught<T>(device: &wgpu::Device, run: impl FnOnce() -> T) -> Result<T, GpuError> {
    match scoped(device, run) {
        (_, Some(error)) => Err(refused(device, &error)),
        (value, None) => Ok(value),
    }
}

/// What is made, and the first error that it raised.
#[cfg(not(target_arch = "wasm32"))]
fn scoped<T>(device: &wgpu::Device, run: impl FnOnce() -> T) -> (T, Option<wgpu::Error>) {
    let scopes = [
        wgpu::ErrorFilter::Validation,
        wgpu::ErrorFilter::OutOfMemory,
        wgpu::ErrorFilter::Internal,
    ]
    .map(|filter| device.push_error_scope(filter));
    let value = run();
    let mut first = None;
    for scope in scopes.into_iter().rev() {
        // Ready at once on every native backend.
        first = pollster::block_on(scope.pop()).or(first);
    }
    (value, first)
}
