//! Every kernel passes naga's validator and reaches every back end, without a GPU.

#[path = "common/translate.rs"]
mod translate;

use wgpu_weights::kernel::{Kernel, Multiply};

#[test]
fn every_kernel_translates() {
    let mut kernels = 0;
    for kernel in Kernel::all() {
        let valid = translate::validate(&kernel);
        assert_eq!(valid.spirv()[0], 0x0723_0203, "SPIR-V's magic number");
        assert!(valid.msl().contains("kernel void fill"));
        assert!(valid.hlsl().contains("[numthreads(256, 1, 1)]"));
        // GL has no 64-bit integers in naga, and no device of it offers SHADER_INT64.
        if kernel.multiply == Multiply::Split {
            assert!(valid.glsl().contains("void main()"));
        }
        kernels += 1;
    }
    assert_eq!(kernels, Kernel::all().count());
}
