//! Memory of burn's on wgpu, for a parameter.

use burn::{
    Tensor,
    backend::{
        Cube,
        wgpu::{AutoCompiler, CubeTensor, WgpuResource},
    },
    cubecl::{server::ServerError, wgpu::WgpuServer},
};
use wgpu_weights::Fill;

use crate::{Error, entry::Entry};

/// Memory of burn's for a parameter, where it is on wgpu, and the buffer that it lies in.
pub(crate) fn placed(
    entry: &Entry,
    fill: &Fill,
) -> Result<Option<(Tensor<1>, WgpuResource)>, Error> {
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
    let primitive = InMemory::in_memory(primitive);
    match primitive.client.get_resource::<WgpuServer<AutoCompiler>>(primitive.handle) {
        // The tensor keeps the memory its own; burn moves none while nothing runs between here and the fill.
        Ok(resource) => Ok(Some((tensor, resource.resource().clone()))),
        // Another runtime of CubeCL's.
        Err(ServerError::ServiceMismatch { .. }) => Ok(None),
        Err(error) => Err(Error::Device(error.to_string())),
    }
}

/// burn's tensor, once it has memory.
#[diagnostic::on_unimplemented(
    message = "burn's tensors are fused: enable the feature `fusion` of wgpu-weights-burn where burn's is enabled"
)]
trait InMemory {
    fn in_memory(self) -> CubeTensor;
}

impl InMemory for CubeTensor {
    fn in_memory(self) -> CubeTensor {
        self
    }
}

#[cfg(feature = "fusion")]
mod fusion {
    use burn::backend::{
        fusion::{FusionBackend, FusionTensor},
        wgpu::{CubeBackend, CubeTensor},
    };

    impl super::InMemory for FusionTensor<<CubeBackend as FusionBackend>::FusionRuntime> {
        fn in_memory(self) -> CubeTensor {
            // Runs what is queued up to the tensor's own allocation.
            self.client.clone().resolve_tensor_float::<CubeBackend>(self)
        }
    }
}
