//! The recipe: a weight that is drawn in egui's encoder, and read by a paint callback in egui's render pass.

use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui::PaintCallbackInfo;
use egui_wgpu::{CallbackResources, CallbackTrait, ScreenDescriptor};
use wgpu_weights::{
    Fill, Filler,
    gpu::GpuError,
    wgpu::{self, util::DeviceExt},
};

use crate::{colours, controls::SHAPE};

/// Where the values begin and where they are drawn: lives among the renderer's `callback_resources`.
pub struct Heatmap {
    filler: Filler,
    /// The weight itself, f32.
    pub weights: wgpu::Buffer,
    scale: wgpu::Buffer,
    pipeline: wgpu::RenderPipeline,
    bind_group: wgpu::BindGroup,
    drawn: Option<Fill>,
    /// Whether egui submitted what was recorded last: a frame whose window is gone is dropped with its encoder, and
    /// nothing of it is painted.
    painted: AtomicBool,
    /// Why the last fill was not drawn; a callback has nobody to return it to.
    pub problem: Option<String>,
}

/// The colours, and the value at which they end, padded as a uniform buffer is.
const REACH_OFFSET: u64 = 11 * 16;
const SCALE_SIZE: usize = 12 * 16;

impl Heatmap {
    /// For egui's device and the format that it draws in: one without `Srgb`, wherever egui has the choice.
    ///
    /// # Errors
    /// Those of [`Filler::new`].
    pub fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Result<Self, GpuError> {
        let filler = Filler::new(device)?;
        let weights = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("heatmap weights"),
            size: SHAPE[0] * SHAPE[1] * 4,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let mut contents = [0; SCALE_SIZE];
        let table = colours::table();
        for (to, from) in contents.iter_mut().zip(bytemuck::cast_slice(&table)) {
            *to = *from;
        }
        let scale = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("heatmap scale"),
            contents: &contents,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        });
        let pipeline = pipeline(device, format);
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("heatmap"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: weights.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: scale.as_entire_binding() },
            ],
        });
        let (drawn, painted, problem) = (None, AtomicBool::new(false), None);
        Ok(Self { filler, weights, scale, pipeline, bind_group, drawn, painted, problem })
    }
}

/// A frame's heat map: [`egui_wgpu::Callback::new_paint_callback`] takes it.
pub struct Show {
    pub fill: Fill,
    /// The value at which the colours end.
    pub reach: f32,
}

impl CallbackTrait for Show {
    fn prepare(
        &self,
        _: &wgpu::Device,
        queue: &wgpu::Queue,
        _: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let Some(heatmap) = resources.get_mut::<Heatmap>() else { return Vec::new() };
        queue.write_buffer(&heatmap.scale, REACH_OFFSET, &self.reach.to_le_bytes());
        // A fill that is there already needs no other.
        if heatmap.drawn.as_ref() != Some(&self.fill) || !heatmap.painted.load(Ordering::Relaxed) {
            heatmap.painted.store(false, Ordering::Relaxed);
            let weights = heatmap.weights.slice(..);
            let drawn = heatmap.filler.fill(encoder, weights, &self.fill);
            heatmap.drawn = drawn.is_ok().then(|| self.fill.clone());
            heatmap.problem = drawn.err().map(|it| it.to_string());
        }
        Vec::new()
    }

    fn paint(
        &self,
        _: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        if let Some(heatmap) = resources.get::<Heatmap>() {
            pass.set_pipeline(&heatmap.pipeline);
            pass.set_bind_group(0, &heatmap.bind_group, &[]);
            pass.draw(0..3, 0..1);
            heatmap.painted.store(true, Ordering::Relaxed);
        }
    }
}

fn pipeline(device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::include_wgsl!("heatmap.wgsl"));
    let constants = [("rows", SHAPE[0] as f64), ("columns", SHAPE[1] as f64)];
    let options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("heatmap"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            compilation_options: options.clone(),
            buffers: &[],
        },
        primitive: Default::default(),
        depth_stencil: None,
        multisample: Default::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("colour"),
            compilation_options: options,
            targets: &[Some(format.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}
