//! Wrong use of the GPU side: typed errors with both numbers, never a panic or an abort.
mod common;

use common::Gpu;
use wgpu_weights::{
    Distribution, Dtype, Fill, FillError, Filler,
    gpu::{GpuError, read_back_blocking},
    wgpu,
};

fn fill(count: u64) -> Fill {
    Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [count])
}

fn refused(gpu: &Gpu, buffer: &wgpu::Buffer, range: std::ops::Range<u64>, fill: Fill) -> GpuError {
    let filler = Filler::new(&gpu.device).unwrap();
    let mut encoder = gpu.encoder();
    let error = filler.fill(&mut encoder, buffer.slice(range), &fill).unwrap_err();
    // The encoder is as good as before.
    gpu.queue.submit([encoder.finish()]);
    error
}

#[test]
fn usage_size_offset_and_dtype() {
    let gpu = Gpu::any();
    let storage = gpu.buffer(64);
    let copy = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 64,
        usage: wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let error = refused(&gpu, &copy, 0..64, fill(16));
    assert!(matches!(error, GpuError::Usage { needed: wgpu::BufferUsages::STORAGE, .. }));
    assert!(error.to_string().contains("COPY_DST"), "{error}");

    let error = refused(&gpu, &storage, 0..60, fill(16));
    assert_eq!(error, GpuError::Size { needed: 64, given: 60 });
    let error = refused(&gpu, &storage, 2..6, fill(1));
    assert_eq!(error, GpuError::Offset { offset: 2, multiple: 4 });
    let error = refused(&gpu, &storage, 0..64, fill(16).with_dtype(Dtype::U32));
    assert!(matches!(error, GpuError::Fill(FillError::Dtype { .. })));
    let error = refused(&gpu, &storage, 0..64, fill(u64::MAX));
    let bytes = FillError::Bytes { count: u64::MAX, dtype: Dtype::F32 };
    assert_eq!(error, GpuError::Fill(bytes));
    let square = Fill::new(Distribution::bits(), [1 << 32, 1 << 32]);
    let error = refused(&gpu, &storage, 0..64, square);
    assert!(matches!(error, GpuError::Fill(FillError::Overflow { .. })), "{error}");
}

#[test]
fn a_buffer_whose_last_word_is_cut() {
    let gpu = Gpu::any();
    let odd = gpu.buffer(66);
    let error = refused(&gpu, &odd, 62..66, fill(1));
    assert_eq!(error, GpuError::Offset { offset: 62, multiple: 4 });
    let error = read_back_blocking(&gpu.device, &gpu.queue, odd.slice(..)).unwrap_err();
    assert_eq!(error, GpuError::PartialWord { end: 66, size: 66 });
}

#[test]
fn a_destroyed_buffer_and_one_of_another_device() {
    let gpu = Gpu::any();
    let destroyed = gpu.buffer(64);
    destroyed.destroy();
    let error = refused(&gpu, &destroyed, 0..64, fill(16));
    let said = "the device refused: In Device::create_bind_group, label = 'wgpu-weights output': Buffer with 'test' label has been destroyed";
    assert_eq!(error.to_string(), said);
    let error = read_back_blocking(&gpu.device, &gpu.queue, destroyed.slice(..)).unwrap_err();
    assert!(matches!(&error, GpuError::Device(_)), "{error}");

    let adapters = pollster::block_on(gpu.instance.enumerate_adapters(wgpu::Backends::all()));
    let open = || pollster::block_on(adapters[0].request_device(&Default::default())).unwrap();
    let [ours, theirs] =
        [open(), open()].map(|(device, queue)| Gpu { device, queue, ..Gpu::any() });
    let other = theirs.buffer(64);
    assert_eq!(refused(&ours, &other, 0..64, fill(16)), GpuError::OtherDevice);
    let error = read_back_blocking(&ours.device, &ours.queue, other.slice(..)).unwrap_err();
    assert_eq!(error, GpuError::OtherDevice);

    // Of another queue wgpu tells the handler alone, and the mapping's callback never.
    for gpu in [&ours, &theirs] {
        gpu.device.on_uncaptured_error(std::sync::Arc::new(|_| ()));
    }
    let own = ours.buffer(64);
    let error = read_back_blocking(&ours.device, &theirs.queue, own.slice(..)).unwrap_err();
    assert_eq!(error, GpuError::OtherDevice);
}

/// What a label says is no cause.
#[test]
fn a_label_that_speaks_of_devices() {
    let gpu = Gpu::any();
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("Device with 'a' label of b doesn't match Device with 'c' label"),
        size: 64,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    buffer.destroy();
    let error = refused(&gpu, &buffer, 0..64, fill(16));
    assert!(matches!(&error, GpuError::Device(text) if text.contains("destroyed")), "{error}");
}

#[test]
fn readback_without_the_usage() {
    let gpu = Gpu::any();
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 64,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    let error = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap_err();
    assert!(matches!(error, GpuError::Usage { needed: wgpu::BufferUsages::COPY_SRC, .. }));
}

#[test]
fn a_device_without_compute() {
    let none = |_| wgpu::Limits::downlevel_webgl2_defaults();
    for gpu in Gpu::all_with(wgpu::Features::empty(), none) {
        let error = Filler::new(&gpu.device).unwrap_err();
        assert!(matches!(error, GpuError::Limit { needed: 256, given: 0, .. }), "{error}");
    }
}

#[test]
fn a_device_of_tiny_bindings() {
    type Lower = fn(wgpu::Limits) -> wgpu::Limits;
    let tiny: [(u64, Lower); 4] = [
        (1024, |limits| wgpu::Limits { max_storage_buffer_binding_size: 1024, ..limits }),
        (4096, |limits| wgpu::Limits { max_buffer_size: 4096, ..limits }),
        (64, |limits| wgpu::Limits { max_uniform_buffer_binding_size: 64, ..limits }),
        (0, |limits| wgpu::Limits { max_bindings_per_bind_group: 0, ..limits }),
    ];
    for (least, tiny) in tiny {
        for gpu in Gpu::all_with(wgpu::Features::empty(), tiny) {
            let error = Filler::new(&gpu.device).unwrap_err();
            assert!(matches!(error, GpuError::Limit { given, .. } if given == least), "{error}");
        }
    }
}

#[test]
fn a_destroyed_device() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    let buffer = gpu.buffer(64);
    gpu.device.destroy();
    assert_eq!(filler.prepare([fill(16)]).unwrap_err(), GpuError::DeviceLost);
    let mut encoder = gpu.encoder();
    let error = filler.fill(&mut encoder, buffer.slice(..), &fill(16)).unwrap_err();
    assert_eq!(error, GpuError::DeviceLost);
    assert_eq!(Filler::new(&gpu.device).unwrap_err(), GpuError::DeviceLost);
    let error = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap_err();
    assert_eq!(error, GpuError::DeviceLost);
}

#[test]
fn a_cut_that_is_no_buffer() {
    let gpu = Gpu::any();
    let buffer = gpu.buffer(64);
    let filler = Filler::new(&gpu.device).unwrap();
    let mut encoder = gpu.encoder();
    filler.fill(&mut encoder, buffer.slice(0..0), &fill(0)).unwrap();
    gpu.queue.submit([encoder.finish()]);
}
