//! What a walk over a module sees of each parameter.

use burn::{
    Tensor,
    module::{Module, ModuleVisitor, Param},
    tensor::{DType, Device, Shape},
};

use crate::place::Place;

/// A parameter that was visited.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: String,
    /// The path without enums' variants, which other frameworks do not have.
    pub(crate) plain_path: String,
    /// The types that hold it, innermost first.
    pub(crate) containers: Vec<String>,
    /// As it is saved.
    pub(crate) shape: Vec<u64>,
    pub(crate) dtype: DType,
    pub(crate) device: Device,
    pub(crate) is_linear_weight: bool,
    /// Whether it is saved [out, in], which burn transposes when it is loaded.
    pub(crate) is_col: bool,
}

impl Entry {
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.shape.iter().map(|&size| size as usize).collect()
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
        let containers = self.place.containers();
        let is_linear = containers.first().is_some_and(|it| it == "Linear");
        let is_linear_weight = is_linear && D == 2 && self.place.name() == Some("weight");
        self.entries.push(Entry {
            path: self.place.path(),
            plain_path: self.place.plain_path(),
            containers,
            shape: shape.iter().map(|&size| size as u64).collect(),
            dtype,
            is_linear_weight,
            is_col: is_linear_weight && is_transposed_when_loaded(param, &device),
            device,
        });
    }
}

/// Whether a matrix is transposed when it is loaded: burn keeps `LinearLayout::Col` in the load mapper and nowhere
/// else, so a matrix of one row is asked what becomes of it.
fn is_transposed_when_loaded<const D: usize>(param: &Param<Tensor<D>>, device: &Device) -> bool {
    let row = Tensor::<D>::empty(Shape::from(vec![1, 2]), device);
    let loaded = param.clone().transform_for_load(row, param.id);
    loaded.dims()[..] == [2, 1]
}
