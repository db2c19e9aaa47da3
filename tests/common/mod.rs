//! The devices that GPU tests run on. Without an adapter they fail: never skipped in silence.
#![allow(dead_code, reason = "each test file uses its own part")]

use wgpu_weights::{
    Fill, Filler,
    gpu::{FillerOptions, read_back_blocking},
    kernel::Integers,
    wgpu,
};

pub(crate) struct Gpu {
    pub(crate) name: String,
    pub(crate) instance: wgpu::Instance,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
}

impl Gpu {
    /// Every adapter of the primary APIs and GL that this machine has, with the features given
    /// where an adapter has them.
    pub(crate) fn all(features: wgpu::Features) -> Vec<Gpu> {
        Self::all_with(features, |limits| limits)
    }

    /// The same, with other limits than WebGPU's downlevel ones.
    pub(crate) fn all_with(
        features: wgpu::Features,
        limits: impl Fn(wgpu::Limits) -> wgpu::Limits,
    ) -> Vec<Gpu> {
        Self::all_where(features, limits, |_| true)
    }

    /// The same, of those adapters alone; at least one there must be.
    pub(crate) fn all_where(
        features: wgpu::Features,
        limits: impl Fn(wgpu::Limits) -> wgpu::Limits,
        wanted: impl Fn(&wgpu::Adapter) -> bool,
    ) -> Vec<Gpu> {
        let backends = wgpu::Backends::from_env().unwrap_or(wgpu::Backends::all());
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = backends;
        let instance = wgpu::Instance::new(descriptor);
        let adapters = pollster::block_on(instance.enumerate_adapters(backends));
        let gpus: Vec<Gpu> = adapters
            .into_iter()
            .filter(wanted)
            .map(|adapter| {
                let defaults = wgpu::Limits::downlevel_defaults();
                open(&instance, &adapter, features, limits(defaults))
            })
            .collect();
        assert!(
            !gpus.is_empty(),
            "no GPU adapter: install a driver, such as the software Vulkan driver that \
             `scripts/test` brings (Debian: mesa-vulkan-drivers)"
        );
        gpus
    }

    /// The first of them.
    pub(crate) fn any() -> Gpu {
        Self::all(wgpu::Features::empty()).swap_remove(0)
    }

    /// A filler for each sort of integers that the device has: different kernels, the same values.
    pub(crate) fn fillers(&self) -> Vec<Filler> {
        let int64 = self.device.features().contains(wgpu::Features::SHADER_INT64);
        Integers::ALL[..if int64 { 3 } else { 1 }]
            .iter()
            .map(|integers| {
                let options = FillerOptions { integers: Some(*integers), ..Default::default() };
                Filler::with_options(&self.device, options).unwrap()
            })
            .collect()
    }

    pub(crate) fn buffer(&self, size: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("test"),
            size,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    pub(crate) fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    /// The bytes of a fill, made on the device.
    pub(crate) fn fill(&self, filler: &Filler, fill: &Fill) -> Vec<u8> {
        let size = fill.bytes().unwrap();
        let buffer = self.buffer(size.next_multiple_of(4));
        let mut encoder = self.encoder();
        filler.fill(&mut encoder, buffer.slice(..size), fill).unwrap();
        self.queue.submit([encoder.finish()]);
        read_back_blocking(&self.device, &self.queue, buffer.slice(..size)).unwrap()
    }
}

fn open(
    instance: &wgpu::Instance,
    adapter: &wgpu::Adapter,
    features: wgpu::Features,
    limits: wgpu::Limits,
) -> Gpu {
    let info = adapter.get_info();
    let descriptor = wgpu::DeviceDescriptor {
        label: Some(&info.name),
        required_features: features & adapter.features(),
        required_limits: limits,
        ..Default::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).unwrap();
    let name = format!("{} ({})", info.name, info.backend);
    Gpu { name, instance: instance.clone(), device, queue }
}
