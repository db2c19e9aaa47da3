//! The object that fills buffers.

use std::{borrow::Borrow, sync::Arc};

use super::{
    error::{GpuError, caught, is_lost, refused},
    options::FillerOptions,
    pipelines::Pipelines,
    uploads::{SLOTS, Uploads},
};
use crate::{
    Fill, Params,
    cpu::{self, CpuError},
    kernel::{Integers, Kernel},
    plan::{self, Dispatch, Limits},
};

/// Fills slices of GPU buffers in place, in the caller's encoder or compute pass.
///
/// Cheap to clone; clones share pipelines, which are compiled when first used. It never creates a
/// device, never submits, never blocks on the GPU, and asks for no feature and no raised limit.
/// [`FEATURES`](Self::FEATURES) are worth asking for.
///
/// Errors of the device are returned by the call that raised them; what a buffer's state is when commands are submitted
/// is between the caller and wgpu. In a browser errors are promises, for which nothing may wait: there they go to the
/// device's own handler (`examples/browser` has one).
///
/// Where a program is built for debugging, the CPU twin is slow, and with it [`verify`](super::verify()): two lines of Cargo.toml,
/// `[profile.dev.package.wgpu-weights]` and `opt-level = 3`, make it eighty times as fast.
///
/// wgpu clears a fresh buffer before its first use: time a second fill, not the first.
///
/// # Panics
/// Nothing panics by itself. wgpu does:
///
/// * at a slice beyond the end of its buffer;
/// * at a buffer, an encoder or a pass of another *instance* than the device's (or takes it for one of its own, of the
///   same number);
/// * when the caller finishes an encoder of another device, or one whose pass is still open, and when it submits to
///   another device's queue (which [`read_back`](super::read_back) is given too) or what uses a mapped buffer: these errors go to
///   the device's handler, which panics unless the caller installed one.
///
/// ```no_run
/// # fn in_your_engine(
/// #     device: &wgpu_weights::wgpu::Device, queue: &wgpu_weights::wgpu::Queue,
/// #     weights: &wgpu_weights::wgpu::Buffer,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use wgpu_weights::{Fill, Filler, Kaiming, kaiming_normal};
///
/// let filler = Filler::new(device)?;
/// let shape = [768, 3072];
/// let w_in = kaiming_normal(&shape, Kaiming::default())?;
/// let fill = Fill::new(w_in, shape).with_seed(42).with_name("blocks.0.mlp.W_in");
///
/// let mut encoder = device.create_command_encoder(&Default::default());
/// filler.fill(&mut encoder, weights.slice(..), &fill)?;
/// // ... your own passes, which may read the weights ...
/// queue.submit([encoder.finish()]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Filler(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    device: wgpu::Device,
    limits: Limits,
    pipelines: Pipelines,
    uploads: Uploads,
}

/// A dispatch with all that it needs: nothing can fail any more.
struct Ready {
    kernel: Kernel,
    pipeline: wgpu::ComputePipeline,
    output: wgpu::BindGroup,
    /// What the host made, where it did.
    source: Option<wgpu::BindGroup>,
    params: Params,
    workgroups: [u32; 2],
}

impl Filler {
    /// Features that a filler profits from and does without: those of them that an adapter has are worth asking
    /// for. Values do not depend on them.
    ///
    /// * `SHADER_INT64` makes one instruction of each product of Philox, or two. By their compilers' counts (proof/compilers,
    ///   DESIGN.md "Counts") a uniform then takes a third of the instructions on NVIDIA's GPUs and 0.6 of them on AMD's, a
    ///   normal 0.6 and 0.8; by a model a uniform is then bound by memory on an H100. No browser has it.
    /// * `PIPELINE_CACHE` saves compiling at the next start, where [`FillerOptions::pipeline_cache`] holds one.
    ///
    /// ```no_run
    /// # async fn in_your_engine(adapter: &wgpu_weights::wgpu::Adapter)
    /// #     -> Result<(), wgpu_weights::wgpu::RequestDeviceError> {
    /// use wgpu_weights::{Filler, wgpu};
    ///
    /// let (device, queue) = adapter.request_device(&wgpu::DeviceDescriptor {
    ///     required_features: adapter.features() & Filler::FEATURES,
    ///     ..Default::default()
    /// }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const FEATURES: wgpu::Features =
        wgpu::Features::SHADER_INT64.union(wgpu::Features::PIPELINE_CACHE);

