//! The machine code of a Vulkan driver, without a GPU: `pipelines KERNELS TARGET OUT` makes a compute
//! pipeline of each `KERNELS/LABEL.spv` and writes `OUT/LABEL.TARGET.asm`.
//!
//! Drivers tell it by VK_KHR_pipeline_executable_properties. One that does not prints it when asked
//! by a variable of its own: for such a one `== LABEL` stands on stdout before what it prints.
#![allow(
    unsafe_code,
    reason = "Vulkan is called directly: wgpu tells nothing of a pipeline's code"
)]

use std::{
    ffi::CStr,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ash::{khr, vk};
use wgpu_weights::kernel::Kernel;

type Error = Box<dyn std::error::Error>;

/// The one device of the driver that the environment leaves.
struct Driver {
    // Last of all to go: the loader.
    device: ash::Device,
    executables: khr::pipeline_executable_properties::Device,
    layout: vk::PipelineLayout,
    name: String,
    tells: bool,
    instance: ash::Instance,
    _entry: ash::Entry,
}

/// Text of a fixed array that Vulkan filled.
fn text(characters: &[std::ffi::c_char]) -> String {
    let bytes: Vec<u8> = characters.iter().map(|&it| it as u8).collect();
    CStr::from_bytes_until_nul(&bytes).map_or(String::new(), |it| it.to_string_lossy().into())
}

impl Driver {
    fn open() -> Result<Self, Error> {
        // SAFETY: the system's loader, which is never unloaded while anything of it lives.
        let entry = unsafe { ash::Entry::load()? };
        let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_1);
        let info = vk::InstanceCreateInfo::default().application_info(&application);
        // SAFETY: `info` and what it points to live through the call.
        let instance = unsafe { entry.create_instance(&info, None)? };
        // SAFETY: the instance lives.
        let physical = unsafe { instance.enumerate_physical_devices()? };
        let &physical = physical.first().ok_or("the driver has no device")?;
        // SAFETY: a device of this instance.
        let properties = unsafe { instance.get_physical_device_properties(physical) };
        let name = text(&properties.device_name);
        // SAFETY: as above.
        let extensions = unsafe { instance.enumerate_device_extension_properties(physical)? };
        let wanted = khr::pipeline_executable_properties::NAME;
        let tells =
            extensions.iter().any(|it| text(&it.extension_name).as_bytes() == wanted.to_bytes());

        let queue = vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0]);
        let names = if tells { vec![wanted.as_ptr()] } else { Vec::new() };
        let features = vk::PhysicalDeviceFeatures::default().shader_int64(true);
        let mut told = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default()
            .pipeline_executable_info(tells);
        let queues = [queue];
        let mut info = vk::DeviceCreateInfo::default()
            .queue_create_infos(&queues)
            .enabled_extension_names(&names)
            .enabled_features(&features);
        if tells {
            info = info.push_next(&mut told);
        }
        // SAFETY: all that `info` points to lives through the call; the extension and features were asked for.
        let device = unsafe { instance.create_device(physical, &info, None)? };
        let executables = khr::pipeline_executable_properties::Device::new(&instance, &device);
        let layout = layout(&device)?;
        Ok(Self { device, executables, layout, name, tells, instance, _entry: entry })
    }

    /// What the driver tells of a kernel's machine code.
    fn compile(&self, spirv: &[u32]) -> Result<String, Error> {
        let info = vk::ShaderModuleCreateInfo::default().code(spirv);
        // SAFETY: valid SPIR-V, by naga's writer and the tests' validator.
        let module = unsafe { self.device.create_shader_module(&info, None)? };
        let stage = vk::PipelineShaderStageCreateInfo::default()
            .stage(vk::ShaderStageFlags::COMPUTE)
            .module(module)
            .name(c"fill");
        debug_assert_eq!(Kernel::ENTRY_POINT, "fill");
        let flags = if self.tells {
            vk::PipelineCreateFlags::CAPTURE_INTERNAL_REPRESENTATIONS_KHR
                | vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR
        } else {
            vk::PipelineCreateFlags::empty()
        };
        let info =
            vk::ComputePipelineCreateInfo::default().stage(stage).layout(self.layout).flags(flags);
        let none = vk::PipelineCache::null();
        // SAFETY: module and layout live; the layout has the bindings that the kernel uses.
        let made = unsafe { self.device.create_compute_pipelines(none, &[info], None) };
        let pipeline = made.map_err(|(_, error)| error)?[0];
        let told = if self.tells { self.told(pipeline) } else { Ok(String::new()) };
        // SAFETY: nothing uses them any more.
        unsafe {
            self.device.destroy_pipeline(pipeline, None);
            self.device.destroy_shader_module(module, None);
        }
        told
    }

    fn told(&self, pipeline: vk::Pipeline) -> Result<String, Error> {
        let mut all = String::new();
        let info = vk::PipelineInfoKHR::default().pipeline(pipeline);
        // SAFETY: the pipeline lives and was made to be asked, here and below.
        let count = unsafe { self.executables.get_pipeline_executable_properties(&info)? }.len();
        for index in 0..count as u32 {
            let info =
                vk::PipelineExecutableInfoKHR::default().pipeline(pipeline).executable_index(index);
            // SAFETY: as above.
            let statistics = unsafe { self.executables.get_pipeline_executable_statistics(&info)? };
            for it in statistics {
                let value = match it.format {
                    // SAFETY: the format says which member was written; all are plain numbers.
                    vk::PipelineExecutableStatisticFormatKHR::FLOAT64 => unsafe {
                        it.value.f64.to_string()
                    },
                    // SAFETY: as above.
                    _ => unsafe { it.value.u64.to_string() },
                };
                writeln!(all, "# {} = {value}", text(&it.name))?;
            }
            for (name, code) in self.representations(&info)? {
                writeln!(all, "# representation: {name}\n{code}")?;
            }
        }
        Ok(all)
    }

    /// Twice: how long the texts are, then the texts.
    fn representations(
        &self,
        info: &vk::PipelineExecutableInfoKHR<'_>,
    ) -> Result<Vec<(String, String)>, Error> {
        let ask = self.executables.fp().get_pipeline_executable_internal_representations_khr;
        let device = self.device.handle();
        let mut count = 0;
        // SAFETY: a null array asks for the count alone.
        unsafe { ask(device, info, &mut count, std::ptr::null_mut()).result()? };
        let mut found =
            vec![vk::PipelineExecutableInternalRepresentationKHR::default(); count as usize];
        // SAFETY: `count` elements lie there; null data asks for sizes alone.
        unsafe { ask(device, info, &mut count, found.as_mut_ptr()).result()? };
        let mut texts: Vec<Vec<u8>> = found.iter().map(|it| vec![0; it.data_size]).collect();
        for (it, text) in found.iter_mut().zip(&mut texts) {
            it.p_data = text.as_mut_ptr().cast();
        }
        // SAFETY: each `p_data` has `data_size` bytes, which outlive the call.
        unsafe { ask(device, info, &mut count, found.as_mut_ptr()).result()? };
        let lossy = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes.split(|&byte| byte == 0).next().unwrap_or_default())
                .into()
        };
        Ok(found.iter().zip(&texts).map(|(it, bytes)| (text(&it.name), lossy(bytes))).collect())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // SAFETY: made here, used by nothing any more. Descriptor set layouts go with the device.
        unsafe {
            self.device.destroy_pipeline_layout(self.layout, None);
            self.device.destroy_device(None);
            self.instance.destroy_instance(None);
        }
    }
}

