//! How parameters reach the GPU without a buffer per fill.
//!
//! One uniform buffer per filler is written by copies recorded right before the dispatches that
//! read it; a queue runs both in order, so every encoder can use it. The copies' sources are
//! mapped buffers that come back once the GPU has read them.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::{GpuError, caught, refused};
use crate::{Params, kernel::Kernel};

/// Dispatches that one copy serves.
pub(super) const SLOTS: usize = 256;

#[derive(Debug)]
pub(super) struct Uploads {
    device: wgpu::Device,
    /// Bytes from one slot to the next.
    stride: u64,
    layout: wgpu::BindGroupLayout,
    buffer: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    /// Mapped, ready to be written.
    free: Arc<Mutex<Vec<wgpu::Buffer>>>,
}

/// Parameters on their way.
pub(super) struct Upload {
    source: wgpu::Buffer,
    size: u64,
}

/// Bytes from one slot to the next.
fn stride(limits: &wgpu::Limits) -> u64 {
    Kernel::PARAMS_SIZE.next_multiple_of(u64::from(limits.min_uniform_buffer_offset_alignment))
}

/// Bytes of the largest buffer that a filler makes for itself.
pub(super) fn largest_buffer(limits: &wgpu::Limits) -> u64 {
    stride(limits) * SLOTS as u64
}

impl Uploads {
    pub(super) fn new(
        device: &wgpu::Device,
        layout: &wgpu::BindGroupLayout,
    ) -> Result<Self, GpuError> {
        let stride = stride(&device.limits());
        let (buffer, bind_group) = caught(device, || {
            let buffer = device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-weights params"),
                size: stride * SLOTS as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            let bind_group = bind(device, layout, &buffer);
            (buffer, bind_group)
        })?;
        let (device, layout) = (device.clone(), layout.clone());
        Ok(Self { device, stride, layout, buffer, bind_group, free: Arc::default() })
    }

    /// At most [`SLOTS`] parameters, written where they can be copied from.
    pub(super) fn prepare(&self, params: &[Params]) -> Result<Upload, GpuError> {
        let reused = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let source = match reused {
            Some(buffer) => buffer,
            None => {
                self.mapped(wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC, SLOTS)?
            }
        };
        self.write(&source, params)?;
        Ok(Upload { source, size: self.stride * params.len() as u64 })
    }

    /// Records the copy of what was prepared; the group to bind for it.
    pub(super) fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        Upload { source, size }: Upload,
    ) -> &wgpu::BindGroup {
        encoder.copy_buffer_to_buffer(&source, 0, &self.buffer, 0, size);
        let (free, again) = (Arc::clone(&self.free), source.clone());
        encoder.map_buffer_on_submit(&source, wgpu::MapMode::Write, .., move |mapped| {
            if mapped.is_ok() {
                free.lock().unwrap_or_else(PoisonError::into_inner).push(again);
            }
        });
        &self.bind_group
    }

    /// A buffer for these parameters alone, for a pass in which nothing can be copied.
    pub(super) fn in_place(&self, params: &[Params]) -> Result<wgpu::BindGroup, GpuError> {
        // Where the last slot begins must be a dynamic offset, which has 32 bits.
        let most = u64::from(wgpu::DynamicOffset::MAX) / self.stride;
        let given = params.len() as u64;
        if given > most {
            return Err(GpuError::Dispatches { given, most });
        }
        let buffer = self.mapped(wgpu::BufferUsages::UNIFORM, params.len())?;
        self.write(&buffer, params)?;
        caught(&self.device, || bind(&self.device, &self.layout, &buffer))
    }

    /// Where a slot of those that were prepared or put in place begins.
    pub(super) fn offset(&self, slot: usize) -> wgpu::DynamicOffset {
        (self.stride * slot as u64) as wgpu::DynamicOffset
    }

    fn mapped(&self, usage: wgpu::BufferUsages, slots: usize) -> Result<wgpu::Buffer, GpuError> {
        caught(&self.device, || {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-weights params upload"),
                size: self.stride * slots as u64,
                usage,
                mapped_at_creation: true,
            })
        })
    }

    /// Writes the slots of a mapped buffer and unmaps it.
    fn write(&self, buffer: &wgpu::Buffer, params: &[Params]) -> Result<(), GpuError> {
        let mut view =
            buffer.get_mapped_range_mut(..).map_err(|error| refused(&self.device, &error))?;
        for (slot, params) in params.iter().enumerate() {
            let at = slot * self.stride as usize;
            let bytes = bytemuck::bytes_of(params);
            view.slice(at..at + bytes.len()).copy_from_slice(bytes);
        }
        drop(view);
        // The device may be destroyed meanwhile, and the buffer with it.
        caught(&self.device, || buffer.unmap())
    }
}

fn bind(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    buffer: &wgpu::Buffer,
) -> wgpu::BindGroup {
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("wgpu-weights params"),
        layout,
        entries: &[wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset: 0,
                size: wgpu::BufferSize::new(Kernel::PARAMS_SIZE),
            }),
        }],
    })
}