    /// A filler for this device. No pipeline is compiled yet.
    ///
    /// # Errors
    /// [`GpuError::Limit`] where the device has no compute shaders, [`GpuError::Device`] where it
    /// lacks memory, [`GpuError::DeviceLost`].
    pub fn new(device: &wgpu::Device) -> Result<Self, GpuError> {
        Self::with_options(device, FillerOptions::default())
    }

    /// As [`new`](Self::new), with choices of the caller's.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Integers`] other than `U32` on a device without `SHADER_INT64` make
    /// every fill an error.
    pub fn with_options(device: &wgpu::Device, options: FillerOptions) -> Result<Self, GpuError> {
        let pipelines = Pipelines::new(device, options)?;
        if is_lost(device) {
            return Err(GpuError::DeviceLost);
        }
        let uploads = Uploads::new(device, &pipelines.params_layout)?;
        let limits = device.limits();
        let limits = Limits {
            max_binding: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
            alignment: u64::from(limits.min_storage_buffer_offset_alignment),
            max_workgroups: limits.max_compute_workgroups_per_dimension,
        };
        Ok(Self(Arc::new(Shared { device: device.clone(), limits, pipelines, uploads })))
    }

    /// How fills on this device are cut into dispatches, for those who dispatch kernels of their own.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Which integers kernels are made of on this device.
    pub fn integers(&self) -> Integers {
        self.0.pipelines.integers
    }

    /// Compiles ahead what these fills take in buffers of their own, as behind a loading screen: a fill that finds its
    /// kernels compiled takes microseconds to record, one that does not some milliseconds for each of them. What was
    /// compiled before costs nothing.
    ///
    /// A fill of a slice that does not begin at the buffer's first byte may take one kernel more.
    ///
    /// # Errors
    /// [`GpuError::Fill`] for a fill that no buffer holds, [`GpuError::Device`] where the device refuses a kernel,
    /// [`GpuError::DeviceLost`].
    ///
    /// ```no_run
    /// # use wgpu_weights::{Distribution, Fill, Filler};
    /// # fn while_loading(filler: &Filler) -> Result<(), Box<dyn std::error::Error>> {
    /// let weight = Fill::new(Distribution::normal(0.0, 0.02)?, [4096, 4096]);
    /// let bias = Fill::new(Distribution::constant(0.0)?, [4096]);
    /// filler.prepare([weight, bias])?; // on any thread: clones of a filler share what it compiles
    /// # Ok(())
    /// # }
    /// ```
    pub fn prepare(
        &self,
        fills: impl IntoIterator<Item = impl Borrow<Fill>>,
    ) -> Result<(), GpuError> {
        for fill in fills {
            let fill = fill.borrow();
            fill.bytes()?;
            // What no buffer of the device holds is filled in windows, whose kernels are the same.
            let most = self.0.device.limits().max_buffer_size / fill.dtype.size();
            let held = fill.clone().window(0, fill.count().min(most))?;
            let mut last = None;
            for dispatch in plan::plan(&held, 0, self.0.limits)? {
                let kernel = dispatch.kernel(self.integers());
                if last.replace(kernel) != Some(kernel) {
                    self.0.pipelines.get(kernel)?;
                }
            }
        }
        // A lost device compiles anything.
        if is_lost(&self.0.device) { Err(GpuError::DeviceLost) } else { Ok(()) }
    }

    /// Records the fill of a slice, exactly as long as [`Fill::bytes`] says, into an encoder.
    ///
    /// What is [made on the host](Fill::is_made_on_host) is made before this returns, and a kernel copies it: from
    /// buffers of its size, which the encoder keeps until it has run.
    ///
    /// The buffer needs [`BufferUsages::STORAGE`](wgpu::BufferUsages::STORAGE). The slice may begin at any multiple of
    /// the dtype's size and be larger than the device's largest binding. Bytes around it stay as they
    /// are. Kernels store whole words: a buffer that is filled to its end is a multiple of 4 bytes long.
    ///
    /// # Errors
    /// [`GpuError`]; then nothing was recorded.
    pub fn fill(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        slice: wgpu::BufferSlice<'_>,
        fill: &Fill,
    ) -> Result<(), GpuError> {
        self.fill_many(encoder, [(slice, fill)])
    }

