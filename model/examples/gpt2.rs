//! A renderer that is not ours, with a device and buffers of its own: GPT-2 is planned and drawn in place.
//!
//! `cargo run --release -p wgpu-weights-model --features gpu --example gpt2`

use std::{collections::HashMap, error::Error};

use wgpu_weights_model::{
    Recipe, Template,
    wgpu_weights::{Filler, cpu, gpu::read_back_blocking, wgpu},
};

fn main() -> Result<(), Box<dyn Error>> {
    // The renderer's own device, with WebGPU's default limits and no features.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
    let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;

    // Names, dtypes and shapes; here GPT-2's, as transformers names them.
    let json = include_bytes!("../../examples/templates/gpt2.hf.json");
    let plan = Recipe::built_in("gpt2")?.plan(&Template::parse(json)?, None)?;

    // The renderer's buffers, one a parameter.
    let buffers: HashMap<&str, wgpu::Buffer> = plan
        .parameters()
        .iter()
        .map(|parameter| {
            let buffer = device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(&parameter.name),
                size: parameter.bytes,
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            });
            (parameter.name.as_str(), buffer)
        })
        .collect();

    let filler = Filler::new(&device)?;
    let mut encoder = device.create_command_encoder(&Default::default());
    let fills = plan.fills(42).map(|(name, fill)| (buffers[name].slice(..), fill));
    filler.fill_many(&mut encoder, fills)?;
    queue.submit([encoder.finish()]);

    // One of them back, beside the CPU twin.
    let Some((name, fill)) =
        plan.fills(42).find(|(name, _)| *name == "transformer.h.3.attn.c_attn.weight")
    else {
        return Err("the template has no such parameter".into());
    };
    let found = read_back_blocking(&device, &queue, buffers[name].slice(..))?;
    let mut expected = vec![0; found.len()];
    cpu::fill(&fill, &mut expected)?;
    println!(
        "{} parameters, {} bytes on {}; {name} is {}",
        plan.parameters().len(),
        plan.bytes(),
        adapter.get_info().name,
        fill.distribution(),
    );
    if found == expected { Ok(()) } else { Err("the bits differ".into()) }
}
