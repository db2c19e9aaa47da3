//! A burn module equals the PyTorch checkpoint of its names, recipe and seed, by burn's own importer.

#![cfg(feature = "recipes")]

mod shared;

use std::{collections::HashMap, convert::Infallible, sync::OnceLock};

use burn::{
    module::Module,
    nn::{
        BatchNorm, BatchNormConfig, Embedding, EmbeddingConfig, GroupNorm, GroupNormConfig,
        InstanceNormConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, LinearLayout, PRelu,
        PReluConfig, RmsNorm, RmsNormConfig,
        conv::{Conv2d, Conv2dConfig, ConvTranspose1d, ConvTranspose1dConfig},
        norm::Normalization,
    },
    store::{ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore},
    tensor::{Device, FloatDType},
};
use shared::{cast, seen, twin};
use wgpu_weights_burn::{
    Gpu, Parameter, PlanError, as_torch, burn_defaults, init, planned, torch_template,
    wgpu_weights::{Distribution, Fill},
    wgpu_weights_model::{
        CheckpointOptions, CheckpointWriter, Plan, Recipe, Template,
        draw::{ByteSource, CpuSource},
    },
};

#[derive(Module, Debug)]
struct Block {
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

#[derive(Module, Debug)]
struct Model {
    token_embedding: Embedding,
    conv: Conv2d,
    batch: BatchNorm,
    group: GroupNorm,
    back: ConvTranspose1d,
    blocks: Vec<Block>,
    rms: RmsNorm,
}

fn model(device: &Device) -> Model {
    let block = |_| Block {
        norm: LayerNormConfig::new(12).init(device),
        up: LinearConfig::new(12, 31).init(device),
        down: LinearConfig::new(31, 12).init(device),
    };
    Model {
        token_embedding: EmbeddingConfig::new(33, 12).init(device),
        conv: Conv2dConfig::new([4, 6], [3, 3]).with_groups(2).init(device),
        batch: BatchNormConfig::new(6).init(device),
        group: GroupNormConfig::new(2, 6).init(device),
        back: ConvTranspose1dConfig::new([6, 4], 5).with_groups(2).init(device),
        blocks: (0..2).map(block).collect(),
        rms: RmsNormConfig::new(12).init(device),
    }
}

/// Embedding, convolutions, five norms' and their statistics, four `Linear`s.
const PARAMETERS: usize = 1 + 2 + 4 + 2 + 2 + 2 * (2 + 2 + 2) + 1;

/// burn's device can be made once in a process.
fn gpu() -> &'static (Device, Gpu) {
    static GPU: OnceLock<(Device, Gpu)> = OnceLock::new();
    GPU.get_or_init(|| {
        let (device, setup) = Device::wgpu_options().init_with_setup().unwrap();
        (device, Gpu::new(&setup).unwrap())
    })
}

