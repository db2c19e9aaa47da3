//! Every kernel passes naga's validator and reaches every back end, without a GPU.

#[path = "common/translate.rs"]
mod translate;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use naga::{AddressSpace, Scalar, StorageAccess, TypeInner, VectorSize, proc::BoundsCheckPolicy};
use wgpu_weights::{
    Params,
    kernel::{Integers, Kernel},
};

#[test]
fn every_kernel_translates() {
    for kernel in Kernel::all() {
        let valid = translate::validate(&kernel);
        assert!(valid.msl().contains("kernel void fill"));
        assert!(valid.hlsl().contains("[numthreads(256, 1, 1)]"));
        // GL has no 64-bit integers in naga, and no device of it offers SHADER_INT64.
        if kernel.integers == Integers::U32 {
            assert!(valid.glsl().contains("void main()"));
        }
    }
}

/// What a port reads in `Kernel` and `Params` is what the shaders say.
#[test]
fn bindings_and_layout_are_the_shaders() {
    for kernel in Kernel::all() {
        let module = translate::validate(&kernel).module;
        let entry = &module.entry_points[0];
        assert_eq!(entry.name, Kernel::ENTRY_POINT);
        assert_eq!(entry.workgroup_size, [Kernel::WORKGROUP_SIZE, 1, 1]);
        for (_, global) in module.global_variables.iter() {
            let expected = match global.space {
                AddressSpace::Uniform => Kernel::PARAMS,
                AddressSpace::Storage { access } if !access.contains(StorageAccess::STORE) => {
                    Kernel::SOURCE
                }
                _ => Kernel::OUTPUT,
            };
            let found = global.binding.expect("a binding");
            assert_eq!((found.group, found.binding), (expected.group, expected.binding));
        }
        let buffers = if kernel == Kernel::COPY { 3 } else { 2 };
        assert_eq!(module.global_variables.len(), buffers);
        let params = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Params"));
        let TypeInner::Struct { members, span } = &params.expect("Params").1.inner else {
            panic!("Params is no struct");
        };
        assert_eq!(u64::from(*span), Kernel::PARAMS_SIZE);
        let found = members.iter().map(|member| {
            let wgsl = match module.types[member.ty].inner {
                TypeInner::Vector { size: VectorSize::Bi, scalar: Scalar::U32 } => "vec2<u32>",
                TypeInner::Vector { size: VectorSize::Bi, scalar: Scalar::F32 } => "vec2<f32>",
                TypeInner::Vector { size: VectorSize::Quad, scalar: Scalar::U32 } => "vec4<u32>",
                TypeInner::Scalar(Scalar::U32) => "u32",
                TypeInner::Scalar(Scalar::F32) => "f32",
                ref other => panic!("{other:?}"),
            };
            (member.name.clone().expect("a name"), wgsl, member.offset as usize)
        });
        let expected = Params::FIELDS.iter().map(|it| (it.name.to_owned(), it.wgsl, it.offset));
        assert!(found.eq(expected), "{}", kernel.label());
    }
}

/// Khronos' validator, another reader of the same SPIR-V than naga and the drivers.
fn spirv_val(words: &[u32]) -> Result<(), String> {
    let mut command = Command::new("spirv-val");
    command.args(["--target-env", "vulkan1.1", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect(
        "spirv-val cannot be run; `scripts/test` brings it (Debian: spirv-tools), it is not skipped",
    );
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    process.stdin.take().expect("a pipe").write_all(&bytes).expect("spirv-val reads it");
    let output = process.wait_with_output().expect("spirv-val ends");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

#[test]
fn every_kernel_passes_spirv_val() {
    for kernel in Kernel::all() {
        for buffers in [BoundsCheckPolicy::Unchecked, BoundsCheckPolicy::Restrict] {
            let mut words = translate::validate(&kernel).spirv(buffers);
            assert_eq!(spirv_val(&words), Ok(()), "{}", kernel.label());
            // And it can fail: an instruction is missing.
            words.truncate(words.len() - 1);
            assert!(spirv_val(&words).is_err());
        }
    }
}
