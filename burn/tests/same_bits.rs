//! Every parameter of a module has the twin's bits, on wgpu and on the CPU, lazy or not, with gradients or without.

#![allow(deprecated, reason = "burn calls NdArray deprecated; it is a back end without wgpu")]

use std::sync::OnceLock;

use burn::{
    Tensor,
    module::{Module, ModuleVisitor, Param},
    nn::{
        Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig,
        PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{DType, Device},
};
use wgpu_weights_burn::{
    Gpu, burn_defaults, init,
    wgpu_weights::{Distribution, Dtype, Fill, cpu},
};

#[derive(Module, Debug)]
struct Block {
    norm: LayerNorm,
    linear: Linear,
}

#[derive(Module, Debug)]
struct Model {
    embedding: Embedding,
    conv: Conv2d,
    blocks: Vec<Block>,
}

fn model(device: &Device) -> Model {
    let block = |_| Block {
        norm: LayerNormConfig::new(12).init(device),
        linear: LinearConfig::new(12, 7).init(device),
    };
    Model {
        embedding: EmbeddingConfig::new(33, 12).init(device),
        conv: Conv2dConfig::new([2, 3], [3, 3]).with_padding(PaddingConfig2d::Valid).init(device),
        blocks: (0..3).map(block).collect(),
    }
}

#[derive(Default)]
struct Values {
    path: Vec<String>,
    found: Vec<(String, Vec<usize>, Vec<f32>)>,
    tracked: usize,
}

impl ModuleVisitor for Values {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val().into_data().try_to_vec::<f32>().unwrap();
        self.found.push((self.path.join("."), param.dims().to_vec(), values));
        self.tracked += usize::from(param.val().is_require_grad());
    }
}

fn values(model: &Model) -> Values {
    let mut values = Values::default();
    model.visit(&mut values);
    values
}

/// burn's device can be made once in a process.
fn gpu() -> &'static (Device, Gpu) {
    static GPU: OnceLock<(Device, Gpu)> = OnceLock::new();
    GPU.get_or_init(|| {
        let (device, setup) = Device::wgpu_options().init_with_setup().unwrap();
        (device, Gpu::new(&setup).unwrap())
    })
}

/// The law that burn's documentation gives each parameter of the model, written down again.
fn law(path: &str) -> Distribution {
    let uniform = |fan: f64| Distribution::uniform(-1.0 / fan.sqrt(), 1.0 / fan.sqrt()).unwrap();
    match path.rsplit('.').next().unwrap() {
        "gamma" => Distribution::constant(1.0).unwrap(),
        "beta" => Distribution::constant(0.0).unwrap(),
        _ if path.starts_with("embedding") => Distribution::normal(0.0, 1.0).unwrap(),
        _ if path.starts_with("conv") => uniform(18.0),
        _ => uniform(12.0),
    }
}

fn assert_twins(found: &Values, seed: u64) {
    assert_eq!(found.found.len(), 1 + 2 + 3 * 4);
    for (path, shape, values) in &found.found {
        let shape: Vec<u64> = shape.iter().map(|&it| it as u64).collect();
        let fill = Fill::new(law(path), shape).with_seed(seed).with_name(path);
        let mut twin = vec![0.0; values.len()];
        cpu::fill_f32(&fill, &mut twin).unwrap();
        let bits = |values: &[f32]| values.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(values), bits(&twin), "{path}");
    }
}

#[test]
fn lazy_and_initialised_parameters_on_wgpu_are_the_twins() {
    let (device, gpu) = gpu();
    let lazy = model(device);
    assert!(!lazy.conv.weight.is_initialized());
    assert_twins(&values(&gpu.init(lazy, 42, burn_defaults).unwrap()), 42);
    let there = model(device);
    values(&there);
    assert!(there.conv.weight.is_initialized());
    assert_twins(&values(&gpu.init(there, 43, burn_defaults).unwrap()), 43);
}

#[test]
fn every_back_end_has_the_same_bits() {
    let (device, gpu) = gpu();
    let cpu = Device::ndarray();
    let on_cpu = values(&init(model(&cpu), 42, burn_defaults).unwrap());
    assert_twins(&on_cpu, 42);
    assert_eq!(on_cpu.found, values(&gpu.init(model(device), 42, burn_defaults).unwrap()).found);
    // Through the host to wgpu, and a module on the CPU given to a GPU.
    assert_eq!(on_cpu.found, values(&init(model(device), 42, burn_defaults).unwrap()).found);
    assert_eq!(on_cpu.found, values(&gpu.init(model(&cpu), 42, burn_defaults).unwrap()).found);
}

#[test]
fn autodiff_keeps_its_gradients_and_gets_the_same_bits() {
    let (device, gpu) = gpu();
    let found = values(&gpu.init(model(&device.clone().autodiff()), 42, burn_defaults).unwrap());
    assert_eq!(found.tracked, found.found.len());
    assert_twins(&found, 42);
}

#[test]
fn two_seeds_differ() {
    let one = values(&init(model(&Device::ndarray()), 1, burn_defaults).unwrap());
    let two = values(&init(model(&Device::ndarray()), 2, burn_defaults).unwrap());
    assert_ne!(one.found[0].2, two.found[0].2);
}

#[test]
fn a_failing_rule_names_the_parameter() {
    let rule = |_: &wgpu_weights_burn::Parameter<'_>| Distribution::normal(0.0, -1.0);
    let error = init(model(&Device::ndarray()), 1, rule).unwrap_err().to_string();
    assert!(error.starts_with("embedding.weight: std"), "{error}");
}

#[derive(Module, Debug)]
struct Half {
    gain: Param<Tensor<1>>,
}

/// An odd count, whose last word is half a parameter's.
#[test]
fn f16_is_the_twins() {
    let (device, gpu) = gpu();
    let gain = Param::from_tensor(Tensor::zeros([5], (device, DType::F16)));
    let law = Distribution::normal(0.0, 1.0).unwrap();
    let half = gpu.init(Half { gain }, 42, |_: &_| Ok::<_, std::io::Error>(law)).unwrap();
    let fill = Fill::new(law, [5]).with_seed(42).with_name("gain").with_dtype(Dtype::F16);
    let mut twin = vec![0; 10];
    cpu::fill(&fill, &mut twin).unwrap();
    let data = half.gain.val().into_data();
    assert_eq!((data.dtype(), data.as_bytes()), (DType::F16, &twin[..]));
}
