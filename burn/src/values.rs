//! What parameters become, and the walk that puts it in their place.

use std::collections::HashMap;

use burn::{
    Tensor,
    module::{Module, ModuleMapper, Param},
    tensor::{Shape, TensorData},
};
use wgpu_weights::{Fill, cpu};

use crate::{Error, entry::Entry, place::Place};

/// What a parameter becomes.
#[expect(
    clippy::large_enum_variant,
    reason = "one a parameter, for as long as the module is mapped"
)]
pub(crate) enum Value {
    /// Memory of burn's that is already filled, flat.
    Placed(Tensor<1>, Vec<usize>),
    /// Bytes on the host.
    Host(TensorData),
}

/// The values of a parameter by the CPU twin.
pub(crate) fn drawn(entry: &Entry, fill: &Fill) -> Result<Value, Error> {
    let failed = |source| Error::Draw { path: entry.path.clone(), source };
    let bytes = fill.bytes().map_err(|error| failed(error.into()))?;
    let mut bytes = vec![0; bytes as usize];
    cpu::fill(fill, &mut bytes).map_err(|error| failed(error.into()))?;
    Ok(Value::Host(TensorData::from_bytes_vec(bytes, entry.sizes(), entry.dtype)))
}

/// The module with these values in place of its parameters'.
pub(crate) fn replaced<M: Module>(
    module: M,
    entries: Vec<Entry>,
    values: Vec<Value>,
) -> Result<M, Error> {
    let values = entries.into_iter().zip(values).map(|(entry, value)| (entry.path, value));
    let mut mapper = Mapper { place: Place::default(), values: values.collect(), unvisited: None };
    let module = module.map(&mut mapper);
    match mapper.unvisited {
        None => Ok(module),
        Some(path) => Err(Error::Unvisited { path }),
    }
}

struct Mapper {
    place: Place,
    values: HashMap<String, Value>,
    unvisited: Option<String>,
}

impl ModuleMapper for Mapper {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.place.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.place.path();
        let Some(value) = self.values.remove(&path) else {
            self.unvisited.get_or_insert(path);
            return param;
        };
        let device = param.lazy_device();
        let plain = device.clone().without_autodiff();
        let tensor = match value {
            Value::Placed(tensor, shape) => tensor.reshape::<D, _>(Shape::from(shape)),
            Value::Host(data) => {
                let dtype = data.dtype();
                // Weights live long: burn keeps its own out of the pools of passing tensors too.
                plain.memory_persistent_allocations(data, |data| {
                    Tensor::from_data(data, (&plain, dtype))
                })
            }
        };
        let tensor = match device.gradient_checkpointing_strategy() {
            Some(it) => Tensor::from_inner(tensor).with_gradient_checkpointing_strategy(it),
            None => tensor,
        };
        let id = param.id;
        param.transform_for_load(tensor, id)
    }
}
