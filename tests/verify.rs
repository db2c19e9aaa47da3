//! `verify` on every adapter.
mod common;

use common::Gpu;
use wgpu_weights::{gpu::verify_blocking, wgpu};

#[test]
fn every_adapter_keeps_the_promise() {
    for features in [wgpu::Features::empty(), wgpu::Features::SHADER_INT64] {
        for gpu in Gpu::all(features) {
            let report = verify_blocking(&gpu.device, &gpu.queue).unwrap();
            assert!(report.bit_exact(), "{}: {:#?}", gpu.name, report.differences);
            println!("{}: {} values", gpu.name, report.values);
        }
    }
}
