//! From a GPU buffer to the host, through two staging buffers that take turns.

use std::{
    future::Future,
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{
    error::{GpuError, caught, is_lost, refused},
    poller::{Poller, polling, reading},
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
/// As [`Filler`](super::Filler#panics): the queue must be the device's own.
///
/// wgpu 30 frees what a destroyed device has mapped when the device is polled. This crate does not poll while it reads; a
/// program that destroys a device itself must not poll it, or submit to it, on one thread while another reads back.
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
    let chunk = (to - from).next_multiple_of(8).saturating_add(8).min(CHUNK);
    let mut starts = (from - from % 4..to).step_by(chunk as usize);
    let staging = [staging(device, chunk)?, staging(device, chunk)?];

    let submit = |turn: usize, start: u64| {
        let end = (start + chunk).min(to);
        let first = start <= from;
        Chunk::submit(device, queue, slice.buffer(), &staging[turn], start..end, first)
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

/// Bytes at a staging buffer's end that the first copy clears: the queue of another device refuses the copy, and wgpu maps
/// the staging buffer all the same.
const MARK: u64 = 8;

fn staging(device: &wgpu::Device, size: u64) -> Result<wgpu::Buffer, GpuError> {
    let buffer = caught(device, || {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("wgpu-weights staging"),
            size: size + MARK,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: true,
        })
    })?;
    let mark = buffer.get_mapped_range_mut(size..);
    let mut mark = mark.map_err(|error| refused(device, &error))?;
    mark.copy_from_slice(&[0xff; MARK as usize]);
    drop(mark);
    caught(device, || buffer.unmap())?;
    Ok(buffer)
}

/// Bytes `start..end` of the source on their way through a staging buffer.
struct Chunk {
    staging: wgpu::Buffer,
    start: u64,
    end: u64,
    arrival: Arrival,
    submission: wgpu::SubmissionIndex,
    /// Whether the copy clears the mark.
    marked: bool,
}

impl Chunk {
    fn submit(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        source: &wgpu::Buffer,
        staging: &wgpu::Buffer,
        Range { start, end }: Range<u64>,
        first: bool,
    ) -> Result<Self, GpuError> {
        let arrival = Arrival::default();
        let submission = caught(device, || {
            let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
                label: Some("wgpu-weights readback"),
            });
            let size = (end - start).next_multiple_of(4);
            encoder.copy_buffer_to_buffer(source, start, staging, 0, size);
            if first {
                encoder.clear_buffer(staging, staging.size() - MARK, None);
            }
            let told = arrival.clone();
            encoder.map_buffer_on_submit(staging, wgpu::MapMode::Read, .., move |mapped| {
                told.set(Some(mapped));
            });
            let _shared = polling();
            queue.submit([encoder.finish()])
        })?;
        Ok(Self { staging: staging.clone(), start, end, arrival, submission, marked: first })
    }

    /// Waits, and hands on what lies from `origin` on.
    async fn read(
        self,
        device: &wgpu::Device,
        origin: u64,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<(), GpuError> {
        let poller = Poller::new(device, self.submission, &self.arrival)
            .map_err(|error| GpuError::Device(error.to_string()))?;
        let arrived = self.arrival.await;
        drop(poller);
        match arrived {
            Some(mapped) => mapped.map_err(|error| refused(device, &error))?,
            None if is_lost(device) => return Err(GpuError::DeviceLost),
            None => return Err(GpuError::OtherDevice),
        }
        // To the end of the mapping.
        let _alone = reading();
        let skip = origin.saturating_sub(self.start) as usize;
        let view = self.staging.get_mapped_range(..).map_err(|error| refused(device, &error))?;
        if self.marked && view[view.len() - MARK as usize..] != [0; MARK as usize] {
            return Err(GpuError::OtherDevice);
        }
        each(&view[skip..(self.end - self.start) as usize]);
        drop(view);
        // The device may have been destroyed meanwhile, and the staging buffer with it.
        caught(device, || self.staging.unmap())
    }
}

type Told = Option<Result<(), wgpu::BufferAsyncError>>;

/// Resolves when a mapping's callback has run; with nothing where nobody tells of it.
#[derive(Clone, Default)]
pub(super) struct Arrival(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What was told, until it is taken.
    told: Option<Told>,
    over: bool,
    waker: Option<Waker>,
}

impl Arrival {
    /// The first one to tell is heard.
    fn set(&self, told: Told) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut state.over, true) {
            state.told = Some(told);
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn is_over(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).over
    }

    /// Nobody will tell, where nobody has.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn give_up(&self) {
        self.set(None);
    }
}

impl Future for Arrival {
    type Output = Told;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Told> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.told.take() {
            Some(told) => Poll::Ready(told),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
