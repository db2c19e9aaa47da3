//! Kernels, parameters and expected digests as JSON, for any implementation of WebGPU.
//!
//! `cargo run --release -p wgpu-weights-proof -- cases > cases.json`, then `node proof/stacks/dawn.mjs cases.json`:
//! no Rust, no wgpu and no naga take part there.

use sha2::{Digest, Sha256};
use wgpu_weights::{
    Distribution, Dtype, Fill, cpu,
    kernel::{Draw, Kernel, Multiply},
    plan::{Limits, plan},
};

/// WebGPU's defaults.
const LIMITS: Limits = Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };

/// Every distribution and dtype; aligned, cut and strided windows; low and high addresses; the
/// edges of f32.
fn fills() -> Result<Vec<Fill>, Box<dyn std::error::Error>> {
    let mut fills = Vec::new();
    let floats = [
        Distribution::constant(0.1)?,
        Distribution::uniform(-0.3, 0.7)?,
        Distribution::normal(0.0, 1.0)?,
        Distribution::truncated_normal(0.0, 1.0, -2.0, 2.0)?,
    ];
    let bits = [(Distribution::bits(), Dtype::U32)];
    let all = floats.iter().flat_map(|&it| Dtype::FLOATS.map(|dtype| (it, dtype)));
    for (distribution, dtype) in bits.into_iter().chain(all) {
        let fill = Fill::new(distribution, 0).dtype(dtype).seed(42).stream(0xaf63_dc4c_8601_ec8c);
        fills.push(fill.window(0, 1 << 16));
        fills.push(fill.window((1 << 40) + 1, 65_537));
        fills.push(fill.shard(&[301, 5, 77], 2, 3..50)?);
    }
    // 2^26 addresses of each, far out.
    for distribution in [Distribution::bits(), floats[1], floats[2], floats[3]] {
        fills.push(Fill::new(distribution, 0).seed(u64::MAX).window((1 << 32) - 4, 1 << 26));
    }
    for edge in [Distribution::normal(0.0, 1e-38)?, Distribution::uniform(-1e-38, 3e-38)?] {
        fills.push(Fill::new(edge, 1 << 16));
    }
    Ok(fills)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn case(fill: &Fill) -> Result<String, Box<dyn std::error::Error>> {
    let mut bytes = vec![0; fill.bytes()? as usize];
    cpu::fill(fill, &mut bytes)?;
    let mut dispatches = Vec::new();
    let mut label = String::new();
    for dispatch in plan(fill, 0, LIMITS)? {
        let kernel = Kernel {
            draw: Draw::of(&fill.distribution()),
            dtype: fill.element_type(),
            store: dispatch.store,
            multiply: Multiply::Split,
        };
        label = kernel.label();
        dispatches.push(format!(
            r#"{{"kernel":"{label}","params":"{}","offset":{},"size":{},"workgroups":{:?}}}"#,
            hex(bytemuck::bytes_of(&dispatch.params)),
            dispatch.bind_offset,
            dispatch.bind_size,
            dispatch.workgroups
        ));
    }
    Ok(format!(
        r#"{{"name":"{label} {}","bytes":{},"sha256":"{}","dispatches":[{}]}}"#,
        fill.index_of(0),
        bytes.len(),
        hex(Sha256::digest(&bytes)),
        dispatches.join(",")
    ))
}

fn document() -> Result<String, Box<dyn std::error::Error>> {
    let kernels: Vec<String> = Kernel::all()
        .filter(|kernel| kernel.multiply == Multiply::Split)
        .map(|kernel| format!("{:?}:{:?}", kernel.label(), kernel.wgsl()))
        .collect();
    let cases: Vec<String> = fills()?.iter().map(case).collect::<Result<_, _>>()?;
    Ok(format!(
        r#"{{"entry_point":"{}","params_size":{},"kernels":{{{}}},"cases":[{}]}}"#,
        Kernel::ENTRY_POINT,
        Kernel::PARAMS_SIZE,
        kernels.join(","),
        cases.join(",\n")
    ))
}

pub(crate) fn run() -> bool {
    match document() {
        Ok(text) => println!("{text}"),
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    }
    true
}
