//! What a warm filler costs: nothing that stays.
mod common;

use std::io::Write;

use common::Gpu;
use wgpu_weights::{Distribution, Fill, Filler, gpu::FillerOptions, wgpu};

/// Buffers, pipelines and bind groups that the instance knows of.
fn resources(gpu: &Gpu) -> [usize; 3] {
    let hub = gpu.instance.generate_report().expect("a native instance").hub;
    [hub.buffers, hub.compute_pipelines, hub.bind_groups].map(|kind| kind.num_kept_from_user)
}

#[test]
fn a_thousand_elements_allocate_nothing() {
    let gpu = Gpu::any();
    let buffer = gpu.buffer(4000);
    let [buffers, ..] = resources(&gpu);
    let filler = Filler::new(&gpu.device).unwrap();
    let fill = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [1000]);
    let once = |seed| {
        let mut encoder = gpu.encoder();
        filler.fill(&mut encoder, buffer.slice(..), &fill.clone().with_seed(seed)).unwrap();
        gpu.queue.submit([encoder.finish()]);
        gpu.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    };
    once(0);
    let before = resources(&gpu);
    // The uniform buffer and one upload, which comes back after every use.
    assert_eq!(before[0], buffers + 2);
    (1..50).for_each(once);
    assert_eq!(resources(&gpu), before);
}

#[test]
fn a_pipeline_cache_of_the_callers() {
    let gpus = Gpu::all(wgpu::Features::PIPELINE_CACHE);
    let fill = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [1000]);
    for gpu in &gpus {
        let plain = gpu.fill(&Filler::new(&gpu.device).unwrap(), &fill);
        if !gpu.device.features().contains(wgpu::Features::PIPELINE_CACHE) {
            // wgpu has it for Vulkan alone, and there for every driver. Said past the test runner, which
            // keeps what passing tests print to itself.
            let backend = gpu.device.adapter_info().backend;
            assert_ne!(backend, wgpu::Backend::Vulkan, "{} has no PIPELINE_CACHE", gpu.name);
            writeln!(std::io::stderr(), "{}: no PIPELINE_CACHE, nothing to test", gpu.name)
                .unwrap();
            continue;
        }
        let cache = pipeline_cache(&gpu.device);
        let cached = || {
            let options =
                FillerOptions { pipeline_cache: Some(cache.clone()), ..Default::default() };
            assert!(gpu.fill(&Filler::with_options(&gpu.device, options).unwrap(), &fill) == plain);
            cache.get_data().expect("Vulkan's caches have data").len()
        };
        // Software drivers keep nothing in it: that it is handed on is seen by the next test.
        let once = cached();
        assert_eq!(cached(), once, "{}: the same pipeline is in the cache twice", gpu.name);
    }
}

/// wgpu refuses the cache of another device where a pipeline is made with it, and only there.
#[test]
fn the_pipeline_cache_is_handed_on() {
    let gpus = Gpu::all(wgpu::Features::PIPELINE_CACHE);
    let has_cache = |gpu: &&Gpu| gpu.device.features().contains(wgpu::Features::PIPELINE_CACHE);
    for gpu in gpus.iter().filter(has_cache) {
        let options = FillerOptions {
            pipeline_cache: Some(pipeline_cache(&another_device(gpu))),
            ..Default::default()
        };
        let filler = Filler::with_options(&gpu.device, options).unwrap();
        let fill = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [1000]);
        let buffer = gpu.buffer(4000);
        let filled = filler.fill(&mut gpu.encoder(), buffer.slice(..), &fill);
        assert!(filled.is_err(), "{}: a pipeline was made without the caller's cache", gpu.name);
    }
}

fn pipeline_cache(device: &wgpu::Device) -> wgpu::PipelineCache {
    let descriptor = wgpu::PipelineCacheDescriptor { label: None, data: None, fallback: true };
    // SAFETY: without data there is nothing that must come from the same driver.
    unsafe { device.create_pipeline_cache(&descriptor) }
}

/// A second device of the same adapter, in the same instance.
fn another_device(gpu: &Gpu) -> wgpu::Device {
    let adapters = pollster::block_on(gpu.instance.enumerate_adapters(wgpu::Backends::all()));
    let info = gpu.device.adapter_info();
    let same = |adapter: &wgpu::Adapter| {
        let other = adapter.get_info();
        (other.name, other.backend) == (info.name.clone(), info.backend)
    };
    let adapter = adapters.into_iter().find(same).expect("the adapter is still there");
    let descriptor = wgpu::DeviceDescriptor {
        required_features: wgpu::Features::PIPELINE_CACHE,
        required_limits: wgpu::Limits::downlevel_defaults(),
        ..Default::default()
    };
    pollster::block_on(adapter.request_device(&descriptor)).unwrap().0
}
