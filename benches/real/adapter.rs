//! Which adapter is measured, and what it says of itself.

use serde_json::{Value, json};
use wgpu_weights::wgpu;

use crate::device::Error;

/// The adapter asked for by its place among all or by a part of its name; else the best there is.
/// `WGPU_BACKEND` and `WGPU_ADAPTER_NAME` are heeded.
pub(crate) fn choose(wanted: Option<&str>) -> Result<wgpu::Adapter, Error> {
    let backends = wgpu::Backends::from_env().unwrap_or(wgpu::Backends::all());
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters: Vec<_> =
        pollster::block_on(instance.enumerate_adapters(backends)).into_iter().enumerate().collect();
    if adapters.is_empty() {
        return Err(
            "no adapter: install the GPU's driver for Vulkan, Metal or DirectX 12 (and see \
            whether WGPU_BACKEND leaves any out)"
                .into(),
        );
    }
    let list: Vec<String> = adapters
        .iter()
        .map(|(index, adapter)| format!("  {index}: {}", Machine::of(adapter).title()))
        .collect();
    let named = std::env::var("WGPU_ADAPTER_NAME").ok();
    let wanted = wanted.map(str::to_owned).or(named);
    if let Some(wanted) = &wanted {
        let part = wanted.to_lowercase();
        adapters.retain(|(index, adapter)| match wanted.parse::<usize>() {
            Ok(asked) => asked == *index,
            Err(_) => adapter.get_info().name.to_lowercase().contains(&part),
        });
    }
    // Of one rank the first, as the instance lists them.
    let best = adapters.into_iter().min_by_key(|(_, adapter)| rank(adapter));
    best.map(|(_, adapter)| adapter).ok_or_else(|| {
        let wanted = wanted.unwrap_or_default();
        format!("no adapter is `{wanted}`; there are\n{}", list.join("\n")).into()
    })
}

fn rank(adapter: &wgpu::Adapter) -> u8 {
    match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::VirtualGpu => 1,
        wgpu::DeviceType::IntegratedGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

/// An adapter's own words.
pub(crate) struct Machine {
    pub(crate) info: wgpu::AdapterInfo,
    pub(crate) features: wgpu::Features,
}

impl Machine {
    pub(crate) fn of(adapter: &wgpu::Adapter) -> Self {
        Self { info: adapter.get_info(), features: adapter.features() }
    }

    pub(crate) fn software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// Name and graphics API: a device under another API is another row.
    pub(crate) fn title(&self) -> String {
        format!("{} ({})", self.info.name, self.info.backend)
    }

    pub(crate) fn driver(&self) -> String {
        format!("{} {}", self.info.driver, self.info.driver_info).trim().to_owned()
    }

    /// The title for a file's name.
    pub(crate) fn slug(&self) -> String {
        let title = self.title().to_lowercase();
        let words = title.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
        words.collect::<Vec<_>>().join("-")
    }

    pub(crate) fn features(&self) -> Vec<&'static str> {
        self.features.iter_names().map(|(name, _)| name).collect()
    }

    /// 1 GiB of f32 where a GPU has memory of its own: smaller buffers flatter its cache.
    pub(crate) fn elements(&self) -> u64 {
        match self.info.device_type {
            wgpu::DeviceType::DiscreteGpu | wgpu::DeviceType::VirtualGpu => 1 << 28,
            wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::Other => 1 << 26,
            wgpu::DeviceType::Cpu => 1 << 22,
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "name": self.info.name,
            "type": format!("{:?}", self.info.device_type),
            "backend": self.info.backend.to_string(),
            "driver": self.driver(),
            "pci": format!("{:04x}:{:04x}", self.info.vendor, self.info.device),
            "features": self.features(),
        })
    }
}
