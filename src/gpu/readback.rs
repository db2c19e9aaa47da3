//! From a GPU buffer to the host, through two staging buffers that take turns.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{
    error::{GpuError, caught, refused},
    poller::Poller,
};

/// Bytes in each staging buffer.
const CHUNK: u64 = 16 << 20;

/// The bytes of a slice, once the GPU has done what was submitted before.
///
/// The buffer needs [`BufferUsages::COPY_SRC`](wgpu::BufferUsages::COPY_SRC). A thread of its own polls the device while the
/// future waits; the caller need not.
///
/// # Errors
/// [`GpuError::Usage`]; [`GpuError::PartialWord`]; [`GpuError::Memory`] where the host lacks memory;
/// [`GpuError::DeviceLost`]; [`GpuError::OtherDevice`]; [`GpuError::Device`] for a buffer that was destroyed, or a device
/// that lacks memory.
///
/// # Panics
/// As [`Filler`](super::Filler#panics).
pub async fn read_back(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    slice: wgpu::BufferSlice<'_>,
) -> Result<Vec<u8>, GpuError> {
    let needed = slice.size();
    let mut bytes = Vec::new();
    let reserved = usize::try_from(needed).ok().and_then(|it| bytes.try_reserve_exact(it).ok());
    reserved.ok_or(GpuError::Memory { needed })?;
    read(device, queue, slice, |chunk| bytes.extend_from_slice(chunk)).await?;
    Ok(bytes)
}

/// As [`read_back`], blocking the calling thread; there is none of it in a browser, where nothing may wait.
///
/// # Errors
/// As [`read_back`].
///
/// ```no_run
/// # use wgpu_weights::{gpu::read_back_blocking, wgpu};
/// # fn first(device: &wgpu::Device, queue: &wgpu::Queue, weights: &wgpu::Buffer)
/// #     -> Result<(), Box<dyn std::error::Error>> {
/// let bytes = read_back_blocking(device, queue, weights.slice(..16))?;
/// let values: Vec<f32> =
///     bytes.chunks_exact(4).map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]])).collect();
/// # Ok(())
/// # }
/// ```
#[cfg(not(target_arch = "wasm32"))]
pub fn read_back_blocking(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    slice: wgpu::BufferSlice<'_>,
) -> Result<Vec<u8>, GpuError> {
    pollster::block_on(read_back(device, queue, slice))
}

/// As [`read_back`], into memory that is there already, as long as the slice.
///
/// # Errors
/// As [`read_back`], and [`GpuError::Size`].
pub async fn read_back_into(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    slice: wgpu::BufferSlice<'_>,
    out: &mut [u8],
) -> Result<(), GpuError> {
    let (needed, given) = (slice.size(), out.len() as u64);
    if needed != given {
        return Err(GpuError::Size { needed, given });
    }
    let mut rest = out;
    read(device, queue, slice, |chunk| {
        let (now, later) = std::mem::take(&mut rest).split_at_mut(chunk.len());
        now.copy_from_slice(chunk);
        rest = later;
    })
    .await
}

/// Hands on the bytes of a slice, chunk by chunk.
async fn read(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    slice: wgpu::BufferSlice<'_>,
    mut each: impl FnMut(&[u8]),
) -> Result<(), GpuError> {
    check(&slice)?;
    // Copies are of whole words; the first and last chunk are trimmed on the host.
    let (from, to) = (slice.offset(), slice.offset() + slice.size());
    let chunk = (to - from).next_multiple_of(4).saturating_add(4).min(CHUNK);
    let mut starts = (from - from % 4..to).step_by(chunk as usize);
    let staging = caught(device, || [0, 1].map(|_| staging(device, chunk)))?;

    let submit = |turn: usize, start: u64| {
        let end = (start + chunk).min(to);
        Chunk::submit(device, queue, slice.buffer(), &staging[turn], start, end)
    };
    let mut turn = 0;
    let mut pending = starts.next().map(|start| submit(turn, start)).transpose()?;
    while let Some(chunk) = pending {
        turn = 1 - turn;
        // The next copy runs while this chunk is read.
        pending = starts.next().map(|start| submit(turn, start)).transpose()?;
        chunk.read(device, from, &mut each).await?;
    }
    Ok(())
}

fn check(slice: &wgpu::BufferSlice<'_>) -> Result<(), GpuError> {
    let usage = slice.buffer().usage();
    let (end, size) = (slice.offset() + slice.size(), slice.buffer().size());
    if !usage.contains(wgpu::BufferUsages::COPY_SRC) {
        Err(GpuError::Usage { needed: wgpu::BufferUsages::COPY_SRC, given: usage })
    } else if end.next_multiple_of(4) > size {
        Err(GpuError::PartialWord { end, size })
    } else {
        Ok(())
    }
}

fn staging(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("wgpu-weights staging"),
        size,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Bytes `start..end` of the source on their way through a staging buffer.
struct Chunk {
    staging: wgpu::Buffer,
    start: u64,
    end: u64,
    mapped: Mapped,
    submission: wgpu::SubmissionIndex,
}

impl Chunk {
    fn submit(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        source: &wgpu::Buffer,
        staging: &wgpu::Buffer,
        start: u64,
        end: u64,
    ) -> Result<Self, GpuError> {
        let mapped = Mapped::default();
        let submission = caught(device, || {
            let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
                label: Some("wgpu-weights readback"),
            });
            let size = (end - start).next_multiple_of(4);
            encoder.copy_buffer_to_buffer(source, start, staging, 0, size);
            let result = mapped.clone();
            encoder.map_buffer_on_submit(staging, wgpu::MapMode::Read, 0..size, move |mapped| {
                result.set(mapped);
            });
            queue.submit([encoder.finish()])
        })?;
        Ok(Self { staging: staging.clone(), start, end, mapped, submission })
    }

    /// Waits, and hands on what lies from `origin` on.
    async fn read(
        self,
        device: &wgpu::Device,
        origin: u64,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<(), GpuError> {
        let poller = Poller::new(device, self.submission)
            .map_err(|error| GpuError::Device(error.to_string()))?;
        let mapped = self.mapped.await;
        drop(poller);
        mapped.map_err(|error| refused(device, &error))?;
        let skip = origin.saturating_sub(self.start) as usize;
        let view = self
            .staging
            .get_mapped_range(0..(self.end - self.start).next_multiple_of(4))
            .map_err(|error| refused(device, &error))?;
        each(&view[skip..(self.end - self.start) as usize]);
        drop(view);
        // The device may have been destroyed meanwhile, and the staging buffer with it.
        caught(device, || self.staging.unmap())
    }
}

type MapResult = Result<(), wgpu::BufferAsyncError>;

/// Resolves when a mapping's callback has run.
#[derive(Clone, Default)]
struct Mapped(Arc<Mutex<(Option<MapResult>, Option<Waker>)>>);

impl Mapped {
    fn set(&self, result: MapResult) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = Some(result);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Future for Mapped {
    type Output = MapResult;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<MapResult> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.0.take() {
            Some(result) => Poll::Ready(result),
            None => {
                state.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
