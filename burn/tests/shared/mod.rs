//! What tests share: every parameter of a module as burn itself reads it.

#![allow(dead_code, reason = "each test takes what it needs")]

use burn::{
    Tensor,
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{DType, FloatDType, TensorData},
};
use wgpu_weights_burn::wgpu_weights::{Fill, cpu};

/// A parameter that was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) data: TensorData,
    pub(crate) tracked: bool,
}

impl Seen {
    pub(crate) fn values(&self) -> Vec<f32> {
        self.data.clone().convert::<f32>().try_to_vec().unwrap()
    }

    pub(crate) fn shape(&self) -> Vec<u64> {
        self.data.shape().iter().map(|&it| it as u64).collect()
    }
}

pub(crate) fn seen(module: &impl Module) -> Vec<Seen> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    visitor.seen
}

/// The twin's bytes.
pub(crate) fn twin(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

/// The module in another dtype, as burn casts.
pub(crate) fn cast<M: Module>(module: M, dtype: FloatDType) -> M {
    module.map(&mut Cast(dtype))
}

#[derive(Default)]
struct Visitor {
    path: Vec<String>,
    seen: Vec<Seen>,
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tracked = param.val().is_require_grad();
        let data = param.val().into_data();
        self.seen.push(Seen { path: self.path.join("."), data, tracked });
    }
}

struct Cast(FloatDType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(DType::from(self.0)))
    }
}