/// The module with the checkpoint of its own plan, which burn reads as PyTorch's.
fn imported(mut module: Model, recipe: &Recipe) -> Model {
    let plan = recipe.plan(&torch_template(&module).unwrap(), None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let writer = CheckpointWriter::new(&plan, CheckpointOptions::new(&path, 42)).unwrap();
    let sources = || CpuSource::new().map(|cpu| vec![Box::new(cpu) as Box<dyn ByteSource>]);
    writer.write(sources, |_| ()).unwrap();
    let mut store = SafetensorsStore::from_file(&path).with_from_adapter(PyTorchToBurnAdapter);
    let applied = module.load_from(&mut store).unwrap();
    assert!(applied.missing.is_empty() && applied.unused.is_empty(), "{applied:?}");
    module
}

/// Another law for every fan, so that a weight read the wrong way round has another scale.
const XAVIER: &str = r#"
convention = "torch"
[[rule]]
name = "*running_var"
init = "constant"
value = 1
[[rule]]
name = "*{running_mean,bias}"
init = "normal"
std = 0.5
[[rule]]
name = "*weight"
dims = 1
init = "uniform"
low = 0.5
high = 1.5
[[rule]]
name = "*weight"
init = "kaiming_normal"
mode = "fan_out"
"#;

#[test]
fn a_module_is_the_checkpoint_that_burn_imports() {
    let (device, gpu) = gpu();
    let recipes = [Recipe::built_in("torch").unwrap(), Recipe::parse("mine", XAVIER).unwrap()];
    for recipe in recipes {
        let lazy = || model(&Device::flex());
        let plan = recipe.plan(&torch_template(&lazy()).unwrap(), None).unwrap();
        let theirs = seen(&imported(lazy(), &recipe));
        assert_eq!(theirs.len(), PARAMETERS);
        assert_eq!(theirs, seen(&init(lazy(), 42, planned(&plan)).unwrap()));
        assert_eq!(theirs, seen(&gpu.init(model(device), 42, planned(&plan)).unwrap()));
        // What a plan says of names and layouts is PyTorch's already.
        assert_eq!(theirs, seen(&init(lazy(), 42, as_torch(planned(&plan))).unwrap()));
    }
}

#[test]
fn a_narrow_module_is_the_narrow_checkpoint() {
    let narrow = || cast(model(&Device::flex()), FloatDType::F16);
    let recipe = Recipe::built_in("torch").unwrap();
    let plan = recipe.plan(&torch_template(&narrow()).unwrap(), None).unwrap();
    let theirs = seen(&imported(narrow(), &recipe));
    assert_eq!(theirs[0].data.dtype(), FloatDType::F16.into());
    assert_eq!(theirs, seen(&init(narrow(), 42, planned(&plan)).unwrap()));
}

/// burn's defaults are PyTorch's, so its recipe makes them.
#[test]
fn burn_defaults_as_torch_are_the_recipe_torch() {
    let module = || model(&Device::flex());
    let recipe = Recipe::built_in("torch").unwrap();
    let plan = recipe.plan(&torch_template(&module()).unwrap(), None).unwrap();
    let ours = init(module(), 42, as_torch(burn_defaults)).unwrap();
    assert_eq!(seen(&ours), seen(&init(module(), 42, planned(&plan)).unwrap()));
}

#[derive(Module, Debug)]
struct Layouts {
    row: Linear,
    col: Linear,
    square: Linear,
}

fn layouts(device: &Device) -> Layouts {
    let col = |inputs, outputs| {
        LinearConfig::new(inputs, outputs).with_layout(LinearLayout::Col).init(device)
    };
    Layouts { row: LinearConfig::new(3, 5).init(device), col: col(3, 5), square: col(4, 4) }
}

fn normal(_: &Parameter<'_>) -> Result<Distribution, Infallible> {
    Ok(Distribution::normal(0.0, 0.02).unwrap())
}

#[test]
fn every_layout_of_a_linear_is_torchs_transposed() {
    let (device, gpu) = gpu();
    let there = layouts(&Device::flex());
    seen(&there);
    for found in [
        seen(&init(layouts(&Device::flex()), 42, as_torch(normal)).unwrap()),
        seen(&init(there, 42, as_torch(normal)).unwrap()),
        seen(&gpu.init(layouts(device), 42, as_torch(normal)).unwrap()),
        seen(&gpu.init(layouts(&device.clone().autodiff()), 42, as_torch(normal)).unwrap()),
    ] {
        let mut weights = 0;
        for it in found.iter().filter(|it| it.path.ends_with("weight")) {
            let [inputs, outputs] = it.shape()[..] else { panic!("{it:?}") };
            let fill = Fill::new(Distribution::normal(0.0, 0.02).unwrap(), [outputs, inputs]);
            let torch = twin(&fill.with_seed(42).with_name(&it.path));
            let torch: Vec<_> = torch.chunks_exact(4).collect();
            let ours = it.values();
            for (input, output) in (0..inputs).flat_map(|i| (0..outputs).map(move |o| (i, o))) {
                let ours = ours[(input * outputs + output) as usize].to_le_bytes();
                assert_eq!(ours, torch[(output * inputs + input) as usize], "{}", it.path);
            }
            weights += 1;
        }
        assert_eq!(weights, 3);
    }
}

#[derive(Module, Debug)]
struct Named {
    norm: Normalization,
    relu: PRelu,
    stack: Vec<Linear>,
    pair: (LayerNorm, Linear),
}

#[test]
fn names_and_shapes_are_torchs() {
    let device = &Device::flex();
    let linear = || LinearConfig::new(3, 5).with_bias(false).init(device);
    let named = Named {
        norm: Normalization::Instance(InstanceNormConfig::new(4).init(device)),
        relu: PReluConfig::new().init(device),
        stack: vec![linear()],
        pair: (LayerNormConfig::new(3).init(device), linear()),
    };
    let template = torch_template(&named).unwrap();
    let found: HashMap<_, _> =
        template.tensors().iter().map(|it| (it.name.as_str(), it.shape.as_slice())).collect();
    let expected = [
        ("norm.weight", &[4][..]),
        ("norm.bias", &[4]),
        ("relu.weight", &[1]),
        ("stack.0.weight", &[5, 3]),
        ("pair.0.weight", &[3]),
        ("pair.0.bias", &[3]),
        ("pair.1.weight", &[5, 3]),
    ];
    assert_eq!(found, HashMap::from(expected));
}

#[test]
fn a_plan_of_another_module_is_refused() {
    let plan = |tensors: &[(&str, &str, &[u64])]| {
        let template = Template::new(tensors.iter().copied()).unwrap();
        Recipe::built_in("torch").unwrap().plan(&template, None).unwrap()
    };
    let error = |plan: &Plan| {
        let linear = LinearConfig::new(3, 5).init(&Device::flex());
        init(linear, 42, planned(plan)).unwrap_err().to_string()
    };
    let shape = vec![5, 3];
    let missing = PlanError::Missing { name: "bias".into() };
    assert_eq!(error(&plan(&[("weight", "F32", &shape)])), format!("bias: {missing}"));
    let other = PlanError::Shape { name: "weight".into(), planned: vec![3, 5], shape };
    assert_eq!(error(&plan(&[("weight", "F32", &[3, 5])])), format!("weight: {other}"));
}
