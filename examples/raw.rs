//! An API that is not wgpu: `plan`, `Kernel` and `Params` are all that plain Vulkan 1.1 needs.
//!
//! naga turns the kernels' WGSL into SPIR-V; the weight's bytes are then held against the CPU twin's.
//!
//! `cargo run --release --example raw`

use std::{error::Error, ffi::CString, slice};

use ash::vk;
use naga::{back::spv, front::wgsl, proc::BoundsCheckPolicy, valid};
use wgpu_weights::{
    Distribution, Dtype, Fill, cpu,
    kernel::{Integers, Kernel},
    plan::{Dispatch, Limits, plan},
};

fn main() -> Result<(), Box<dyn Error>> {
    // Odd, so that it takes two kernels: one for whole tiles, one for the rest.
    let fill = Fill::new(Distribution::normal(0.0, 0.02)?, [1023, 3071])
        .with_seed(42)
        .with_name("blocks.0.mlp.W_in")
        .with_dtype(Dtype::BF16);
    let drawn = draw(&fill)?;
    let mut twin = vec![0; drawn.len()];
    cpu::fill(&fill, &mut twin)?;
    let equal = drawn.iter().zip(&twin).filter(|(a, b)| a == b).count();
    println!("{equal} of {} bytes are the CPU twin's", twin.len());
    if equal == twin.len() { Ok(()) } else { Err("the bytes differ".into()) }
}

/// A kernel as Vulkan 1.1 takes it.
fn spirv(kernel: &Kernel) -> Result<Vec<u32>, Box<dyn Error>> {
    let module = wgsl::parse_str(&kernel.wgsl())?;
    let info = valid::Validator::new(valid::ValidationFlags::all(), valid::Capabilities::empty())
        .validate(&module)?;
    let mut options = spv::Options { lang_version: (1, 3), ..Default::default() };
    // Of use where the device does not guard buffers.
    options.bounds_check_policies.buffer = BoundsCheckPolicy::Restrict;
    Ok(spv::write_vec(&module, &info, &options, None)?)
}

/// A device that runs the kernels, and its first family of queues that compute.
fn choose(instance: &ash::Instance) -> Result<(vk::PhysicalDevice, u32), Box<dyn Error>> {
    let mut refused = String::new();
    // SAFETY: the instance is alive, here and below, and the devices are its own.
    for device in unsafe { instance.enumerate_physical_devices()? } {
        // SAFETY: as above.
        let (properties, families) = unsafe {
            let properties = instance.get_physical_device_properties(device);
            (properties, instance.get_physical_device_queue_family_properties(device))
        };
        let limits = properties.limits;
        let invocations =
            limits.max_compute_work_group_invocations.min(limits.max_compute_work_group_size[0]);
        let family =
            families.iter().position(|it| it.queue_flags.contains(vk::QueueFlags::COMPUTE));
        let name = properties.device_name_as_c_str()?;
        let lacks = match family {
            _ if properties.api_version < vk::API_VERSION_1_1 => "Vulkan 1.1, for SPIR-V 1.3",
            _ if invocations < Kernel::WORKGROUP_SIZE => "256 invocations in a workgroup",
            // Vulkan's least: `plan` cuts what is larger.
            _ if limits.max_storage_buffer_range < 1 << 27 => "storage buffers of 128 MiB",
            None => "queues that compute",
            Some(family) => {
                println!("device: {name:?}");
                return Ok((device, family as u32));
            }
        };
        refused += &format!("; {name:?} lacks {lacks}");
    }
    Err(format!("no Vulkan device runs the kernels{refused}").into())
}

