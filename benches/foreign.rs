//! Kernels that are not the crate's, dispatched as the crate dispatches its own.

use wgpu_weights::{
    Dtype, Fill,
    kernel::{Draw, Integers, Kernel, Store},
    plan::plan,
    wgpu::{self, util::DeviceExt},
};

use crate::device::Gpu;

/// Box-Muller with the driver's own logarithm, root, sine and cosine: the kernel of the words
/// themselves, with another draw made of them: the same Philox, the same stores.
pub(crate) fn native(integers: Integers) -> String {
    let kernel = Kernel { draw: Draw::Bits, dtype: Dtype::U32, store: Store::Aligned, integers };
    let words = kernel.wgsl().replacen("fn draw(", "fn words_of(", 1);
    format!("{words}\n{}", include_str!("native.wgsl"))
}

/// A fill of a whole buffer by such a kernel, ready to be recorded.
pub(crate) struct Foreign {
    pipeline: wgpu::ComputePipeline,
    dispatches: Vec<([wgpu::BindGroup; 2], [u32; 2])>,
}

impl Foreign {
    pub(crate) fn new(gpu: &Gpu, source: String, fill: &Fill, buffer: &wgpu::Buffer) -> Self {
        let module = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("foreign"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("foreign"),
            layout: None,
            module: &module,
            entry_point: Some("fill"),
            compilation_options: Default::default(),
            cache: None,
        });
        fn bind(
            gpu: &Gpu,
            pipeline: &wgpu::ComputePipeline,
            index: u32,
            resource: wgpu::BindingResource<'_>,
        ) -> wgpu::BindGroup {
            gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &pipeline.get_bind_group_layout(index),
                entries: &[wgpu::BindGroupEntry { binding: 0, resource }],
            })
        }
        let dispatches = plan(fill, 0, gpu.filler.limits())
            .expect("a plan")
            .map(|dispatch| {
                // The kernel knows nothing but tiles.
                assert_eq!(dispatch.store, Store::Aligned);
                let params = gpu.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: None,
                    contents: bytemuck::bytes_of(&dispatch.params),
                    usage: wgpu::BufferUsages::UNIFORM,
                });
                let output = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset: dispatch.bind_offset,
                    size: wgpu::BufferSize::new(dispatch.bind_size),
                });
                let groups = [
                    bind(gpu, &pipeline, 0, params.as_entire_binding()),
                    bind(gpu, &pipeline, 1, output),
                ];
                (groups, dispatch.workgroups)
            })
            .collect();
        Self { pipeline, dispatches }
    }

    pub(crate) fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        for ([params, output], [x, y]) in &self.dispatches {
            pass.set_bind_group(0, params, &[]);
            pass.set_bind_group(1, output, &[]);
            pass.dispatch_workgroups(*x, *y, 1);
        }
    }
}
