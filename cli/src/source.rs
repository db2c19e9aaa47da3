//! Where bytes come from: the CPU twin or a GPU. Both make the same.

use anyhow::{Context, Result};
use wgpu_weights::{Filler, cpu, gpu, wgpu};

use crate::{
    chunks::{CHUNK, Chunk},
    device::Open,
};

/// Makes chunks, one at a time.
pub(crate) trait Source: Send {
    /// Makes a chunk's bytes; `out` is as long as the chunk.
    ///
    /// # Errors
    /// A device that fails.
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()>;
}

/// The CPU twin, on all cores.
#[derive(Debug)]
pub(crate) struct Twin;

impl Source for Twin {
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        let mut rest = out;
        for part in &chunk.parts {
            let (now, later) = rest.split_at_mut(part.bytes()? as usize);
            cpu::fill(part, now)?;
            rest = later;
        }
        Ok(())
    }
}

/// A buffer on a GPU.
#[derive(Debug)]
struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    filler: Filler,
    buffer: wgpu::Buffer,
}

impl Source for Gpu {
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        let mut at = 0;
        let mut fills = Vec::with_capacity(chunk.parts.len());
        for part in &chunk.parts {
            let end = at + part.bytes()?;
            fills.push((self.buffer.slice(at..end), *part));
            at = end;
        }
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("wgpu-weights-cli chunk"),
        });
        self.filler.fill_many(&mut encoder, fills)?;
        self.queue.submit([encoder.finish()]);
        let made = self.buffer.slice(..chunk.bytes);
        pollster::block_on(gpu::read_back_into(&self.device, &self.queue, made, out))?;
        Ok(())
    }
}

/// What makes the chunks on an open device. A GPU gets two buffers, so that one is filled while the
/// other is read.
///
/// # Errors
/// A device without compute shaders or memory for the buffers.
pub(crate) fn sources(open: &Open) -> Result<Vec<Box<dyn Source>>> {
    let Open::Gpu { device, queue } = open else { return Ok(vec![Box::new(Twin)]) };
    let filler = Filler::new(device)?;
    let source = |filler: Filler| -> Result<Box<dyn Source>> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("wgpu-weights-cli chunk"),
            size: CHUNK,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(error)
                .context("the device has no 32 MiB free; take another, or --device cpu");
        }
        Ok(Box::new(Gpu { device: device.clone(), queue: queue.clone(), filler, buffer }))
    };
    Ok(vec![source(filler.clone())?, source(filler)?])
}
