//! The control of `adapters`: kernels without their fences. An adapter that makes the same values of them
//! shows nothing about the fences.

use wgpu_weights::{
    Distribution, Fill, cpu,
    gpu::read_back_blocking,
    kernel::{Integers, Kernel},
    plan::{Dispatch, plan},
    wgpu::{self, util::DeviceExt},
};

use crate::{
    adapters::{Error, open, wanted},
    cases::LIMITS,
    edits::unfenced,
};

/// As many values as one dispatch of whole tiles makes well.
const VALUES: u64 = 1 << 20;

/// Says how many values of each adapter differ; false where none does, or there is no adapter.
pub(crate) fn run(software: bool) -> bool {
    let adapters = wanted(software);
    let bites = |adapter| match differences(adapter) {
        Ok([normal, truncated]) => {
            println!(
                "without fences {normal} of {VALUES} normals and {truncated} truncated ones differ"
            );
            normal > 0 && truncated > 0
        }
        Err(error) => {
            eprintln!("{error}");
            false
        }
    };
    adapters.iter().fold(!adapters.is_empty(), |all, adapter| bites(adapter) && all)
}

fn differences(adapter: &wgpu::Adapter) -> Result<[usize; 2], Error> {
    let (device, queue) = open(adapter)?;
    let of = |distribution| -> Result<usize, Error> {
        let fill = Fill::new(distribution, [VALUES]).with_seed(42);
        let mut expected = vec![0; fill.bytes()? as usize];
        cpu::fill(&fill, &mut expected)?;
        let found = draw(&device, &queue, &fill)?;
        let pairs = expected.chunks(4).zip(found.chunks(4));
        Ok(pairs.filter(|(expected, found)| expected != found).count())
    };
    Ok([
        of(Distribution::normal(0.0, 1.0)?)?,
        of(Distribution::truncated_normal(0.0, 1.0, -2.0, 2.0)?)?,
    ])
}

/// The bytes of a fill that one dispatch makes, by a kernel without fences.
fn draw(device: &wgpu::Device, queue: &wgpu::Queue, fill: &Fill) -> Result<Vec<u8>, Error> {
    let mut dispatches = plan(fill, 0, LIMITS)?;
    let (Some(dispatch), None) = (dispatches.next(), dispatches.next()) else {
        return Err("the control is not one dispatch".into());
    };
    let Dispatch { bind_size, params, workgroups, .. } = dispatch;
    let kernel = dispatch.kernel(Integers::U32);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("unfenced"),
        source: wgpu::ShaderSource::Wgsl(unfenced(&kernel.wgsl()).into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("unfenced"),
        layout: None,
        module: &module,
        entry_point: Some(Kernel::ENTRY_POINT),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let params = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("params"),
        contents: bytemuck::bytes_of(&params),
        usage: wgpu::BufferUsages::UNIFORM,
    });
    let output = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("output"),
        size: bind_size,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(&pipeline);
    for (place, buffer) in [(Kernel::PARAMS, &params), (Kernel::OUTPUT, &output)] {
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(place.group),
            entries: &[wgpu::BindGroupEntry {
                binding: place.binding,
                resource: buffer.as_entire_binding(),
            }],
        });
        pass.set_bind_group(place.group, &group, &[]);
    }
    pass.dispatch_workgroups(workgroups[0], workgroups[1], 1);
    drop(pass);
    queue.submit([encoder.finish()]);
    Ok(read_back_blocking(device, queue, output.slice(..))?)
}
