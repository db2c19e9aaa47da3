//! Pipelines and layouts of a device, made when first used.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    error::{GpuError, caught},
    options::FillerOptions,
    uploads::largest_buffer,
};
use crate::kernel::{Integers, Kernel};

/// Bytes of a binding with which a fill is not cut into more dispatches than anyone wants.
const LEAST_BINDING: u64 = 1 << 12;

#[derive(Debug)]
pub(super) struct Pipelines {
    device: wgpu::Device,
    /// Chosen once for the device.
    pub(super) integers: Integers,
    pub(super) params_layout: wgpu::BindGroupLayout,
    pub(super) output_layout: wgpu::BindGroupLayout,
    pub(super) source_layout: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
    /// Of the kernel that copies.
    copy_layout: wgpu::PipelineLayout,
    cache: Option<wgpu::PipelineCache>,
    made: Mutex<HashMap<Kernel, Arc<Slot>>>,
}

/// Where a kernel's pipeline is, once it is compiled. Each has a lock of its own, which is held while it is compiled:
/// who needs another kernel meanwhile does not wait.
type Slot = Mutex<Option<wgpu::ComputePipeline>>;

impl Pipelines {
    pub(super) fn new(device: &wgpu::Device, options: FillerOptions) -> Result<Self, GpuError> {
        check_limits(&device.limits())?;
        caught(device, || {
            let params_layout = bind_group_layout(
                device,
                "wgpu-weights params layout",
                wgpu::BufferBindingType::Uniform,
                true,
                wgpu::BufferSize::new(Kernel::PARAMS_SIZE),
            );
            let output_layout = bind_group_layout(
                device,
                "wgpu-weights output layout",
                wgpu::BufferBindingType::Storage { read_only: false },
                false,
                // A word or a granule, as the kernel stores; checked when a dispatch is recorded.
                None,
            );
            let source_layout = bind_group_layout(
                device,
                "wgpu-weights source layout",
                wgpu::BufferBindingType::Storage { read_only: true },
                false,
                None,
            );
            let pipeline_layout = |groups: &[Option<&wgpu::BindGroupLayout>]| {
                device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                    label: Some("wgpu-weights pipeline layout"),
                    bind_group_layouts: groups,
                    immediate_size: 0,
                })
            };
            let (params, output) = (Some(&params_layout), Some(&output_layout));
            let layout = pipeline_layout(&[params, output]);
            let copy_layout = pipeline_layout(&[params, output, Some(&source_layout)]);
            Self {
                device: device.clone(),
                integers: options.integers.unwrap_or_else(|| integers_for(device)),
                cache: options.pipeline_cache,
                params_layout,
                output_layout,
                source_layout,
                layout,
                copy_layout,
                made: Mutex::default(),
            }
        })
    }

    /// The pipeline of a kernel; compiled on first use, by one thread of those that want it.
    pub(super) fn get(&self, kernel: Kernel) -> Result<wgpu::ComputePipeline, GpuError> {
        let slot = Arc::clone(locked(&self.made).entry(kernel).or_default());
        let mut made = locked(&slot);
        if let Some(pipeline) = &*made {
            return Ok(pipeline.clone());
        }
        // Where it fails nothing is kept, and the next one tries again.
        let pipeline = self.compile(kernel)?;
        Ok(made.insert(pipeline).clone())
    }

    fn compile(&self, kernel: Kernel) -> Result<wgpu::ComputePipeline, GpuError> {
        let label = format!("wgpu-weights {}", kernel.label());
        let layout = if kernel == Kernel::COPY { &self.copy_layout } else { &self.layout };
        caught(&self.device, || {
            let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(&label),
                source: wgpu::ShaderSource::Wgsl(kernel.wgsl().into()),
            });
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(&label),
                layout: Some(layout),
                module: &module,
                entry_point: Some(Kernel::ENTRY_POINT),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: self.cache.as_ref(),
            })
        })
    }
}

/// A panic elsewhere leaves whole pipelines behind, or none.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 64-bit integers where the device has them, in the form that suits it.
fn integers_for(device: &wgpu::Device) -> Integers {
    let software = device.adapter_info().device_type == wgpu::DeviceType::Cpu;
    match device.features().contains(wgpu::Features::SHADER_INT64) {
        true if software => Integers::Lanes,
        true => Integers::U64,
        false => Integers::U32,
    }
}

fn bind_group_layout(
    device: &wgpu::Device,
    label: &str,
    ty: wgpu::BufferBindingType,
    has_dynamic_offset: bool,
    min_binding_size: Option<wgpu::BufferSize>,
) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(label),
        entries: &[wgpu::BindGroupLayoutEntry {
            binding: 0,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size },
            count: None,
        }],
    })
}

fn check_limits(limits: &wgpu::Limits) -> Result<(), GpuError> {
    let size = Kernel::WORKGROUP_SIZE;
    let needs = [
        ("max_compute_workgroup_size_x", limits.max_compute_workgroup_size_x, size),
        (
            "max_compute_invocations_per_workgroup",
            limits.max_compute_invocations_per_workgroup,
            size,
        ),
        ("max_compute_workgroups_per_dimension", limits.max_compute_workgroups_per_dimension, 1),
        ("max_storage_buffers_per_shader_stage", limits.max_storage_buffers_per_shader_stage, 2),
        ("max_uniform_buffers_per_shader_stage", limits.max_uniform_buffers_per_shader_stage, 1),
        (
            "max_dynamic_uniform_buffers_per_pipeline_layout",
            limits.max_dynamic_uniform_buffers_per_pipeline_layout,
            1,
        ),
        ("max_bind_groups", limits.max_bind_groups, 3),
        ("max_bindings_per_bind_group", limits.max_bindings_per_bind_group, 1),
    ];
    // What lies between two aligned offsets must be within reach of a binding.
    let least_binding = LEAST_BINDING.max(limits.min_storage_buffer_offset_alignment.into());
    let bytes = [
        ("max_storage_buffer_binding_size", limits.max_storage_buffer_binding_size, least_binding),
        (
            "max_uniform_buffer_binding_size",
            limits.max_uniform_buffer_binding_size,
            Kernel::PARAMS_SIZE,
        ),
        ("max_buffer_size", limits.max_buffer_size, largest_buffer(limits)),
    ];
    let needs = needs.map(|(limit, given, needed)| (limit, given.into(), needed.into()));
    match needs.into_iter().chain(bytes).find(|(_, given, needed)| given < needed) {
        Some((limit, given, needed)) => Err(GpuError::Limit { limit, needed, given }),
        None => Ok(()),
    }
}
