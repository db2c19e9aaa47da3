//! Bytes from a GPU, through a staging buffer.

use std::sync::mpsc::channel;

use wgpu_weights::{Filler, wgpu};

use super::{
    chunks::{CHUNK, Chunk},
    host_made::HostMade,
    source::ByteSource,
};
use crate::error::{Context, Result};

/// A GPU: a buffer on it, and one to read it through.
#[derive(Debug)]
pub struct GpuSource {
    device: wgpu::Device,
    queue: wgpu::Queue,
    filler: Filler,
    buffer: wgpu::Buffer,
    staging: wgpu::Buffer,
    prepared: HostMade,
}

impl ByteSource for GpuSource {
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        let mut at = 0;
        let mut fills = Vec::with_capacity(chunk.parts.len());
        for part in &chunk.parts {
            let end = at + part.bytes()?;
            // A way to the device and back would add nothing.
            if !part.is_made_on_host() {
                fills.push((self.buffer.slice(at..end), part.clone()));
            }
            at = end;
        }
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("wgpu-weights-model chunk"),
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
        let mut rest = out;
        for part in &chunk.parts {
            let (now, later) = rest.split_at_mut(part.bytes()? as usize);
            if part.is_made_on_host() {
                self.prepared.fill(part, now)?;
            }
            rest = later;
        }
        Ok(())
    }
}

impl GpuSource {
    /// Two sources on a device that take turns, so that one buffer is filled while the other is read.
    ///
    /// # Errors
    /// A device without compute shaders or memory for the buffers.
    pub fn pair(device: &wgpu::Device, queue: &wgpu::Queue) -> Result<[Self; 2]> {
        let filler = Filler::new(device)?;
        Ok([Self::new(device, queue, filler.clone())?, Self::new(device, queue, filler)?])
    }

    fn new(device: &wgpu::Device, queue: &wgpu::Queue, filler: Filler) -> Result<Self> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-weights-model chunk"),
                size: CHUNK,
                usage,
                mapped_at_creation: false,
            })
        };
        let staging = buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let buffer = buffer(wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(error)
                .context("the device has no 32 MiB free; take another, or --device cpu");
        }
        let (device, queue) = (device.clone(), queue.clone());
        Ok(Self { device, queue, filler, buffer, staging, prepared: HostMade::default() })
    }
}

#[cfg(test)]
mod tests {
    use wgpu_weights::{Distribution, Fill};

    use super::*;
    use crate::draw::stream;

    #[test]
    fn a_device_that_is_lost_ends_the_stream() {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = pollster::block_on(instance.request_adapter(&Default::default())).unwrap();
        let (device, queue) =
            pollster::block_on(adapter.request_device(&Default::default())).unwrap();
        device.on_uncaptured_error(std::sync::Arc::new(|_| ()));
        let sources = GpuSource::pair(&device, &queue).unwrap();
        let mut sources = sources.map(|it| Box::new(it) as Box<dyn ByteSource>);
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
        assert!(stream(&mut sources, fills, |_| Ok(()), |_| ()).is_err());
    }
}
