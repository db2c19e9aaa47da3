//! burn's GPU generator beside a fill, on one device, turn by turn.
//!
//! `cargo run --release --manifest-path benches/burn/Cargo.toml` writes target/peers/burn.json for
//! `bench-report`. Medians of fifteen runs after two warm-ups, from the call to the device at rest.
//! burn takes its device from `CUBECL_WGPU_DEFAULT_DEVICE` (`Cpu`, `DiscreteGpu(0)`).

use std::{error::Error, fs, path::Path, time::Instant};

use burn_tensor::{Device, Distribution, Tensor, wgpu::WgpuSetup};
use serde_json::json;
use wgpu_weights::{Fill, Filler, wgpu};

/// burn binds a tensor whole: 128 MiB is what every device can.
const EXPONENTS: [u32; 4] = [16, 20, 24, 25];

fn main() -> Result<(), Box<dyn Error>> {
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    let info = setup.adapter.get_info();
    println!("{} ({}), {} {}", info.name, info.backend, info.driver, info.driver_info);
    let filler = Filler::new(&setup.device)?;
    let mut rows = Vec::new();
    for (name, theirs, ours) in [
        (
            "normal/f32",
            Distribution::Normal(0.0, 0.02),
            wgpu_weights::Distribution::normal(0.0, 0.02)?,
        ),
        (
            "uniform/f32",
            Distribution::Uniform(-0.1, 0.1),
            wgpu_weights::Distribution::uniform(-0.1, 0.1)?,
        ),
    ] {
        for exponent in EXPONENTS {
            let count = 1u64 << exponent;
            let fill = Fill::new(ours, [count]).with_seed(42);
            let buffer = setup.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: 4 * count,
                usage: wgpu::BufferUsages::STORAGE,
                mapped_at_creation: false,
            });
            let mut times = [Vec::new(), Vec::new()];
            for turn in 0..17 {
                let start = Instant::now();
                let tensor = Tensor::<1>::random([count as usize], theirs, &device);
                device.sync()?;
                let burn = start.elapsed();
                drop(tensor);
                let start = Instant::now();
                fill_once(&setup, &filler, &buffer, &fill)?;
                let own = start.elapsed();
                if turn >= 2 {
                    times[0].push(burn);
                    times[1].push(own);
                }
            }
            let [burn, own] = times.map(|mut times| {
                times.sort();
                count as f64 / times[times.len() / 2].as_secs_f64() / 1e6
            });
            println!(
                "{name} 2^{exponent}: burn {burn:.0}, wgpu-weights {own:.0} Melem/s: {:.2}",
                own / burn
            );
            rows.push(json!({
                "name": name, "count": count, "contender": "burn", "melems": burn, "beside": {"gpu": own},
            }));
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers");
    fs::create_dir_all(&folder)?;
    // As the lock file names it.
    let (_, version) = include_str!("../Cargo.lock")
        .split_once("name = \"burn-tensor\"\nversion = \"")
        .ok_or("no burn-tensor in Cargo.lock")?;
    let version = version.split('"').next().unwrap_or_default();
    let found = json!({"versions": [format!("burn {version}")], "rows": rows});
    Ok(fs::write(folder.join("burn.json"), serde_json::to_string_pretty(&found)?)?)
}

fn fill_once(
    setup: &WgpuSetup,
    filler: &Filler,
    buffer: &wgpu::Buffer,
    fill: &Fill,
) -> Result<(), Box<dyn Error>> {
    let mut encoder = setup.device.create_command_encoder(&Default::default());
    filler.fill(&mut encoder, buffer.slice(..), fill)?;
    setup.queue.submit([encoder.finish()]);
    setup.device.poll(wgpu::PollType::wait_indefinitely())?;
    Ok(())
}