/// Parameters in one set, the buffer that is filled in another.
fn layout(device: &ash::Device) -> Result<vk::PipelineLayout, Error> {
    let mut sets = Vec::new();
    let kinds = [vk::DescriptorType::UNIFORM_BUFFER, vk::DescriptorType::STORAGE_BUFFER];
    for (place, kind) in [Kernel::PARAMS, Kernel::OUTPUT].into_iter().zip(kinds) {
        let binding = vk::DescriptorSetLayoutBinding::default()
            .binding(place.binding)
            .descriptor_type(kind)
            .descriptor_count(1)
            .stage_flags(vk::ShaderStageFlags::COMPUTE);
        let bindings = [binding];
        let info = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
        // SAFETY: `info` and what it points to live through the call.
        sets.push(unsafe { device.create_descriptor_set_layout(&info, None)? });
    }
    let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
    // SAFETY: as above.
    Ok(unsafe { device.create_pipeline_layout(&info, None)? })
}

/// The kernels of a folder: label and file, in the order of their names.
fn kernels(folder: &str) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(label) = name.strip_suffix(".spv") {
            found.push((label.to_owned(), path));
        }
    }
    found.sort();
    Ok(found)
}

fn write(folder: &str, target: &str, out: &str) -> Result<usize, Error> {
    let driver = Driver::open()?;
    println!("{}", driver.name);
    fs::create_dir_all(out)?;
    let kernels = kernels(folder)?;
    for (label, path) in &kernels {
        println!("== {label}");
        io::stdout().flush()?;
        let spirv = bytemuck::pod_collect_to_vec(&fs::read(path)?);
        let told = driver.compile(&spirv).map_err(|error| format!("{label}: {error}"))?;
        fs::write(Path::new(out).join(format!("{label}.{target}.asm")), told)?;
        // SAFETY: flushes all of C's streams, where the driver's words may still be.
        unsafe { libc::fflush(std::ptr::null_mut()) };
    }
    Ok(kernels.len())
}

pub(crate) fn run(kernels: &str, target: &str, out: &str) -> bool {
    match write(kernels, target, out) {
        Ok(_) => true,
        Err(error) => {
            eprintln!("{error}");
            false
        }
    }
}
