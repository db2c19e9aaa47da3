//! What a warm filler costs: nothing that stays.
mod common;

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
    let fill = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), 1000);
    let once = |seed| {
        let mut encoder = gpu.encoder();
        filler.fill(&mut encoder, buffer.slice(..), &fill.seed(seed)).unwrap();
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

/// wgpu has the feature on Vulkan alone; elsewhere a driver keeps what it compiles, or not.
#[test]
fn a_pipeline_cache_of_the_callers() {
    for gpu in Gpu::all(Filler::FEATURES) {
        let fill = Fill::new(Distribution::normal(0.0, 1.0).unwrap(), 1000);
        let plain = gpu.fill(&Filler::new(&gpu.device).unwrap(), &fill);
        if !gpu.device.features().contains(wgpu::Features::PIPELINE_CACHE) {
            let backend = gpu.device.adapter_info().backend;
            assert_ne!(backend, wgpu::Backend::Vulkan, "a Vulkan adapter without PIPELINE_CACHE");
            continue;
        }
        // SAFETY: without data there is nothing that must come from the same driver.
        let cache = unsafe {
            gpu.device.create_pipeline_cache(&wgpu::PipelineCacheDescriptor {
                label: None,
                data: None,
                fallback: true,
            })
        };
        let options = FillerOptions { pipeline_cache: Some(cache.clone()), ..Default::default() };
        let filler = Filler::with_options(&gpu.device, options).unwrap();
        assert!(gpu.fill(&filler, &fill) == plain);
        assert!(cache.get_data().is_some_and(|data| !data.is_empty()));
    }
}
