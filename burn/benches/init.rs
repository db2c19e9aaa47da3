//! A module initialised by burn and by a fill of its memory, on one device, turn by turn.
//!
//! `cargo bench --manifest-path burn/Cargo.toml --bench init`. Medians of eleven runs after two warm-ups, from the call
//! to the device at rest. The floor is `clear_buffer` of as many bytes. burn takes its device from
//! `CUBECL_WGPU_DEFAULT_DEVICE` (`Cpu`, `DiscreteGpu(0)`).

use std::{
    error::Error,
    time::{Duration, Instant},
};

use burn::{
    Tensor,
    module::{Module, ModuleVisitor, Param},
    nn::{
        Initializer,
        transformer::{TransformerEncoder, TransformerEncoderConfig},
    },
    tensor::{Device, wgpu::WgpuSetup},
};
use wgpu_weights_burn::{
    Gpu, Parameter, RuleError, burn_defaults, init,
    wgpu_weights::{Distribution, wgpu},
};

const RUNS: usize = 11;
const WARM_UPS: usize = 2;

type Contender<'a> = (&'a str, &'a dyn Fn() -> Result<(), Box<dyn Error>>);

fn main() -> Result<(), Box<dyn Error>> {
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    let info = setup.adapter.get_info();
    println!("{} ({}), {} {}", info.name, info.backend, info.driver, info.driver_info);
    let gpu = Gpu::new(&setup)?;
    let encoder = TransformerEncoderConfig::new(768, 3072, 12, 6);
    compare("uniform", &encoder, burn_defaults, &device, &setup, &gpu)?;
    let normal = Initializer::Normal { mean: 0.0, std: 0.02 };
    compare("normal", &encoder.with_initializer(normal), normals, &device, &setup, &gpu)
}

/// Of every `Linear`, a normal; of the norms, burn's ones and zeros.
fn normals(it: &Parameter<'_>) -> Result<Distribution, RuleError> {
    match it.container() {
        "Linear" => Ok(Distribution::normal(0.0, 0.02)?),
        _ => burn_defaults(it),
    }
}

fn compare(
    law: &str,
    config: &TransformerEncoderConfig,
    rule: fn(&Parameter<'_>) -> Result<Distribution, RuleError>,
    device: &Device,
    setup: &WgpuSetup,
    gpu: &Gpu,
) -> Result<(), Box<dyn Error>> {
    let rest = || -> Result<(), Box<dyn Error>> {
        device.sync()?;
        setup.device.poll(wgpu::PollType::wait_indefinitely())?;
        Ok(())
    };
    let burn = || {
        config.init(device).visit(&mut Initialise);
        rest()
    };
    let in_place = || {
        let module: TransformerEncoder = gpu.init(config.init(device), 42, rule)?;
        rest()?;
        drop(module);
        Ok(())
    };
    let by_twin = || {
        let module: TransformerEncoder = init(config.init(device), 42, rule)?;
        rest()?;
        drop(module);
        Ok(())
    };
    let parameters = config.init(device).num_params();
    let zeros = buffer(setup, 4 * parameters as u64);
    let floor = || {
        let mut encoder = setup.device.create_command_encoder(&Default::default());
        encoder.clear_buffer(&zeros, 0, None);
        setup.queue.submit([encoder.finish()]);
        rest()
    };
    let contenders: [Contender<'_>; 4] = [
        ("burn's own", &burn),
        ("in place", &in_place),
        ("by the twin, uploaded", &by_twin),
        ("clear_buffer", &floor),
    ];
    let medians = medians(&contenders)?;
    println!("{law}: an encoder of {parameters} parameters, {} MiB", parameters >> 18);
    for ((name, _), median) in contenders.iter().zip(&medians) {
        let (ms, ratio) =
            (median.as_secs_f64() * 1e3, medians[0].as_secs_f64() / median.as_secs_f64());
        println!("  {name:<22} {ms:8.1} ms, {ratio:6.2} times as fast as burn's own");
    }
    Ok(())
}

fn medians(contenders: &[Contender<'_>]) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut times = vec![Vec::new(); contenders.len()];
    for turn in 0..WARM_UPS + RUNS {
        for ((_, run), times) in contenders.iter().zip(&mut times) {
            let start = Instant::now();
            run()?;
            if turn >= WARM_UPS {
                times.push(start.elapsed());
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    Ok(times.into_iter().map(median).collect())
}

fn buffer(setup: &WgpuSetup, size: u64) -> wgpu::Buffer {
    setup.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Makes lazy parameters, as burn does at their first use.
struct Initialise;

impl ModuleVisitor for Initialise {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }
}