/// The bytes of a fill. (Nothing is destroyed: the program ends with it.)
fn draw(fill: &Fill) -> Result<Vec<u8>, Box<dyn Error>> {
    let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_1);
    let info = vk::InstanceCreateInfo::default().application_info(&application);
    // SAFETY: the loader is the system's own, and lives as long as what is made of it; no extension is asked for.
    let entry = unsafe { ash::Entry::load()? };
    // SAFETY: as above.
    let instance = unsafe { entry.create_instance(&info, None)? };
    let (physical, family) = choose(&instance)?;
    let queues =
        [vk::DeviceQueueCreateInfo::default().queue_family_index(family).queue_priorities(&[1.0])];
    let info = vk::DeviceCreateInfo::default().queue_create_infos(&queues);
    // SAFETY: the device is the instance's, the family the device's; no feature is asked for.
    let (device, device_limits, memories) = unsafe {
        let properties = instance.get_physical_device_properties(physical);
        let memories = instance.get_physical_device_memory_properties(physical);
        (instance.create_device(physical, &info, None)?, properties.limits, memories)
    };

    // What the crate says: dispatches, and the kernel of each.
    let [columns, rows, _] = device_limits.max_compute_work_group_count;
    let limits = Limits {
        max_binding: device_limits.max_storage_buffer_range.into(),
        alignment: device_limits.min_storage_buffer_offset_alignment,
        max_workgroups: columns.min(rows),
    };
    let dispatches: Vec<Dispatch> = plan(fill, 0, limits)?.collect();
    let count = dispatches.len() as u32;

    // The weight, in whole words, and what each dispatch is told.
    let size = fill.bytes()?.next_multiple_of(4);
    let (weights, bytes) = buffer(&device, &memories, size, vk::BufferUsageFlags::STORAGE_BUFFER)?;
    let step =
        Kernel::PARAMS_SIZE.next_multiple_of(device_limits.min_uniform_buffer_offset_alignment);
    let told = step * u64::from(count);
    let (params, uniforms) =
        buffer(&device, &memories, told, vk::BufferUsageFlags::UNIFORM_BUFFER)?;

    // `Kernel::PARAMS` and `Kernel::OUTPUT`: binding 0 of set 0 and of set 1.
    let types = [vk::DescriptorType::UNIFORM_BUFFER, vk::DescriptorType::STORAGE_BUFFER];
    let bindings = types.map(|ty| {
        [vk::DescriptorSetLayoutBinding::default()
            .descriptor_type(ty)
            .descriptor_count(1)
            .stage_flags(vk::ShaderStageFlags::COMPUTE)]
    });
    let [params_layout, output_layout] =
        bindings.each_ref().map(|it| vk::DescriptorSetLayoutCreateInfo::default().bindings(it));
    let sizes = types.map(|ty| vk::DescriptorPoolSize { ty, descriptor_count: count });
    let pool = vk::DescriptorPoolCreateInfo::default().max_sets(2 * count).pool_sizes(&sizes);
    let commands = vk::CommandPoolCreateInfo::default().queue_family_index(family);
    // SAFETY: the device is alive, and the descriptions refer to what is; one command buffer is asked for, so one is
    // there, and new.
    let (layouts, layout, pool, commands) = unsafe {
        let layouts = [
            device.create_descriptor_set_layout(&params_layout, None)?,
            device.create_descriptor_set_layout(&output_layout, None)?,
        ];
        let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&layouts);
        let layout = device.create_pipeline_layout(&info, None)?;
        let pool = device.create_descriptor_pool(&pool, None)?;
        let info = vk::CommandBufferAllocateInfo::default()
            .command_pool(device.create_command_pool(&commands, None)?)
            .command_buffer_count(1);
        let commands = device.allocate_command_buffers(&info)?[0];
        device.begin_command_buffer(commands, &Default::default())?;
        (layouts, layout, pool, commands)
    };
    let entry_point = CString::new(Kernel::ENTRY_POINT)?;
    for (dispatch, at) in dispatches.iter().zip((0..).step_by(step as usize)) {
        let told = bytemuck::bytes_of(&dispatch.params);
        // SAFETY: `step` bytes and more are mapped for each dispatch, and the device does not run yet.
        unsafe { uniforms.add(at as usize).copy_from_nonoverlapping(told.as_ptr(), told.len()) };
        let info =
            vk::DescriptorSetAllocateInfo::default().descriptor_pool(pool).set_layouts(&layouts);
        // SAFETY: the pool has two sets for each dispatch.
        let sets = unsafe { device.allocate_descriptor_sets(&info)? };
        let bound = [
            [vk::DescriptorBufferInfo { buffer: params, offset: at, range: Kernel::PARAMS_SIZE }],
            [vk::DescriptorBufferInfo {
                buffer: weights,
                offset: dispatch.bind_offset,
                range: dispatch.bind_size,
            }],
        ];
        let write = |i: usize| {
            let write = vk::WriteDescriptorSet::default().dst_set(sets[i]);
            write.descriptor_type(types[i]).buffer_info(&bound[i])
        };
        let code = spirv(&dispatch.kernel(Integers::U32))?;
        let info = vk::ShaderModuleCreateInfo::default().code(&code);
        // SAFETY: naga writes valid SPIR-V, which takes no capability that the device lacks.
        let module = unsafe { device.create_shader_module(&info, None)? };
        let stage = vk::PipelineShaderStageCreateInfo::default()
            .stage(vk::ShaderStageFlags::COMPUTE)
            .module(module)
            .name(&entry_point);
        let info = [vk::ComputePipelineCreateInfo::default().layout(layout).stage(stage)];
        let none = vk::PipelineCache::null();
        // SAFETY: the layout is that of the kernel's bindings.
        let made = unsafe { device.create_compute_pipelines(none, &info, None) };
        let pipeline = made.map_err(|(_, error)| error)?[0];
        let [columns, rows] = dispatch.workgroups;
        let point = vk::PipelineBindPoint::COMPUTE;
        // Dispatches may share a word, where dtypes are narrow: one is done with it before the next one begins.
        let shader = vk::AccessFlags::SHADER_READ | vk::AccessFlags::SHADER_WRITE;
        let in_turn = [vk::MemoryBarrier::default()
            .src_access_mask(vk::AccessFlags::SHADER_WRITE)
            .dst_access_mask(shader)];
        let compute = vk::PipelineStageFlags::COMPUTE_SHADER;
        // SAFETY: bindings and workgroups are within the limits that the plan was given; the commands are being
        // recorded.
        unsafe {
            let (none, turns) = (Default::default(), &in_turn);
            device.cmd_pipeline_barrier(commands, compute, compute, none, turns, &[], &[]);
            device.update_descriptor_sets(&[write(0), write(1)], &[]);
            device.cmd_bind_pipeline(commands, point, pipeline);
            device.cmd_bind_descriptor_sets(commands, point, layout, 0, &sets, &[]);
            device.cmd_dispatch(commands, columns, rows, 1);
        }
    }
    let to_host = [vk::MemoryBarrier::default()
        .src_access_mask(vk::AccessFlags::SHADER_WRITE)
        .dst_access_mask(vk::AccessFlags::HOST_READ)];
    let (from, to) = (vk::PipelineStageFlags::COMPUTE_SHADER, vk::PipelineStageFlags::HOST);
    let buffers = [commands];
    let submit = [vk::SubmitInfo::default().command_buffers(&buffers)];
    // SAFETY: the queue is the one that the device was made with; what was recorded is alive.
    unsafe {
        device.cmd_pipeline_barrier(commands, from, to, Default::default(), &to_host, &[], &[]);
        device.end_command_buffer(commands)?;
        device.queue_submit(device.get_device_queue(family, 0), &submit, vk::Fence::null())?;
        device.device_wait_idle()?;
    }
    println!("{count} dispatches");
    // SAFETY: as many bytes are mapped, and the device no longer writes them.
    Ok(unsafe { slice::from_raw_parts(bytes, fill.bytes()? as usize) }.to_vec())
}

