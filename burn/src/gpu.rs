//! Parameters in burn's memory on burn's wgpu device.

use burn::{
    Tensor,
    backend::Cube,
    cubecl::{
        server::ServerError,
        wgpu::{AutoCompiler, WgpuResource, WgpuServer},
    },
    module::Module,
    tensor::{Device, wgpu::WgpuSetup},
};
use wgpu_weights::{Distribution, Fill, Filler, wgpu};

use crate::{
    BoxError, Error, Parameter,
    walk::{self, Entry, Value},
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
    pub fn init<M: Module, E: Into<BoxError>>(
        &self,
        module: M,
        seed: u64,
        rule: impl Fn(&Parameter<'_>) -> Result<Distribution, E>,
    ) -> Result<M, Error> {
        let entries = walk::entries(&module);
        let fills = walk::fills(&entries, seed, rule)?;
        let mut values = Vec::new();
        let mut targets = Vec::new();
        let mut devices: Vec<Device> = Vec::new();
        for (entry, fill) in entries.iter().zip(&fills) {
            let Some((tensor, resource)) = placed(entry, fill)? else {
                values.push(walk::drawn(entry, fill)?);
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
        walk::replaced(module, entries, values)
    }
}

/// Memory of burn's for a parameter, where it is on wgpu, and the buffer that it lies in.
fn placed(entry: &Entry, fill: &Fill) -> Result<Option<(Tensor<1>, WgpuResource)>, Error> {
    // Nothing can be bound of a tensor without elements.
    if fill.count() == 0 {
        return Ok(None);
    }
    let device = entry.device.clone().without_autodiff();
    // Flat, whatever the rank: the buffer is the same. Weights live long: burn keeps its own out of the pools of
    // passing tensors too.
    let tensor = device.memory_persistent_allocations((), |()| {
        Tensor::<1>::empty([fill.count() as usize], (&device, entry.dtype))
    });
    let Ok(primitive) = tensor.clone().try_into_primitive::<Cube>() else { return Ok(None) };
    match primitive.client.get_resource::<WgpuServer<AutoCompiler>>(primitive.handle) {
        // The tensor keeps the memory its own; burn moves none while nothing runs between here and the fill.
        Ok(resource) => Ok(Some((tensor, resource.resource().clone()))),
        // Another runtime of CubeCL's.
        Err(ServerError::ServiceMismatch { .. }) => Ok(None),
        Err(error) => Err(Error::Device(error.to_string())),
    }
}
