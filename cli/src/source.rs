//! Where bytes come from: the CPU twin or a GPU. Both make the same.

use std::sync::mpsc::channel;

use anyhow::{Context, Result, anyhow};
use rayon::{ThreadPool, ThreadPoolBuilder};
use wgpu_weights::{Filler, cpu, wgpu};

use crate::{
    chunks::{CHUNK, Chunk, NO_THREAD},
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
pub(crate) struct Twin {
    // Of its own: the global one panics where the system starts no more threads.
    pool: ThreadPool,
}

impl Twin {
    /// # Errors
    /// No thread.
    pub(crate) fn new() -> Result<Self> {
        let pool = ThreadPoolBuilder::new().build();
        // Its text has its cause's.
        Ok(Self { pool: pool.map_err(|error| anyhow!("{NO_THREAD}: {error}"))? })
    }
}

impl Source for Twin {
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        self.pool.install(|| {
            let mut rest = out;
            for part in &chunk.parts {
                let (now, later) = rest.split_at_mut(part.bytes()? as usize);
                cpu::fill(part, now)?;
                rest = later;
            }
            Ok(())
        })
    }
}

/// A buffer on a GPU, and one to read it through.
#[derive(Debug)]
struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    filler: Filler,
    buffer: wgpu::Buffer,
    staging: wgpu::Buffer,
}

impl Source for Gpu {
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        let mut at = 0;
        let mut fills = Vec::with_capacity(chunk.parts.len());
        for part in &chunk.parts {
            let end = at + part.bytes()?;
            fills.push((self.buffer.slice(at..end), part));
            at = end;
        }
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("wgpu-weights-cli chunk"),
        });
        self.filler.fill_many(&mut encoder, fills)?;
        // Copies are of whole words.
        let size = chunk.bytes.next_multiple_of(4);
        encoder.copy_buffer_to_buffer(&self.buffer, 0, &self.staging, 0, size);
        let (tell, mapped) = channel();
        encoder.map_buffer_on_submit(&self.staging, wgpu::MapMode::Read, 0..size, move |result| {
            // Whoever waits has gone only after an error of its own.
            let _ = tell.send(result);
        });
        let index = self.queue.submit([encoder.finish()]);
        // On this thread, which has nothing else to do: no thread may still hold the device when
        // the program ends, for a driver's own end may come first.
        let wait = wgpu::PollType::Wait { submission_index: Some(index), timeout: None };
        let failed = "the device failed while it drew; take another, or --device cpu";
        self.device.poll(wait).context(failed)?;
        mapped.recv()?.context(failed)?;
        let view = self.staging.get_mapped_range(0..size).context(failed)?;
        out.copy_from_slice(&view[..out.len()]);
        drop(view);
        self.staging.unmap();
        Ok(())
    }
}

/// What makes the chunks on an open device. A GPU gets two buffers that take turns, so that one is
/// filled while the other is read.
///
/// # Errors
/// A device without compute shaders or memory for the buffers; no thread.
pub(crate) fn sources(open: &Open) -> Result<Vec<Box<dyn Source>>> {
    let Open::Gpu { device, queue } = open else { return Ok(vec![Box::new(Twin::new()?)]) };
    let filler = Filler::new(device)?;
    let source = |filler: Filler| -> Result<Box<dyn Source>> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-weights-cli chunk"),
                size: CHUNK,
                usage,
                mapped_at_creation: false,
            })
        };
        let usages = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
        let staging = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let buffer = buffer(usages);
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(error)
                .context("the device has no 32 MiB free; take another, or --device cpu");
        }
        let (device, queue) = (device.clone(), queue.clone());
        Ok(Box::new(Gpu { device, queue, filler, buffer, staging }))
    };
    Ok(vec![source(filler.clone())?, source(filler)?])
}

#[cfg(test)]
mod tests {
    use wgpu_weights::{Distribution, Fill};

    use super::*;
    use crate::{chunks, device::Choice};

    #[test]
    fn a_device_that_is_lost_ends_the_stream() {
        let open = Choice::Gpu.choose().unwrap().open().unwrap();
        let Open::Gpu { device, .. } = &open else { panic!("no GPU") };
        let mut sources = sources(&open).unwrap();
        let fill = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [40 << 20]);
        let chunk = Chunk { parts: vec![fill.clone().window(0, 1000).unwrap()], bytes: 4000 };
        let mut bytes = vec![0; 4000];
        sources[0].make(&chunk, &mut bytes).unwrap();
        device.destroy();
        // A source that has drawn, and one that has not.
        for source in &mut sources {
            assert!(source.make(&chunk, &mut bytes).is_err());
        }
        let fills = std::iter::once(fill);
        assert!(chunks::stream(&mut sources, fills, |_| Ok(()), |_| ()).is_err());
    }
}
