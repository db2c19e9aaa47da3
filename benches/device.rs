//! The device under measurement, and how long it takes over something.
#![allow(dead_code, reason = "each bench uses its own part")]

use std::time::{Duration, Instant};

use wgpu_weights::{Filler, gpu::read_back_blocking, wgpu};

pub(crate) type Error = Box<dyn std::error::Error>;

/// A device, a buffer to fill and a clock.
pub(crate) struct Gpu {
    pub(crate) name: String,
    /// What the device is: a GPU, or a processor in a GPU's clothes.
    pub(crate) kind: wgpu::DeviceType,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) filler: Filler,
    /// Where the device keeps time itself.
    timestamps: Option<Timestamps>,
}

/// How long a submission took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lap {
    /// From submission to completion, by the host's clock.
    pub(crate) host: Duration,
    /// By the device's own, where it has one.
    pub(crate) device: Option<Duration>,
}

struct Timestamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    /// Nanoseconds per timestamp.
    period: f64,
}

impl Gpu {
    /// The best adapter there is; `WGPU_BACKEND` and `WGPU_ADAPTER_NAME` choose another.
    pub(crate) fn open() -> Self {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::from_env().unwrap_or_default();
        let instance = wgpu::Instance::new(descriptor);
        let named = pollster::block_on(wgpu::util::initialize_adapter_from_env(&instance, None));
        let adapter = named.or_else(|_| {
            pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            }))
        });
        let adapter = adapter.expect("an adapter (scripts/test brings a software one)");
        Self::on(&adapter, wgpu::Features::SHADER_INT64).expect("a device")
    }

    /// This adapter, with those of the features that it has, and with its own clock where it has one.
    pub(crate) fn on(adapter: &wgpu::Adapter, features: wgpu::Features) -> Result<Self, Error> {
        let info = adapter.get_info();
        let limits = adapter.limits();
        let wanted = features | wgpu::Features::TIMESTAMP_QUERY;
        let (device, queue) =
            pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
                label: Some("wgpu-weights bench"),
                required_features: adapter.features() & wanted,
                required_limits: wgpu::Limits {
                    max_buffer_size: limits.max_buffer_size,
                    max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
                    ..wgpu::Limits::downlevel_defaults()
                },
                ..Default::default()
            }))?;
        let filler = Filler::new(&device)?;
        let timestamps =
            device.features().contains(wgpu::Features::TIMESTAMP_QUERY).then(|| Timestamps {
                queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                    label: None,
                    ty: wgpu::QueryType::Timestamp,
                    count: 2,
                }),
                resolved: device.create_buffer(&wgpu::BufferDescriptor {
                    label: None,
                    size: 16,
                    usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
                    mapped_at_creation: false,
                }),
                period: f64::from(queue.get_timestamp_period()),
            });
        let name =
            format!("{} ({}), {} {}", info.name, info.backend, info.driver, info.driver_info);
        Ok(Self { name, kind: info.device_type, device, queue, filler, timestamps })
    }

    /// Holds the device against the CPU twin, since fast and different does not count, and says
    /// what is measured, to the reader and to `bench-report`.
    pub(crate) fn introduce(&self) {
        let report = wgpu_weights::gpu::verify_blocking(&self.device, &self.queue).expect("a fill");
        assert!(report.bit_exact(), "{}: {:#?}", self.name, report.differences);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let text = format!(
            "{}; CPU with {threads} threads, {}",
            self.name,
            cpu_name().unwrap_or_else(|| std::env::consts::ARCH.into())
        );
        println!("device: {text}; {} values verified, every bit", report.values);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/criterion");
        // For the report alone: without it the figures are as good.
        let _ = std::fs::create_dir_all(folder).and_then(|()| {
            let software = self.kind == wgpu::DeviceType::Cpu;
            let json = serde_json::json!({ "text": text, "software": software });
            std::fs::write(format!("{folder}/device.json"), json.to_string())
        });
    }

    /// The host's time from recording to completion, `repeats` times over.
    pub(crate) fn wall(
        &self,
        repeats: u64,
        mut record: impl FnMut(&mut wgpu::CommandEncoder),
    ) -> Duration {
        let start = Instant::now();
        (0..repeats).for_each(|_| self.run(&mut record));
        start.elapsed()
    }

    /// A buffer, cleared and used once: a fresh one is cleared before its first use.
    pub(crate) fn buffer(&self, size: u64) -> wgpu::Buffer {
        self.try_buffer(size).expect("a buffer")
    }

    /// The same, where the device may lack the memory.
    pub(crate) fn try_buffer(&self, size: u64) -> Result<wgpu::Buffer, Error> {
        let scopes = [wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::OutOfMemory]
            .map(|filter| self.device.push_error_scope(filter));
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("wgpu-weights bench"),
            size,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        for scope in scopes.into_iter().rev() {
            if let Some(error) = pollster::block_on(scope.pop()) {
                return Err(format!("no buffer of {size} bytes: {error}").into());
            }
        }
        self.lap(|encoder| {
            encoder.clear_buffer(&buffer, 0, None);
            Ok(())
        })?;
        Ok(buffer)
    }

    /// Records, submits and waits.
    pub(crate) fn run(&self, record: impl FnOnce(&mut wgpu::CommandEncoder)) {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        record(&mut encoder);
        self.queue.submit([encoder.finish()]);
        self.wait();
    }

    /// Waits for everything submitted.
    pub(crate) fn wait(&self) {
        self.device.poll(wgpu::PollType::wait_indefinitely()).expect("the device is alive");
    }

    /// The time of what is recorded, `repeats` times over: by the device's own clock where it has
    /// one, else by the host's.
    pub(crate) fn time(
        &self,
        repeats: u64,
        mut record: impl FnMut(&mut wgpu::CommandEncoder),
    ) -> Duration {
        let laps = (0..repeats).map(|_| {
            let lap = self.lap(|encoder| {
                record(encoder);
                Ok(())
            });
            let Lap { host, device } = lap.expect("the device is alive");
            device.unwrap_or(host)
        });
        laps.sum()
    }

    /// Records, submits, waits, and says how long it took by either clock.
    pub(crate) fn lap(
        &self,
        record: impl FnOnce(&mut wgpu::CommandEncoder) -> Result<(), Error>,
    ) -> Result<Lap, Error> {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        self.stamp(&mut encoder, 0);
        record(&mut encoder)?;
        self.stamp(&mut encoder, 1);
        if let Some(Timestamps { queries, resolved, .. }) = &self.timestamps {
            encoder.resolve_query_set(queries, 0..2, resolved, 0);
        }
        let commands = encoder.finish();
        let start = Instant::now();
        self.queue.submit([commands]);
        self.device.poll(wgpu::PollType::wait_indefinitely())?;
        let host = start.elapsed();
        let Some(Timestamps { resolved, period, .. }) = &self.timestamps else {
            return Ok(Lap { host, device: None });
        };
        let bytes = read_back_blocking(&self.device, &self.queue, resolved.slice(..))?;
        let stamps: Vec<u64> = bytemuck::pod_collect_to_vec(&bytes);
        let nanoseconds = stamps[1].saturating_sub(stamps[0]) as f64 * period;
        Ok(Lap { host, device: Some(Duration::from_nanos(nanoseconds as u64)) })
    }

    /// Timestamps are taken at the boundaries of (empty) passes.
    fn stamp(&self, encoder: &mut wgpu::CommandEncoder, index: u32) {
        let Some(Timestamps { queries, .. }) = &self.timestamps else { return };
        drop(encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: None,
            timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                query_set: queries,
                beginning_of_pass_write_index: Some(index),
                end_of_pass_write_index: None,
            }),
        }));
    }
}

/// As the operating system names it.
fn cpu_name() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
