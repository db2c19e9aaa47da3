//! Every parameter of a module has the twin's bits, on wgpu and on the CPU, lazy or not, with gradients or without.

mod shared;

use std::{convert::Infallible, sync::OnceLock};

use burn::{
    Tensor,
    module::{Module, Param, ParamId},
    nn::{
        Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig,
        PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{Device, FloatDType},
};
use shared::{Seen, cast, seen, twin};
use wgpu_weights_burn::{
    Draw, Error, Gpu, Parameter, burn_defaults, init,
    wgpu_weights::{Distribution, Dtype, Fill},
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

/// Odd counts, whose last word is half a parameter's in f16.
fn model(device: &Device) -> Model {
    let block = |_| Block {
        norm: LayerNormConfig::new(13).init(device),
        linear: LinearConfig::new(13, 7).init(device),
    };
    Model {
        embedding: EmbeddingConfig::new(33, 13).init(device),
        conv: Conv2dConfig::new([2, 3], [3, 3]).with_padding(PaddingConfig2d::Valid).init(device),
        blocks: (0..3).map(block).collect(),
    }
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
        _ => uniform(13.0),
    }
}

fn assert_twins(found: &[Seen], seed: u64, dtype: Dtype) {
    assert_eq!(found.len(), 1 + 2 + 3 * 4);
    for it in found {
        let fill = Fill::new(law(&it.path), it.shape()).with_seed(seed).with_name(&it.path);
        let fill = fill.with_dtype(dtype);
        assert_eq!(it.data.as_bytes(), twin(&fill), "{}", it.path);
    }
}

#[test]
fn lazy_and_initialised_parameters_on_wgpu_are_the_twins() {
    let (device, gpu) = gpu();
    let lazy = model(device);
    assert!(!lazy.conv.weight.is_initialized());
    assert_twins(&seen(&gpu.init(lazy, 42, burn_defaults).unwrap()), 42, Dtype::F32);
    let there = model(device);
    seen(&there);
    assert!(there.conv.weight.is_initialized());
    assert_twins(&seen(&gpu.init(there, 43, burn_defaults).unwrap()), 43, Dtype::F32);
}

#[test]
fn every_back_end_has_the_same_bits() {
    let (device, gpu) = gpu();
    let cpu = Device::flex();
    let on_cpu = seen(&init(model(&cpu), 42, burn_defaults).unwrap());
    assert_twins(&on_cpu, 42, Dtype::F32);
    assert_eq!(on_cpu, seen(&gpu.init(model(device), 42, burn_defaults).unwrap()));
    // Through the host to wgpu, and a module on the CPU given to a GPU.
    assert_eq!(on_cpu, seen(&init(model(device), 42, burn_defaults).unwrap()));
    assert_eq!(on_cpu, seen(&gpu.init(model(&cpu), 42, burn_defaults).unwrap()));
}

#[test]
fn a_clone_of_the_old_module_keeps_its_values() {
    let (device, gpu) = gpu();
    let old = gpu.init(model(device), 1, burn_defaults).unwrap();
    let new = gpu.init(old.clone(), 2, burn_defaults).unwrap();
    assert_twins(&seen(&old), 1, Dtype::F32);
    assert_twins(&seen(&new), 2, Dtype::F32);
}

#[test]
fn autodiff_keeps_what_is_tracked_and_gets_the_same_bits() {
    let (device, gpu) = gpu();
    for device in [device.clone().autodiff(), Device::flex().autodiff()] {
        let mut model = model(&device);
        model.blocks[1] = model.blocks[1].clone().no_grad();
        for found in [
            seen(&gpu.init(model.clone(), 42, burn_defaults).unwrap()),
            seen(&init(model, 42, burn_defaults).unwrap()),
        ] {
            for it in &found {
                assert_eq!(it.tracked, !it.path.starts_with("blocks.1."), "{}", it.path);
            }
            assert_twins(&found, 42, Dtype::F32);
        }
    }
}

/// wgpu has bf16 on few devices; the CPU has both.
#[test]
fn narrow_dtypes_are_the_twins() {
    let (device, gpu) = gpu();
    for (theirs, ours) in [(FloatDType::F16, Dtype::F16), (FloatDType::BF16, Dtype::BF16)] {
        let narrow = |device: &Device| cast(model(device), theirs);
        let on_cpu = seen(&init(narrow(&Device::flex()), 42, burn_defaults).unwrap());
        assert_eq!(on_cpu[0].data.dtype(), theirs.into());
        assert_twins(&on_cpu, 42, ours);
        let can = device.supports_dtype(theirs);
        println!("{ours} on wgpu: {can}");
        if can {
            assert_twins(&seen(&gpu.init(narrow(device), 42, burn_defaults).unwrap()), 42, ours);
            assert_twins(&seen(&init(narrow(device), 42, burn_defaults).unwrap()), 42, ours);
        }
    }
}

#[derive(Module, Debug)]
struct Gains {
    a: Param<Tensor<1>>,
    b: Param<Tensor<1>>,
}

fn normal(_: &Parameter<'_>) -> Result<Distribution, Infallible> {
    Ok(Distribution::normal(0.0, 1.0).unwrap())
}

#[test]
fn what_a_lazy_parameter_would_draw_is_never_drawn() {
    let (device, gpu) = gpu();
    let lazy = |device: &Device| {
        let draw = |_: &Device, _: bool| -> Tensor<1> { panic!("drawn by burn") };
        Param::uninitialized(ParamId::new(), draw, device.clone(), true, [5].into())
    };
    let gains = |device| Gains { a: lazy(device), b: lazy(device) };
    let on_gpu = seen(&gpu.init(gains(device), 42, normal).unwrap());
    assert_eq!(on_gpu, seen(&init(gains(&Device::flex()), 42, normal).unwrap()));
}

#[test]
fn two_seeds_differ() {
    let one = seen(&init(model(&Device::flex()), 1, burn_defaults).unwrap());
    let two = seen(&init(model(&Device::flex()), 2, burn_defaults).unwrap());
    assert_ne!(one[0].data, two[0].data);
}

#[test]
fn a_failing_rule_names_the_parameter() {
    let rule = |_: &Parameter<'_>| Distribution::normal(0.0, -1.0);
    let error = init(model(&Device::flex()), 1, rule).unwrap_err().to_string();
    assert!(error.starts_with("embedding.weight: std"), "{error}");
}

#[test]
fn one_name_for_two_parameters_is_refused() {
    let gain = || Param::from_tensor(Tensor::zeros([5], &Device::flex()));
    let gains = Gains { a: gain(), b: gain() };
    let rule = |it: &Parameter<'_>| normal(it).map(|law| Draw::new(law).with_name("gain"));
    let error = init(gains, 1, rule).unwrap_err();
    assert!(matches!(&error, Error::SameStream { path, other } if path == "b" && other == "a"));
}

#[test]
fn a_vector_cannot_be_transposed() {
    let gain = || Param::from_tensor(Tensor::zeros([5], &Device::flex()));
    let rule = |it: &Parameter<'_>| normal(it).map(|law| Draw::new(law).transposed());
    let error = init(Gains { a: gain(), b: gain() }, 1, rule).unwrap_err();
    assert!(matches!(error, Error::Draw { .. }), "{error}");
}
