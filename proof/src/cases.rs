//! Kernels, parameters and expected digests as JSON, for any implementation of WebGPU: no Rust, no
//! wgpu and no naga take part there (`proof/stacks`).

use sha2::{Digest, Sha256};
use wgpu_weights::{
    Params, cpu,
    kernel::{Integers, Kernel},
    plan::{Limits, plan},
};

use crate::{
    answers::hex,
    windows::{self, Case},
};

/// WebGPU's defaults.
pub(crate) const LIMITS: Limits =
    Limits { max_binding: 128 << 20, alignment: 256, max_workgroups: 65_535 };

/// The CPU twin's bytes.
pub(crate) fn expected(case: &Case) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    for fill in &case.fills {
        let at = bytes.len();
        bytes.resize(at + fill.bytes()? as usize, 0);
        cpu::fill(fill, &mut bytes[at..])?;
    }
    Ok(bytes)
}

fn json(case: &Case) -> Result<String, Box<dyn std::error::Error>> {
    let mut dispatches = Vec::new();
    let mut bytes = 0;
    for fill in &case.fills {
        let mut made = Vec::new();
        if fill.is_made_on_host() {
            made.resize(fill.bytes()? as usize, 0);
            cpu::fill(fill, &mut made)?;
        }
        for dispatch in plan(fill, bytes, LIMITS)? {
            let kernel = dispatch.kernel(Integers::U32);
            let [from, to] = dispatch.bytes.map(|at| at as usize);
            let given = match made.get(from..to) {
                Some(part) if fill.is_made_on_host() => {
                    let mut source = vec![0; dispatch.source_size() as usize];
                    let first = dispatch.params.first as usize;
                    source[first..first + part.len()].copy_from_slice(part);
                    format!(r#","given":"{}""#, hex(source))
                }
                _ => String::new(),
            };
            dispatches.push(format!(
                r#"{{"kernel":"{}","params":"{}","offset":{},"size":{},"workgroups":{:?}{given}}}"#,
                kernel.label(),
                hex(bytemuck::bytes_of(&dispatch.params)),
                dispatch.bind_offset,
                dispatch.bind_size,
                dispatch.workgroups
            ));
        }
        bytes += fill.bytes()?;
    }
    let sha256 = match &case.sha256 {
        Some(sha256) => sha256.clone(),
        None => hex(Sha256::digest(expected(case)?)),
    };
    Ok(format!(
        r#"{{"name":{:?},"known":{},"values":{},"bytes":{bytes},"sha256":"{sha256}","dispatches":[{}]}}"#,
        case.name,
        case.sha256.is_some(),
        case.values(),
        dispatches.join(",")
    ))
}

fn document() -> Result<String, Box<dyn std::error::Error>> {
    let kernels: Vec<String> = Kernel::all()
        .filter(|kernel| kernel.integers == Integers::U32)
        .map(|kernel| format!("{:?}:{:?}", kernel.label(), kernel.wgsl()))
        .collect();
    let fields: Vec<String> = Params::FIELDS
        .iter()
        .map(|it| {
            format!(r#"{{"name":"{}","type":"{}","offset":{}}}"#, it.name, it.wgsl, it.offset)
        })
        .collect();
    let cases: Vec<String> = windows::cases()?.iter().map(json).collect::<Result<_, _>>()?;
    let (params, output, source) = (Kernel::PARAMS, Kernel::OUTPUT, Kernel::SOURCE);
    Ok(format!(
        r#"{{"entry_point":"{}","workgroup_size":{},
"params":{{"group":{},"binding":{},"size":{},"fields":[{}]}},
"output":{{"group":{},"binding":{}}},
"source":{{"group":{},"binding":{}}},
"kernels":{{{}}},"cases":[{}]}}"#,
        Kernel::ENTRY_POINT,
        Kernel::WORKGROUP_SIZE,
        params.group,
        params.binding,
        Kernel::PARAMS_SIZE,
        fields.join(","),
        output.group,
        output.binding,
        source.group,
        source.binding,
        kernels.join(",\n"),
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