    /// As [`fill`](Self::fill) for many tensors: one bind of each pipeline in use, no buffer per
    /// tensor. Fills are reordered, so slices must not overlap, which is not checked.
    ///
    /// # Errors
    /// [`GpuError`]; then nothing was recorded.
    ///
    /// ```no_run
    /// # use wgpu_weights::{Distribution, Fill, Filler, wgpu};
    /// # fn a_layer(filler: &Filler, encoder: &mut wgpu::CommandEncoder, parameters: &wgpu::Buffer)
    /// #     -> Result<(), Box<dyn std::error::Error>> {
    /// let (normal, zero) = (Distribution::normal(0.0, 0.02)?, Distribution::constant(0.0)?);
    /// let weight = Fill::new(normal, [768, 768]).with_name("h.0.attn.c_proj.weight");
    /// let bias = Fill::new(zero, [768]).with_name("h.0.attn.c_proj.bias");
    /// let (end, size) = (weight.bytes()?, bias.bytes()?);
    /// let slices = [parameters.slice(..end), parameters.slice(end..end + size)];
    /// filler.fill_many(encoder, slices.into_iter().zip([weight, bias]))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn fill_many<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        fills: impl IntoIterator<Item = (wgpu::BufferSlice<'a>, impl Borrow<Fill>)>,
    ) -> Result<(), GpuError> {
        let ready = self.ready(fills)?;
        let params: Vec<Params> = ready.iter().map(|ready| ready.params).collect();
        let uploads = params.chunks(SLOTS).map(|params| self.0.uploads.prepare(params));
        let uploads = uploads.collect::<Result<Vec<_>, _>>()?;
        for (ready, upload) in ready.chunks(SLOTS).zip(uploads) {
            let bound = self.0.uploads.record(encoder, upload);
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("wgpu-weights fill"),
                timestamp_writes: None,
            });
            self.dispatch(&mut pass, bound, ready);
        }
        Ok(())
    }

    /// As [`fill_many`](Self::fill_many), into an open compute pass. Its pipeline and bind groups 0
    /// to 2 are others afterwards. Nothing can be copied within a pass: this creates one small
    /// buffer for the parameters of all the fills.
    ///
    /// # Errors
    /// [`GpuError`]; then nothing was recorded.
    ///
    /// ```no_run
    /// # use wgpu_weights::{Fill, Filler, wgpu};
    /// # fn in_your_pass(filler: &Filler, pass: &mut wgpu::ComputePass<'_>, noise: &wgpu::Buffer, fill: Fill)
    /// #     -> Result<(), Box<dyn std::error::Error>> {
    /// filler.fill_in_pass(pass, [(noise.slice(..), fill)])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn fill_in_pass<'a>(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        fills: impl IntoIterator<Item = (wgpu::BufferSlice<'a>, impl Borrow<Fill>)>,
    ) -> Result<(), GpuError> {
        let ready = self.ready(fills)?;
        if ready.is_empty() {
            return Ok(());
        }
        let params: Vec<Params> = ready.iter().map(|ready| ready.params).collect();
        let bound = self.0.uploads.in_place(&params)?;
        self.dispatch(pass, &bound, &ready);
        Ok(())
    }

    /// Checks every fill, cuts it into dispatches and binds them, ordered by pipeline.
    fn ready<'a>(
        &self,
        fills: impl IntoIterator<Item = (wgpu::BufferSlice<'a>, impl Borrow<Fill>)>,
    ) -> Result<Vec<Ready>, GpuError> {
        let mut ready = Vec::new();
        for (slice, fill) in fills {
            let fill = fill.borrow();
            check(&slice, fill)?;
            let mut dispatches = plan::plan(fill, slice.offset(), self.0.limits)?;
            let made = if fill.is_made_on_host() { Some(made(fill)?) } else { None };
            // One look for errors a fill: a large one has many dispatches.
            caught(&self.0.device, || {
                dispatches.try_for_each(|dispatch| {
                    let kernel = dispatch.kernel(self.0.pipelines.integers);
                    let source = made.as_ref().map(|made| self.source(made, &dispatch));
                    ready.push(Ready {
                        kernel,
                        pipeline: self.0.pipelines.get(kernel)?,
                        source: source.transpose()?,
                        output: self.bind(slice.buffer(), dispatch.bind_offset, dispatch.bind_size),
                        params: dispatch.params,
                        workgroups: dispatch.workgroups,
                    });
                    Ok::<(), GpuError>(())
                })
            })??;
        }
        ready.sort_by_key(|ready| ready.kernel);
        Ok(ready)
    }

    fn bind(&self, buffer: &wgpu::Buffer, offset: u64, size: u64) -> wgpu::BindGroup {
        self.group("wgpu-weights output", &self.0.pipelines.output_layout, buffer, offset, size)
    }

    /// A buffer of what the host made for a dispatch.
    fn source(&self, made: &[u8], dispatch: &Dispatch) -> Result<wgpu::BindGroup, GpuError> {
        let device = &self.0.device;
        let [from, to] = dispatch.bytes.map(|at| at as usize);
        let bytes = made.get(from..to).unwrap_or_default();
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("wgpu-weights made on the host"),
            size: dispatch.source_size(),
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: true,
        });
        let first = dispatch.params.first as usize;
        let mut view = buffer.get_mapped_range_mut(..).map_err(|error| refused(device, &error))?;
        view.slice(first..first + bytes.len()).copy_from_slice(bytes);
        drop(view);
        buffer.unmap();
        let label = "wgpu-weights source";
        let size = dispatch.source_size();
        Ok(self.group(label, &self.0.pipelines.source_layout, &buffer, 0, size))
    }

    fn group(
        &self,
        label: &str,
        layout: &wgpu::BindGroupLayout,
        buffer: &wgpu::Buffer,
        offset: u64,
        size: u64,
    ) -> wgpu::BindGroup {
        self.0.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(label),
            layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset,
                    size: wgpu::BufferSize::new(size),
                }),
            }],
        })
    }

    fn dispatch(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        params: &wgpu::BindGroup,
        ready: &[Ready],
    ) {
        let mut bound = None;
        for (slot, ready) in ready.iter().enumerate() {
            if bound != Some(ready.kernel) {
                pass.set_pipeline(&ready.pipeline);
                bound = Some(ready.kernel);
            }
            pass.set_bind_group(Kernel::PARAMS.group, params, &[self.0.uploads.offset(slot)]);
            pass.set_bind_group(Kernel::OUTPUT.group, &ready.output, &[]);
            if let Some(source) = &ready.source {
                pass.set_bind_group(Kernel::SOURCE.group, source, &[]);
            }
            let [x, y] = ready.workgroups;
            pass.dispatch_workgroups(x, y, 1);
        }
    }
}

