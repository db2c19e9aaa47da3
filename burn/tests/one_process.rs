//! What needs a process of its own: a queue whose submissions are counted, and a device whose default dtype is set.

mod shared;

#[cfg(feature = "fusion")]
use burn::backend::wgpu::CubeBackend;
use burn::{
    Tensor,
    backend::{Cube, wgpu::AutoCompiler},
    cubecl::wgpu::WgpuServer,
    module::{Module, ModuleVisitor, Param},
    nn::{Linear, LinearConfig},
    tensor::{Device, FloatDType, wgpu::WgpuSetup},
};
use shared::{seen, twin};
use wgpu_weights_burn::{
    Gpu, burn_defaults, init,
    wgpu_weights::{Distribution, Dtype, Fill, Filler, gpu::read_back_blocking, wgpu},
};

#[derive(Module, Debug)]
struct Layers {
    layers: Vec<Linear>,
}

fn layers(count: usize, device: &Device) -> Layers {
    Layers { layers: (0..count).map(|_| LinearConfig::new(256, 128).init(device)).collect() }
}

/// How many submissions the queue has had; asking is one more.
fn submissions(queue: &wgpu::Queue) -> u64 {
    // wgpu says no more of it than this text: "SubmissionIndex { index: 7 }".
    let text = format!("{:?}", queue.submit([]));
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn twenty_parameters_are_one_submission_and_no_memory_but_their_own() {
    let (device, setup) = Device::wgpu_options().init_with_setup().unwrap();
    let gpu = Gpu::new(&setup).unwrap();
    // burn has started by then, and what the first dispatch needs is there.
    gpu.init(layers(1, &device), 1, burn_defaults).unwrap();
    device.sync().unwrap();

    let one = of_one_fill(&setup);
    let module = layers(10, &device);
    let (memory, before) = (device.memory_pool_usage().unwrap(), submissions(&setup.queue));
    let module = gpu.init(module, 42, burn_defaults).unwrap();
    let (after, now) = (submissions(&setup.queue), device.memory_pool_usage().unwrap());
    assert_eq!(after - before, one);
    assert_eq!(now.number_allocs - memory.number_allocs, 20);
    assert_eq!(now.bytes_in_use - memory.bytes_in_use, 10 * 4 * (256 * 128 + 128));

    // burn has done nothing since: what its buffers hold is what the fills wrote.
    let mut buffers = Buffers { setup: &setup, path: Vec::new(), read: 0 };
    module.visit(&mut buffers);
    assert_eq!(buffers.read, 20);
}

/// What one submission of one fill adds to [`submissions`]: wgpu makes one of its own after it, to map what parameters
/// are uploaded through.
fn of_one_fill(setup: &WgpuSetup) -> u64 {
    let buffer = setup.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4096,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    let fill = Fill::new(Distribution::constant(1.0).unwrap(), [1024]);
    let filler = Filler::new(&setup.device).unwrap();
    let before = submissions(&setup.queue);
    let mut encoder = setup.device.create_command_encoder(&Default::default());
    filler.fill(&mut encoder, buffer.slice(..), &fill).unwrap();
    setup.queue.submit([encoder.finish()]);
    submissions(&setup.queue) - before
}

/// Holds the buffer that burn's tensor lies in against the twin.
struct Buffers<'a> {
    setup: &'a WgpuSetup,
    path: Vec<String>,
    read: usize,
}

impl ModuleVisitor for Buffers<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.into());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, bound) = (self.path.join("."), 1.0 / 16.0);
        let shape = param.dims().map(|it| it as u64);
        let fill = Fill::new(Distribution::uniform(-bound, bound).unwrap(), shape).with_seed(42);
        let twin = twin(&fill.with_name(&name));
        let tensor = param.val().try_into_primitive::<Cube>().unwrap();
        #[cfg(feature = "fusion")]
        let tensor = tensor.client.clone().resolve_tensor_float::<CubeBackend>(tensor);
        let resource = tensor.client.get_resource::<WgpuServer<AutoCompiler>>(tensor.handle);
        let resource = resource.unwrap();
        let (buffer, start) = (&resource.resource().buffer, resource.resource().offset);
        let slice = buffer.slice(start..start + twin.len() as u64);
        let bytes = read_back_blocking(&self.setup.device, &self.setup.queue, slice).unwrap();
        assert_eq!(bytes, twin, "{name}");
        self.read += 1;
    }
}

#[test]
fn lazy_parameters_have_the_dtype_that_is_their_devices() {
    let mut device = Device::flex();
    device.configure(FloatDType::BF16).unwrap();
    let found = seen(&init(layers(1, &device), 42, burn_defaults).unwrap());
    let law = Distribution::uniform(-1.0 / 16.0, 1.0 / 16.0).unwrap();
    for it in found {
        let fill = Fill::new(law, it.shape()).with_seed(42).with_name(&it.path);
        assert_eq!(it.data.as_bytes(), twin(&fill.with_dtype(Dtype::BF16)), "{}", it.path);
    }
}