/// A buffer in memory of its own, and where the host finds it.
fn buffer(
    device: &ash::Device,
    memories: &vk::PhysicalDeviceMemoryProperties,
    size: u64,
    usage: vk::BufferUsageFlags,
) -> Result<(vk::Buffer, *mut u8), Box<dyn Error>> {
    let info = vk::BufferCreateInfo::default().size(size).usage(usage);
    // SAFETY: the device is alive, here and below.
    let buffer = unsafe { device.create_buffer(&info, None)? };
    // SAFETY: the buffer is the device's.
    let needed = unsafe { device.get_buffer_memory_requirements(buffer) };
    let host = vk::MemoryPropertyFlags::HOST_VISIBLE | vk::MemoryPropertyFlags::HOST_COHERENT;
    let kind = (0..)
        .zip(memories.memory_types_as_slice())
        .find(|(i, it)| needed.memory_type_bits >> i & 1 == 1 && it.property_flags.contains(host))
        .ok_or("no memory that both see")?
        .0;
    let info =
        vk::MemoryAllocateInfo::default().allocation_size(needed.size).memory_type_index(kind);
    // SAFETY: the memory is as large as the buffer asks, of a type that it may have, and the host's to see.
    unsafe {
        let memory = device.allocate_memory(&info, None)?;
        device.bind_buffer_memory(buffer, memory, 0)?;
        let bytes = device.map_memory(memory, 0, vk::WHOLE_SIZE, vk::MemoryMapFlags::empty())?;
        Ok((buffer, bytes.cast()))
    }
}