/// The bytes of a fill that no kernel makes.
fn made(fill: &Fill) -> Result<Vec<u8>, GpuError> {
    let needed = fill.bytes()?;
    let memory = CpuError::Memory { needed };
    let length = usize::try_from(needed).map_err(|_| memory.clone())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| memory)?;
    bytes.resize(length, 0);
    cpu::fill(fill, &mut bytes)?;
    Ok(bytes)
}

/// What can be told from the slice alone.
fn check(slice: &wgpu::BufferSlice<'_>, fill: &Fill) -> Result<(), GpuError> {
    let (needed, given) = (fill.bytes()?, slice.size());
    let usage = slice.buffer().usage();
    let (end, size) = (slice.offset() + given, slice.buffer().size());
    let multiple = fill.dtype.size();
    if needed != given {
        Err(GpuError::Size { needed, given })
    } else if !usage.contains(wgpu::BufferUsages::STORAGE) {
        Err(GpuError::Usage { needed: wgpu::BufferUsages::STORAGE, given: usage })
    } else if !slice.offset().is_multiple_of(multiple) {
        Err(GpuError::Offset { offset: slice.offset(), multiple })
    } else if end.next_multiple_of(4) > size {
        Err(GpuError::PartialWord { end, size })
    } else {
        Ok(())
    }
}
