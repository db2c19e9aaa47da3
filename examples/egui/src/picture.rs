//! A frame without a window: egui's own renderer draws it in a texture.

use std::{error::Error, fs::File, io::BufWriter, path::Path};

use eframe::egui;
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use wgpu_weights::{gpu::read_back_blocking, wgpu};

use crate::{controls::Controls, heatmap::Heatmap, window};

/// The window's size, in points, of which a pixel is one here.
pub const SIZE: [u32; 2] = [1024, 720];

/// A frame, and what it shows.
pub struct Picture {
    /// Red, green, blue and opaque, row by row.
    pub pixels: Vec<u8>,
    /// Where the heat map lies, in pixels.
    pub heatmap: egui::Rect,
    /// The bytes of the weight that the heat map's shader read.
    pub weights: Vec<u8>,
}

impl Picture {
    /// # Errors
    /// Where there is no GPU, or where it refuses something.
    pub fn draw(controls: &Controls) -> Result<Self, Box<dyn Error>> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
        let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let mut renderer = Renderer::new(&device, format, RendererOptions::default());
        renderer.callback_resources.insert(Heatmap::new(&device, format)?);

        let [width, height] = SIZE;
        let screen = egui::vec2(width as f32, height as f32);
        let screen_rect = Some(egui::Rect::from_min_size(egui::Pos2::ZERO, screen));
        let input = egui::RawInput { screen_rect, ..Default::default() };
        let context = egui::Context::default();
        let mut controls = controls.clone();
        let mut heatmap = egui::Rect::NOTHING;
        let mut output = egui::FullOutput::default();
        // egui lays out by what it measured in the frame before.
        for _ in 0..2 {
            output.append(context.run_ui(input.clone(), |ui| {
                heatmap = window::show(ui, &mut controls, None);
            }));
        }
        for (id, deltas) in output.textures_delta.set.drain() {
            for delta in &deltas {
                renderer.update_texture(&device, &queue, id, delta);
            }
        }

        let target = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let pixels = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture pixels"),
            size: u64::from(width * height * 4),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });

        // As eframe does it: callbacks record into the encoder, and egui's pass follows.
        let screen = ScreenDescriptor { size_in_pixels: SIZE, pixels_per_point: 1.0 };
        let jobs = context.tessellate(output.shapes, output.pixels_per_point);
        let mut encoder = device.create_command_encoder(&Default::default());
        let others = renderer.update_buffers(&device, &queue, &mut encoder, &jobs, &screen);
        let view = target.create_view(&Default::default());
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("egui"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: Default::default(),
            })],
            ..Default::default()
        });
        renderer.render(&mut pass.forget_lifetime(), &jobs, &screen);
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &pixels,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    // A multiple of 256, as WebGPU asks.
                    bytes_per_row: Some(width * 4),
                    rows_per_image: None,
                },
            },
            target.size(),
        );
        queue.submit(others.into_iter().chain([encoder.finish()]));

        let shown = renderer.callback_resources.get::<Heatmap>().ok_or("no heat map")?;
        if let Some(problem) = &shown.problem {
            return Err(problem.as_str().into());
        }
        let read = |buffer: &wgpu::Buffer| read_back_blocking(&device, &queue, buffer.slice(..));
        Ok(Self { pixels: read(&pixels)?, heatmap, weights: read(&shown.weights)? })
    }

    /// Writes the picture as a PNG.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let file = BufWriter::new(File::create(path)?);
        let mut png = png::Encoder::new(file, SIZE[0], SIZE[1]);
        png.set_color(png::ColorType::Rgba);
        png.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
        let mut png = png.write_header()?;
        png.write_image_data(&self.pixels)?;
        Ok(png.finish()?)
    }
}
