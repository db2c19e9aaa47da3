//! Compiling a kernel holds nobody up who needs another one.
mod common;

use std::{sync::Arc, thread};

use common::Gpu;
use wgpu_weights::{Distribution, Dtype, Fill, Filler};

fn fills() -> impl Iterator<Item = Fill> {
    Dtype::FLOATS
        .iter()
        .map(|&dtype| Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [1000]).with_dtype(dtype))
}

/// Many threads want the same kernels at once: each is compiled once, and nobody is left waiting.
#[test]
fn threads_share_what_one_of_them_compiles() {
    let gpu = Arc::new(Gpu::any());
    let filler = Filler::new(&gpu.device).unwrap();
    let pipelines =
        || gpu.instance.generate_report().unwrap().hub.compute_pipelines.num_kept_from_user;
    let before = pipelines();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| filler.prepare(fills()).unwrap());
        }
    });
    assert_eq!(pipelines(), before + fills().count());
    // What is prepared is not compiled again by the fill itself.
    for fill in fills() {
        gpu.fill(&filler, &fill);
    }
    assert_eq!(pipelines(), before + fills().count());
}

/// What no buffer holds is prepared as its windows are, and does not take for ever.
#[test]
fn a_fill_of_any_size() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    let huge = Fill::new(Distribution::constant(1.0).unwrap(), [1 << 61]);
    filler.prepare([&huge]).unwrap();
    let none = Fill::new(Distribution::bits(), [1 << 62]);
    assert!(filler.prepare([none]).is_err());
    filler.prepare([Fill::new(Distribution::bits(), [0])]).unwrap();
}
