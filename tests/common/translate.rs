//! A kernel through naga's validator and into each back end, without a GPU.
#![allow(dead_code, reason = "each test file uses its own part")]

use naga::{
    Module, ShaderStage,
    back::{glsl, hlsl, msl, spv},
    proc::{BoundsCheckPolicies, BoundsCheckPolicy},
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
};
use wgpu_weights::kernel::{Integers, Kernel};

/// A kernel that the validator passed.
pub(crate) struct Valid {
    pub(crate) module: Module,
    pub(crate) info: ModuleInfo,
}

pub(crate) fn validate(kernel: &Kernel) -> Valid {
    validate_source(&kernel.label(), &kernel.wgsl(), kernel.integers)
}

pub(crate) fn validate_source(label: &str, source: &str, integers: Integers) -> Valid {
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|error| panic!("{label}: {}", error.emit_to_string(source)));
    let capabilities = match integers {
        Integers::U32 => Capabilities::empty(),
        _ => Capabilities::SHADER_INT64,
    };
    let info = Validator::new(ValidationFlags::all(), capabilities)
        .validate(&module)
        .unwrap_or_else(|error| panic!("{label}: {}", error.emit_to_string(source)));
    Valid { module, info }
}

impl Valid {
    /// As wgpu writes it for Vulkan 1.1, where `buffers` says whether the driver guards buffers
    /// (unchecked) or naga must.
    pub(crate) fn spirv(&self, buffers: BoundsCheckPolicy) -> Vec<u32> {
        let bounds_check_policies = BoundsCheckPolicies {
            index: BoundsCheckPolicy::Restrict,
            buffer: buffers,
            ..Default::default()
        };
        let lang_version = (1, 3);
        let options = spv::Options {
            lang_version,
            bounds_check_policies,
            // The crate's own kernels have no such memory; wgpu's zeros would hide what others cost.
            zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
            ..Default::default()
        };
        spv::write_vec(&self.module, &self.info, &options, None).unwrap()
    }

    pub(crate) fn msl(&self) -> String {
        let options = msl::Options {
            fake_missing_bindings: true,
            lang_version: (2, 3),
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        };
        let pipeline = msl::PipelineOptions::default();
        msl::write_string(&self.module, &self.info, &options, &pipeline).unwrap().0
    }

    /// For DXC.
    pub(crate) fn hlsl(&self) -> String {
        self.hlsl_of(hlsl::ShaderModel::V6_0)
    }

    /// For FXC, which has no 64-bit integers.
    pub(crate) fn hlsl_for_fxc(&self) -> String {
        self.hlsl_of(hlsl::ShaderModel::V5_1)
    }

    fn hlsl_of(&self, shader_model: hlsl::ShaderModel) -> String {
        let options =
            hlsl::Options { fake_missing_bindings: true, shader_model, ..Default::default() };
        let pipeline = hlsl::PipelineOptions::default();
        let mut text = String::new();
        hlsl::Writer::new(&mut text, &options, &pipeline)
            .write(&self.module, &self.info, None)
            .unwrap();
        text
    }

    pub(crate) fn glsl(&self) -> String {
        let options = glsl::Options { version: glsl::Version::new_gles(310), ..Default::default() };
        let pipeline = glsl::PipelineOptions {
            shader_stage: ShaderStage::Compute,
            entry_point: Kernel::ENTRY_POINT.into(),
            multiview: None,
        };
        let mut text = String::new();
        let policies = BoundsCheckPolicies::default();
        glsl::Writer::new(&mut text, &self.module, &self.info, &options, &pipeline, policies)
            .unwrap()
            .write()
            .unwrap();
        text
    }
}
