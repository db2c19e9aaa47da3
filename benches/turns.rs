//! Fills on request, for peers in other languages that take turns with it in one run: a line
//! `gpu normal f32 16777216` is answered by the seconds that one fill took. `cpu` fills on all cores.

mod device;

use std::{
    error::Error,
    io::{BufRead, Write},
    time::Instant,
};

use device::Gpu;
use wgpu_weights::{Distribution, Dtype, Fill, cpu, wgpu};

/// What the last line asked for, which the next will ask for again.
enum Target {
    None,
    Gpu(wgpu::Buffer),
    Cpu(Vec<u8>),
}

fn main() -> Result<(), Box<dyn Error>> {
    let gpu = Gpu::open();
    let (mut last, mut target) = (String::new(), Target::None);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [backend, distribution, dtype, count] = words[..] else {
            return Err(format!("not a fill: {line}").into());
        };
        let distribution = match distribution {
            "normal" => Distribution::normal(0.0, 0.02)?,
            _ => Distribution::uniform(-0.1, 0.1)?,
        };
        let dtype: Dtype = dtype.to_uppercase().parse()?;
        let fill = Fill::new(distribution, [count.parse()?]).with_dtype(dtype).with_seed(42);
        if line != last {
            target = match backend {
                "gpu" => Target::Gpu(gpu.buffer(fill.bytes()?)),
                _ => Target::Cpu(vec![0; fill.bytes()? as usize]),
            };
            last = line;
            once(&gpu, &fill, &mut target)?;
        }
        let start = Instant::now();
        once(&gpu, &fill, &mut target)?;
        println!("{}", start.elapsed().as_secs_f64());
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn once(gpu: &Gpu, fill: &Fill, target: &mut Target) -> Result<(), Box<dyn Error>> {
    match target {
        Target::None => {}
        Target::Gpu(buffer) => {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            gpu.filler.fill(&mut encoder, buffer.slice(..), fill)?;
            gpu.queue.submit([encoder.finish()]);
            gpu.wait();
        }
        Target::Cpu(host) => cpu::fill(fill, host)?,
    }
    Ok(())
}
