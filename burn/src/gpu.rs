//! Parameters in burn's memory on burn's wgpu device.

use burn::{
    module::Module,
    tensor::{Device, wgpu::WgpuSetup},
};
use wgpu_weights::{Filler, wgpu};

use crate::{
    BoxError, Draw, Error, Parameter,
    entry::entries,
    fills::fills,
    memory::placed,
    values::{self, Value},
};

/// burn's wgpu device with the pipelines that fill its memory: one for a device, cheap to clone.
#[derive(Clone, Debug)]
pub struct Gpu {
    filler: Filler,
    device: wgpu::Device,
    queue: wgpu::Queue,
}

impl Gpu {
    /// The filler of the device of this setup, which
    /// [`init_with_setup`](burn::tensor::wgpu::WgpuOptions::init_with_setup) gives beside burn's device.
    ///
    /// # Errors
    /// [`Error::Record`] where the device has no compute shaders or lacks memory.
    pub fn new(setup: &WgpuSetup) -> Result<Self, Error> {
        let (device, queue) = (setup.device.clone(), setup.queue.clone());
        Ok(Self { filler: Filler::new(&device)?, device, queue })
    }

    /// The module with every float parameter filled in place, in memory of burn's and in one submission; nothing
    /// waits for it, and what burn does next comes after it.
    ///
    /// In place: the kernels write into the memory that burn gives each parameter, and nothing is copied. It is new
    /// memory, also where a parameter was initialised before; the old is burn's again when nothing uses it. Work
    /// that burn had recorded and not submitted is submitted before.
    ///
    /// Each parameter keeps its device, shape and dtype, as with [`init`](crate::init), which makes the same bits.
    /// A parameter on another back end is drawn as there. All parameters on wgpu must be on the device of this
    /// `Gpu`.
    ///
    /// # Errors
    /// As [`init`](crate::init); [`Error::Record`] and [`Error::Device`], from the device.
    ///
    /// ```no_run
    /// use burn::{nn::EmbeddingConfig, tensor::Device};
    /// use wgpu_weights_burn::{Gpu, Parameter, wgpu_weights::Distribution};
    ///
    /// let (device, setup) = Device::wgpu_options().init_with_setup()?;
    /// let rule = |_: &Parameter<'_>| Distribution::normal(0.0, 0.02);
    /// let embedding = Gpu::new(&setup)?.init(EmbeddingConfig::new(50257, 768).init(&device), 42, rule)?;
    /// assert_eq!(embedding.weight.dims(), [50257, 768]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn init<M: Module, D: Into<Draw>, E: Into<BoxError>>(
        &self,
        module: M,
        seed: u64,
        rule: impl Fn(&Parameter<'_>) -> Result<D, E>,
    ) -> Result<M, Error> {
        let entries = entries(&module);
        let fills = fills(&entries, seed, rule)?;
        let mut values = Vec::new();
        let mut targets = Vec::new();
        let mut devices: Vec<Device> = Vec::new();
        for (entry, fill) in entries.iter().zip(&fills) {
            let Some((tensor, resource)) = placed(entry, fill)? else {
                values.push(values::drawn(entry, fill)?);
                continue;
            };
            values.push(Value::Placed(tensor, entry.sizes()));
            targets.push((resource, fill));
            if !devices.contains(&entry.device) {
                devices.push(entry.device.clone());
            }
        }
        // burn may have recorded passes that use this memory and not submitted them yet: they come first.
        for device in devices {
            device.flush().map_err(|error| Error::Device(error.to_string()))?;
        }
        let mut slices = Vec::new();
        for (resource, fill) in &targets {
            let bytes = fill.bytes().map_err(wgpu_weights::gpu::GpuError::from)?;
            let slice = resource.buffer.slice(resource.offset..resource.offset + bytes);
            slices.push((slice, *fill));
        }
        let mut encoder = self.device.create_command_encoder(&Default::default());
        self.filler.fill_many(&mut encoder, slices)?;
        self.queue.submit([encoder.finish()]);
        values::replaced(module, entries, values)
    }
}
