//! A small network on burn's GPU, filled in place: the same first weights on every machine.
//!
//! `cargo run --release --manifest-path burn/Cargo.toml --example block`

use std::error::Error;

use burn::{
    module::Module,
    nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig},
    tensor::Device,
};
use wgpu_weights_burn::{BoxError, Gpu, Parameter, burn_defaults, wgpu_weights::Distribution};

#[derive(Module, Debug)]
struct Block {
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

/// GPT-2's: normals for weights, zeros for biases, burn's own for the rest.
fn gpt2(it: &Parameter<'_>) -> Result<Distribution, BoxError> {
    Ok(match it.name() {
        "weight" => Distribution::normal(0.0, 0.02)?,
        "bias" => Distribution::constant(0.0)?,
        _ => burn_defaults(it)?,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    let block = Block {
        norm: LayerNormConfig::new(768).init(&device),
        up: LinearConfig::new(768, 3072).init(&device),
        down: LinearConfig::new(3072, 768).init(&device),
    };
    let block = Gpu::new(&setup)?.init(block, 42, gpt2)?;
    println!("{}", block.up.weight.val().slice([0..1, 0..3]));
    Ok(())
}
