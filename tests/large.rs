//! A buffer of 2 GiB, many bindings long, checked by digest against the CPU twin.
//!
//! wgpu's largest buffer is 2^31 - 1 bytes, so this is the last multiple of four below 2 GiB.
mod common;

use common::Gpu;
use sha2::{Digest, Sha256};
use wgpu_weights::{Distribution, Dtype, Fill, Filler, cpu, gpu::read_back_blocking, wgpu};

const SIZE: u64 = (2 << 30) - 4;
const PIECE: u64 = 64 << 20;

#[test]
fn two_gibibytes() {
    let limits = |limits: wgpu::Limits| wgpu::Limits { max_buffer_size: SIZE, ..limits };
    let gpus = Gpu::all_where(wgpu::Features::SHADER_INT64, limits, |adapter| {
        adapter.limits().max_buffer_size >= SIZE
    });
    for gpu in gpus {
        // Elements 2^33 - 2^29 .. 2^33 + 2^29 of a tensor, in bf16.
        let fill = Fill::new(Distribution::normal(0.0, 0.02).unwrap(), [1 << 20, 1 << 14])
            .with_dtype(Dtype::BF16)
            .with_name("model.embed_tokens.weight")
            .window((1 << 33) - (1 << 29), SIZE / 2)
            .unwrap();
        let filler = Filler::new(&gpu.device).unwrap();
        let buffer = gpu.buffer(SIZE);
        let mut encoder = gpu.encoder();
        filler.fill(&mut encoder, buffer.slice(..), &fill).unwrap();
        gpu.queue.submit([encoder.finish()]);

        let (mut found, mut expected) = (Sha256::new(), Sha256::new());
        let mut piece = vec![0; PIECE as usize];
        for at in (0..SIZE).step_by(PIECE as usize) {
            let end = (at + PIECE).min(SIZE);
            let slice = buffer.slice(at..end);
            found.update(read_back_blocking(&gpu.device, &gpu.queue, slice).unwrap());
            let piece = &mut piece[..(end - at) as usize];
            let part = fill.clone().window(at / 2, (end - at) / 2).unwrap();
            cpu::fill(&part, piece).unwrap();
            expected.update(&piece);
        }
        assert_eq!(found.finalize(), expected.finalize(), "{}", gpu.name);
    }
}
