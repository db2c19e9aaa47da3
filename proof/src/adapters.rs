//! wgpu's adapters against the known answers and the CPU twin: a row of the README's table each.

use sha2::{Digest, Sha256};
use wgpu_weights::{Filler, gpu::read_back_blocking, wgpu};

use crate::{
    answers::hex,
    cases::expected,
    windows::{Case, cases},
};

pub(crate) type Error = Box<dyn std::error::Error>;

/// The software adapters, or the others, that `WGPU_BACKEND` and the drivers' own variables leave.
pub(crate) fn wanted(software: bool) -> Vec<wgpu::Adapter> {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle().with_env();
    let backends = descriptor.backends;
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
    adapters
        .retain(|adapter| (adapter.get_info().device_type == wgpu::DeviceType::Cpu) == software);
    adapters
}

/// Checks them; false where one differs or there is none.
pub(crate) fn run(software: bool) -> bool {
    let adapters = wanted(software);
    let mut exact = !adapters.is_empty();
    for adapter in &adapters {
        let info = adapter.get_info();
        print!("{} ({}) | {} | ", info.name, info.backend, driver(&info));
        match check(adapter) {
            Ok(found) => {
                println!(
                    "{} of {} | {} | {}",
                    found.answered, found.asked, found.values, found.differences
                );
                exact &= found.answered == found.asked && found.differences == 0;
            }
            Err(error) => {
                println!("not checked: {error} | | ");
                exact = false;
            }
        }
    }
    exact
}

fn driver(info: &wgpu::AdapterInfo) -> String {
    let driver = format!("{} {}", info.driver, info.driver_info);
    if driver.trim().is_empty() { info.name.clone() } else { driver.trim().into() }
}

#[derive(Default)]
struct Found {
    asked: usize,
    answered: usize,
    values: u64,
    differences: usize,
}

pub(crate) fn open(adapter: &wgpu::Adapter) -> Result<(wgpu::Device, wgpu::Queue), Error> {
    Ok(pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        required_features: adapter.features() & wgpu::Features::SHADER_INT64,
        required_limits: wgpu::Limits::downlevel_defaults(),
        ..Default::default()
    }))?)
}

fn check(adapter: &wgpu::Adapter) -> Result<Found, Error> {
    let (device, queue) = open(adapter)?;
    let filler = Filler::new(&device)?;
    let mut found = Found::default();
    for case in cases()? {
        let bytes = draw(&device, &queue, &filler, &case)?;
        if let Some(sha256) = &case.sha256 {
            found.asked += 1;
            found.answered += usize::from(hex(Sha256::digest(&bytes)) == *sha256);
            continue;
        }
        let size = case.fills[0].dtype().size() as usize;
        let expected = expected(&case)?;
        let pairs = expected.chunks(size).zip(bytes.chunks(size));
        let differences = pairs.filter(|(expected, found)| expected != found).count();
        if differences > 0 {
            eprintln!("{}: {differences} values differ", case.name);
        }
        found.values += case.values();
        found.differences += differences;
    }
    Ok(found)
}

/// The bytes of a case, made on the device.
fn draw(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    filler: &Filler,
    case: &Case,
) -> Result<Vec<u8>, Error> {
    let sizes = case.fills.iter().map(|fill| fill.bytes()).collect::<Result<Vec<u64>, _>>()?;
    let size: u64 = sizes.iter().sum();
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("wgpu-weights-proof"),
        size: size.next_multiple_of(4),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    let mut at = 0;
    let fills = case.fills.iter().zip(sizes).map(|(fill, size)| {
        at += size;
        (buffer.slice(at - size..at), fill)
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    filler.fill_many(&mut encoder, fills)?;
    queue.submit([encoder.finish()]);
    Ok(read_back_blocking(device, queue, buffer.slice(..size))?)
}
