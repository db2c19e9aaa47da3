//! Which device draws.

use std::{env, fmt, str::FromStr, sync::Arc};

use anyhow::{Context, Result, bail};
use wgpu_weights::{
    Filler,
    wgpu::{self, DeviceType},
};
use wgpu_weights_model::draw::{ByteSource, CpuSource, GpuSource};

/// `--device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// A real GPU if there is one, else the CPU twin.
    Auto,
    /// The CPU twin.
    Cpu,
    /// The best adapter.
    Gpu,
    /// This adapter of `devices`.
    Index(usize),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            _ => text.parse().map(Self::Index).map_err(|_| {
                "it must be auto, cpu, gpu or an index of `wgpu-weights devices`".into()
            }),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("gpu"),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

/// A device that was chosen and not opened yet.
#[derive(Debug)]
pub(crate) enum Chosen {
    /// The CPU twin.
    Cpu,
    /// An adapter.
    Gpu(wgpu::Adapter),
}

/// The names that wgpu knows of graphics APIs.
const BACKENDS: [&str; 10] =
    ["vulkan", "vk", "dx12", "d3d12", "metal", "mtl", "opengl", "gles", "gl", "noop"];

/// Whether `WGPU_BACKEND` names graphics APIs; wgpu itself takes a misspelt one for none.
pub(crate) fn check_backend() -> Result<()> {
    let asked = env::var("WGPU_BACKEND").unwrap_or_default().to_lowercase();
    let unknown = asked.split(',').map(str::trim).find(|it| !BACKENDS.contains(it));
    match unknown {
        Some(unknown) if !asked.is_empty() => bail!(
            "WGPU_BACKEND asks for `{unknown}`, which is no graphics API; it must be of {}, or unset",
            BACKENDS.join(", ")
        ),
        _ => Ok(()),
    }
}

/// Whether this machine can have a GPU at all: without a node for one, no driver need be loaded.
pub(crate) fn has_gpu_node() -> bool {
    let nodes =
        ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "/dev/kgsl-3d0", "/dev/mali0"];
    !cfg!(target_os = "linux") || nodes.iter().any(|node| std::path::Path::new(node).exists())
}

/// Adapters with their indices, those that `WGPU_BACKEND` and `WGPU_ADAPTER_NAME` leave. A name
/// keeps the indices of the others as they were.
pub(crate) fn adapters() -> Vec<(usize, wgpu::Adapter)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // A debug build of this program is no reason to ask for validation layers.
    descriptor.flags = wgpu::InstanceFlags::empty();
    let instance = wgpu::Instance::new(descriptor.with_env());
    let name = env::var("WGPU_ADAPTER_NAME").ok().map(|name| name.to_lowercase());
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()))
        .into_iter()
        .enumerate()
        .filter(|(_, adapter)| {
            let has = |name: &String| adapter.get_info().name.to_lowercase().contains(name);
            name.as_ref().is_none_or(has)
        })
        .collect()
}

/// Less is better.
fn rank(adapter: &wgpu::Adapter) -> u8 {
    match adapter.get_info().device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

impl Choice {
    /// The device that this means, in this very process.
    ///
    /// # Errors
    /// None that fits, with the remedy.
    pub(crate) fn find(self) -> Result<Chosen> {
        if self == Self::Cpu {
            return Ok(Chosen::Cpu);
        }
        let mut adapters = adapters();
        let named = env::var("WGPU_ADAPTER_NAME").ok();
        if let (Some(name), true) = (&named, adapters.is_empty()) {
            bail!(
                "no adapter has `{name}` in its name, as WGPU_ADAPTER_NAME asks; unset it, or see \
                 `wgpu-weights devices`"
            );
        }
        if let Self::Index(index) = self {
            let count = adapters.len();
            return adapters
                .into_iter()
                .find(|(at, _)| *at == index)
                .map(|(_, adapter)| Chosen::Gpu(adapter))
                .with_context(|| {
                    format!(
                        "no adapter {index}; `wgpu-weights devices` lists the {count} there are"
                    )
                });
        }
        // Stable: of equals the first, as wgpu orders its backends.
        adapters.sort_by_key(|(_, adapter)| rank(adapter));
        let best = adapters.into_iter().next().map(|(_, adapter)| adapter);
        match (self, best) {
            (Self::Auto, Some(adapter)) if rank(&adapter) <= 2 => Ok(Chosen::Gpu(adapter)),
            (Self::Auto, _) => Ok(Chosen::Cpu),
            (_, Some(adapter)) => Ok(Chosen::Gpu(adapter)),
            (_, None) => bail!(
                "no GPU adapter was found; install a driver for Vulkan, Metal or DirectX 12 (a \
                 software one is Mesa's lavapipe), check WGPU_BACKEND, or use --device cpu, which \
                 gives the same bits"
            ),
        }
    }
}

impl Chosen {
    /// Its name and its graphics API; both are `cpu` for the CPU twin.
    pub(crate) fn name(&self) -> (String, String) {
        match self {
            Self::Cpu => ("cpu".into(), "cpu".into()),
            Self::Gpu(adapter) => {
                let info = adapter.get_info();
                (info.name, info.backend.to_str().into())
            }
        }
    }

    /// Its name for people, with its graphics API where it has one.
    pub(crate) fn title(&self) -> String {
        let (name, backend) = self.name();
        if name == backend { name } else { format!("{name} ({backend})") }
    }

    /// Opens it: what makes the bytes on it.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(crate) fn open(&self) -> Result<Vec<Box<dyn ByteSource>>> {
        let Self::Gpu(adapter) = self else { return Ok(vec![Box::new(CpuSource::new()?)]) };
        let (device, queue) = open(adapter).with_context(|| {
            format!("device {} cannot be opened; take another, or --device cpu", self.title())
        })?;
        let pair = GpuSource::pair(&device, &queue)?;
        Ok(pair.into_iter().map(|source| Box::new(source) as Box<dyn ByteSource>).collect())
    }
}

/// Opens an adapter with its own limits on buffers and 64-bit integers where it has them.
///
/// # Errors
/// wgpu's.
pub(crate) fn open(adapter: &wgpu::Adapter) -> Result<(wgpu::Device, wgpu::Queue)> {
    let own = adapter.limits();
    let required_limits = wgpu::Limits {
        max_buffer_size: own.max_buffer_size,
        max_storage_buffer_binding_size: own.max_storage_buffer_binding_size,
        max_compute_workgroups_per_dimension: own.max_compute_workgroups_per_dimension,
        ..wgpu::Limits::downlevel_defaults().or_worse_values_from(&own)
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        label: Some("wgpu-weights-cli"),
        required_features: adapter.features() & Filler::FEATURES,
        required_limits,
        ..Default::default()
    }))?;
    // The default handler panics. What matters is caught where it happens or by its consequence.
    device.on_uncaptured_error(Arc::new(|error| {
        crate::progress::say(format_args!("warning: the device says: {error}"))
    }));
    Ok((device, queue))
}
