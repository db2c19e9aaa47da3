//! An engine that is not ours: its own device, its own encoder, its own matrix-vector kernel.
//!
//! A 64 MiB weight is drawn in place and consumed in the same submission; nothing is read back but
//! the 16 KiB result, which is then held against the CPU twin.
//!
//! `cargo run --release --example embed`

use std::error::Error;

use wgpu_weights::{
    Fill, Filler, Kaiming, cpu, gpu::read_back_blocking, kaiming_normal, wgpu,
    wgpu::util::DeviceExt,
};

const N: u64 = 4096;

/// y = W x, one row an invocation; W is [in, out], as TransformerLens has it.
const MATVEC: &str = "
    @group(0) @binding(0) var<storage, read> w: array<f32>;
    @group(0) @binding(1) var<storage, read> x: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;

    @compute @workgroup_size(64)
    fn matvec(@builtin(global_invocation_id) id: vec3<u32>) {
        var sum = 0.0;
        for (var i = 0u; i < arrayLength(&x); i++) {
            sum += x[i] * w[i * arrayLength(&y) + id.x];
        }
        y[id.x] = sum;
    }";

fn main() -> Result<(), Box<dyn Error>> {
    // The engine's own device, with WebGPU's default limits and no features.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter =
        pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))?;
    let (device, queue) =
        pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()))?;
    println!("device: {} ({})", adapter.get_info().name, adapter.get_info().backend);

    let x: Vec<f32> = (0..N).map(|i| (i as f32 * 0.37).sin()).collect();
    let storage = |label, size| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    };
    let weights = storage("engine weights", N * N * 4);
    let input = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("engine input"),
        contents: bytemuck::cast_slice(&x),
        usage: wgpu::BufferUsages::STORAGE,
    });
    let output = storage("engine output", N * 4);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("engine matvec"),
        source: wgpu::ShaderSource::Wgsl(MATVEC.into()),
    });
    let matvec = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("engine matvec"),
        layout: None,
        module: &module,
        entry_point: Some("matvec"),
        compilation_options: Default::default(),
        cache: None,
    });
    let buffers = [&weights, &input, &output];
    let entries: Vec<_> = (0..)
        .zip(buffers)
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: buffer.as_entire_binding(),
        })
        .collect();
    let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("engine matvec"),
        layout: &matvec.get_bind_group_layout(0),
        entries: &entries,
    });

    // What the crate adds to the engine: three lines.
    let filler = Filler::new(&device)?;
    let w_in = kaiming_normal(&[N, N], Kaiming::default())?;
    let fill = Fill::new(w_in, [N, N]).with_seed(42).with_name("blocks.0.mlp.W_in");

    let mut encoder = device.create_command_encoder(&Default::default());
    filler.fill(&mut encoder, weights.slice(..), &fill)?;
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&matvec);
    pass.set_bind_group(0, &bind_group, &[]);
    pass.dispatch_workgroups(N as u32 / 64, 1, 1);
    drop(pass);
    queue.submit([encoder.finish()]);
    let bytes = read_back_blocking(&device, &queue, output.slice(..))?;
    let y: &[f32] = bytemuck::cast_slice(&bytes);

    let worst = difference(&fill, &x, y)?;
    println!("y[..4] = {:?}; largest difference from the CPU twin's product: {worst:.1e}", &y[..4]);
    if worst < 1e-3 { Ok(()) } else { Err("the product differs".into()) }
}

/// The largest |y - W x|, W drawn by the CPU twin and multiplied in f64. (A matrix product is the engine's
/// own arithmetic: its rounding is not covered by the contract; the weights are.)
fn difference(fill: &Fill, x: &[f32], y: &[f32]) -> Result<f64, Box<dyn Error>> {
    let mut exact = vec![0f64; y.len()];
    let mut row = vec![0f32; y.len()];
    for (i, x) in x.iter().enumerate() {
        let i_th = fill.clone().window(i as u64 * N, N)?;
        cpu::fill_f32(&i_th, &mut row)?;
        for (sum, w) in exact.iter_mut().zip(&row) {
            *sum += f64::from(*x) * f64::from(*w);
        }
    }
    Ok(exact.iter().zip(y).map(|(a, b)| (a - f64::from(*b)).abs()).fold(0.0, f64::max))
}
