//! Walks over a module: one that looks, and one that replaces what the fills have made.

use std::collections::HashMap;

use burn::{
    Tensor,
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{DType, Device, TensorData},
};
use wgpu_weights::{Distribution, Dtype, Fill, cpu};

use crate::{BoxError, Error, Parameter};

/// A parameter that was visited.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) container: String,
    pub(crate) shape: Vec<u64>,
    pub(crate) dtype: DType,
    pub(crate) device: Device,
}

impl Entry {
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.shape.iter().map(|&size| size as usize).collect()
    }
}

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

/// Where a walk is: names, and the types that hold them.
#[derive(Default)]
struct Place(Vec<(String, String)>);

impl Place {
    fn enter(&mut self, name: &str, container: &str) {
        // "Struct:Linear".
        let container = container.rsplit(':').next().unwrap_or_default();
        self.0.push((name.into(), container.into()));
    }

    fn exit(&mut self) {
        self.0.pop();
    }

    fn path(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.join(".")
    }

    fn container(&self) -> String {
        self.0.last().map(|(_, container)| container.clone()).unwrap_or_default()
    }
}

/// Every float parameter, in the module's order. No lazy parameter is initialised.
pub(crate) fn entries(module: &impl Module) -> Vec<Entry> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    visitor.entries
}

#[derive(Default)]
struct Visitor {
    place: Place,
    entries: Vec<Entry>,
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.place.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let device = param.lazy_device();
        // What is loaded goes through the parameter's load mapper, so its shape is the one that is saved.
        let (shape, dtype) = if param.is_initialized() {
            let saved = param.transform_for_save();
            (saved.shape(), saved.dtype())
        } else {
            (param.lazy_shape(), device.settings().float_dtype.into())
        };
        self.entries.push(Entry {
            path: self.place.path(),
            container: self.place.container(),
            shape: shape.iter().map(|&size| size as u64).collect(),
            dtype,
            device,
        });
    }
}

/// The fill of every parameter.
pub(crate) fn fills<E: Into<BoxError>>(
    entries: &[Entry],
    seed: u64,
    rule: impl Fn(&Parameter<'_>) -> Result<Distribution, E>,
) -> Result<Vec<Fill>, Error> {
    let fill = |entry: &Entry| {
        let path = || entry.path.clone();
        let distribution = rule(&Parameter { entry, all: entries })
            .map_err(|error| Error::Rule { path: path(), source: error.into() })?;
        let dtype = match entry.dtype {
            DType::F32 => Dtype::F32,
            DType::F16 => Dtype::F16,
            DType::BF16 => Dtype::BF16,
            dtype => return Err(Error::Dtype { path: path(), dtype }),
        };
        let fill = Fill::new(distribution, &entry.shape).with_seed(seed).with_name(&entry.path);
        Ok(fill.with_dtype(dtype))
    };
    entries.iter().map(fill).collect()
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
            Value::Placed(tensor, shape) => {
                tensor.reshape::<D, _>(burn::tensor::Shape::from(shape))
            }
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
