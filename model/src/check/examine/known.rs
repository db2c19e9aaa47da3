//! What is known of a model that is examined, by its names, shapes and plan.

use std::collections::{BTreeMap, BTreeSet};

use wgpu_weights::{Convention, Distribution, Fans, calc_fan_in_and_fan_out};

use super::diagnosis::Context;
use crate::{
    plan::{Plan, PlannedParameter},
    safetensors::{TensorInfo, layer},
};

/// What is known of the whole model.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) planned: Option<BTreeMap<&'a str, &'a PlannedParameter>>,
    shapes: BTreeMap<String, Vec<u64>>,
    layers: u64,
}

impl<'a> Model<'a> {
    pub(super) fn of<'b>(
        tensors: impl Iterator<Item = &'b TensorInfo> + Clone,
        plan: Option<&'a Plan>,
    ) -> Self {
        let layers: BTreeSet<u64> =
            tensors.clone().filter_map(|it| layer(&it.name)?.parse().ok()).collect();
        let shapes = tensors.map(|it| (it.name.clone(), it.shape.clone())).collect();
        let planned =
            |plan: &'a Plan| plan.parameters().iter().map(|it| (it.name.as_str(), it)).collect();
        Self { planned: plan.map(planned), shapes, layers: layers.len() as u64 }
    }

    /// What is promised and not there.
    pub(super) fn missing<'b>(
        &'b self,
        tensors: impl Iterator<Item = &'b TensorInfo>,
        laws: impl Iterator<Item = &'b str>,
    ) -> Vec<String> {
        let has: BTreeSet<&str> = tensors.map(|it| it.name.as_str()).collect();
        let planned = self.planned.iter().flat_map(|it| it.keys().copied());
        let promised: BTreeSet<&str> = laws.chain(planned).collect();
        promised.difference(&has).map(|it| (*it).to_owned()).collect()
    }

    /// What is known of a parameter.
    pub(super) fn known(&self, tensor: &TensorInfo, promised: Distribution) -> Context {
        let planned = self.planned.as_ref().and_then(|it| it.get(tensor.name.as_str()));
        let own = planned.and_then(|it| it.drawn.fans);
        // A bias is scaled, and mistaken, by the weight beside it.
        let weight = tensor.name.rsplit_once('.').map(|(stem, _)| format!("{stem}.weight"));
        let beside = weight.and_then(|it| self.shapes.get(&it)).filter(|_| tensor.shape.len() < 2);
        let shape = beside.unwrap_or(&tensor.shape);
        let of_shape = || -> Option<Fans> {
            let convention =
                planned.and_then(|it| it.drawn.convention).unwrap_or(Convention::Torch);
            (shape.len() > 1).then(|| calc_fan_in_and_fan_out(shape, convention).ok()).flatten()
        };
        Context {
            promised,
            fans: own.or_else(of_shape),
            of_fans: own.is_some(),
            layers: self.layers,
            layer: layer(&tensor.name).and_then(|layer| layer.parse().ok()),
        }
    }
}
