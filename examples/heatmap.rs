//! A renderer that is not ours: a weight is drawn in place and shown as a heat map, in one submission.
//!
//! The fill, the render pass whose fragment shader reads the weight, and the copy of the picture share an
//! encoder. Every pixel is held against the colour of the CPU twin's value before the PNG is written.
//!
//! `cargo run --release --example heatmap [PNG] [SEED]`

use std::{env, error::Error, fs::File, io::BufWriter};

use wgpu_weights::{Fill, Filler, Kaiming, Kind, cpu, kaiming_normal, wgpu, wgpu::util::DeviceExt};

/// The weight, [in, out]: a row of the picture each row.
const SHAPE: [u64; 2] = [64, 96];
/// The side of an element's square, in pixels.
const SIDE: u32 = 8;
const WIDTH: u32 = SHAPE[1] as u32 * SIDE;
const HEIGHT: u32 = SHAPE[0] as u32 * SIDE;
/// The standard deviations at which the darkest colours begin.
const REACH: f32 = 3.0;

/// The colours, from low to high: ColorBrewer's RdBu, turned round. Lightness falls evenly to both sides of zero, and
/// the colour-blind can tell its ends apart.
const COLOURS: [u32; 11] = [
    0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d,
    0xb2182b, 0x67001f,
];

/// A triangle that covers the target, and `colour` below once more.
const HEATMAP: &str = "
    override side: u32;
    override columns: u32;
    override full: f32;
    @group(0) @binding(0) var<storage, read> weights: array<f32>;
    @group(0) @binding(1) var<uniform> colours: array<vec4f, 11>;

    @vertex
    fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
        return vec4f(f32(i & 1) * 4 - 1, f32(i >> 1) * 4 - 1, 0, 1);
    }

    @fragment
    fn colour(@builtin(position) at: vec4f) -> @location(0) vec4f {
        let cell = vec2u(at.xy) / side;
        let place = clamp(weights[cell.y * columns + cell.x] / full, -1.0, 1.0) * 5 + 5;
        let below = min(u32(place), 9u);
        return mix(colours[below], colours[below + 1], place - f32(below));
    }";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "heatmap.png".into());
    let seed = arguments.next().map_or(Ok(42), |it| it.parse())?;

    // The renderer's own device, with WebGPU's default limits and no features.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
    let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;
    println!("device: {} ({})", adapter.get_info().name, adapter.get_info().backend);

    let law = kaiming_normal(&SHAPE, Kaiming::default())?;
    let Kind::Normal { std, .. } = law.kind() else { return Err("the law is no normal".into()) };
    let full = REACH * std;
    let fill = Fill::new(law, SHAPE).with_seed(seed).with_name("blocks.0.mlp.W_in");

    let buffer = |label, size, usage| {
        let mapped_at_creation = false;
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation,
        })
    };
    let weights = buffer("renderer weights", fill.bytes()?, wgpu::BufferUsages::STORAGE);
    let picture = buffer(
        "renderer picture",
        u64::from(WIDTH * HEIGHT * 4),
        wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
    );
    let colours = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("renderer colours"),
        contents: bytemuck::cast_slice(&COLOURS.map(components)),
        usage: wgpu::BufferUsages::UNIFORM,
    });
    // No `Srgb` format: the colours are mixed as the PNG has them.
    let format = wgpu::TextureFormat::Rgba8Unorm;
    let target = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("renderer target"),
        size: wgpu::Extent3d { width: WIDTH, height: HEIGHT, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let heatmap = pipeline(&device, format, full);
    let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("renderer heatmap"),
        layout: &heatmap.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: weights.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: colours.as_entire_binding() },
        ],
    });

    // The one submission; what the crate adds to it is the filler's line.
    let filler = Filler::new(&device)?;
    let mut encoder = device.create_command_encoder(&Default::default());
    filler.fill(&mut encoder, weights.slice(..), &fill)?;
    let view = target.create_view(&Default::default());
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("renderer heatmap"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: Default::default(),
        })],
        ..Default::default()
    });
    pass.set_pipeline(&heatmap);
    pass.set_bind_group(0, &bind_group, &[]);
    pass.draw(0..3, 0..1);
    drop(pass);
    encoder.copy_texture_to_buffer(
        target.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &picture,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                // A multiple of 256, as WebGPU asks: 96 squares of 8 pixels of 4 bytes.
                bytes_per_row: Some(WIDTH * 4),
                rows_per_image: None,
            },
        },
        target.size(),
    );
    queue.submit([encoder.finish()]);

    // An error of the mapping is that of the range below.
    picture.map_async(wgpu::MapMode::Read, .., |_| ());
    device.poll(wgpu::PollType::wait_indefinitely())?;
    let pixels = picture.get_mapped_range(..)?;
    let worst = difference(&fill, full, &pixels)?;
    println!(
        "{} pixels; largest difference from the CPU twin's colours: {worst}/255",
        WIDTH * HEIGHT
    );
    if worst > 1 {
        return Err("the picture differs".into());
    }
    let mut png = png::Encoder::new(BufWriter::new(File::create(&path)?), WIDTH, HEIGHT);
    png.set_color(png::ColorType::Rgba);
    png.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    let mut png = png.write_header()?;
    png.write_image_data(&pixels)?;
    png.finish()?;
    println!("{path}: white is 0, the darkest red {REACH} standard deviations or more");
    Ok(())
}

fn pipeline(device: &wgpu::Device, format: wgpu::TextureFormat, full: f32) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("renderer heatmap"),
        source: wgpu::ShaderSource::Wgsl(HEATMAP.into()),
    });
    let constants =
        [("side", f64::from(SIDE)), ("columns", SHAPE[1] as f64), ("full", f64::from(full))];
    let options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("renderer heatmap"),
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

/// The largest difference of a pixel's component from that of the CPU twin's value. (The mix of two colours is the
/// renderer's own arithmetic: its rounding is not covered by the contract; the weights are.)
fn difference(fill: &Fill, full: f32, pixels: &[u8]) -> Result<u8, Box<dyn Error>> {
    let mut values = vec![0.0; fill.count() as usize];
    cpu::fill_f32(fill, &mut values)?;
    let (width, side) = (WIDTH as usize, SIDE as usize);
    let wanted = (0..width * HEIGHT as usize).flat_map(|i| {
        let (row, column) = (i / width / side, i % width / side);
        colour(values[row * SHAPE[1] as usize + column] / full)
    });
    Ok(wanted.zip(pixels).map(|(wanted, &given)| wanted.abs_diff(given)).max().unwrap_or(0))
}

/// What the fragment shader makes of a value, in bytes.
fn colour(value: f32) -> [u8; 4] {
    let place = value.clamp(-1.0, 1.0) * 5.0 + 5.0;
    let below = (place as usize).min(9);
    let (low, high) = (components(COLOURS[below]), components(COLOURS[below + 1]));
    let part = place - below as f32;
    std::array::from_fn(|i| ((low[i] * (1.0 - part) + high[i] * part) * 255.0).round() as u8)
}

/// Red, green, blue and opaque, from 0 to 1.
fn components(colour: u32) -> [f32; 4] {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue, u8::MAX].map(|it| f32::from(it) / 255.0)
}
