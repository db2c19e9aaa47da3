//! The kernels in the languages that back ends are given, a file each: `kernels FOLDER`. Beside each
//! draw's fastest kernel lies `LABEL.unfenced`, whose fences fence nothing, so that a check can be seen to fail.

use std::{collections::HashSet, fs, io, path::Path};

use naga::proc::BoundsCheckPolicy;
use wgpu_weights::{
    Dtype,
    kernel::{Draw, Integers, Kernel, Store},
};

use crate::{
    edits::{Edit, edits, unfenced},
    translate::{Valid, validate_source},
};

/// How the labels of controls end.
pub(crate) const UNFENCED: &str = ".unfenced";

/// A kernel's name and source.
pub(crate) struct Source {
    pub(crate) label: String,
    pub(crate) kernel: Kernel,
    pub(crate) wgsl: String,
}

impl Source {
    pub(crate) fn valid(&self) -> Valid {
        validate_source(&self.label, &self.wgsl, self.kernel.integers)
    }
}

/// Every kernel that draws, but for those of the same text as another, and the controls.
pub(crate) fn sources() -> Vec<Source> {
    let mut texts = HashSet::new();
    let mut sources = Vec::new();
    // What only copies has nothing to round.
    for kernel in Kernel::all().filter(|kernel| kernel.draw != Draw::Given) {
        let wgsl = kernel.wgsl();
        if texts.insert(wgsl.clone()) {
            sources.push(Source { label: kernel.label(), kernel, wgsl });
        }
    }
    let controls: Vec<Source> = sources.iter().filter_map(control).collect();
    sources.into_iter().chain(controls).collect()
}

/// What was tried for the normal of mean 0, each with what it is; their files are `candidate_NUMBER`.
pub(crate) fn candidates() -> Vec<(Edit, Source)> {
    let (integers, draw) = (Integers::U64, Draw::CentredNormal);
    let kernel = Kernel { draw, dtype: Dtype::F32, store: Store::Aligned, integers };
    let edits = edits(integers, true).into_iter().enumerate();
    edits
        .map(|(at, edit)| {
            let (label, wgsl) = (format!("candidate_{at}"), edit.source.clone());
            (edit, Source { label, kernel, wgsl })
        })
        .collect()
}

/// Where there is something to fence.
fn control(Source { label, kernel, wgsl }: &Source) -> Option<Source> {
    let fastest = kernel.dtype == Dtype::F32 && kernel.store == Store::Aligned;
    let rounds = !matches!(
        kernel.draw,
        Draw::Bits | Draw::Constant | Draw::Diagonal | Draw::Sparse | Draw::Given
    );
    (fastest && rounds).then(|| Source {
        label: format!("{label}{UNFENCED}"),
        kernel: *kernel,
        wgsl: unfenced(wgsl),
    })
}

fn write(folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let sources = sources();
    let candidates = candidates();
    for source in sources.iter().chain(candidates.iter().map(|(_, source)| source)) {
        let valid = source.valid();
        let file = |extension: &str| folder.join(format!("{}.{extension}", source.label));
        let spirv = valid.spirv(BoundsCheckPolicy::Unchecked);
        fs::write(file("spv"), bytemuck::cast_slice(&spirv))?;
        fs::write(file("metal"), valid.msl())?;
        fs::write(file("dxc.hlsl"), valid.hlsl())?;
        if source.kernel.integers == Integers::U32 {
            fs::write(file("fxc.hlsl"), valid.hlsl_for_fxc())?;
        }
    }
    Ok(sources.len())
}

pub(crate) fn run(folder: &str) -> bool {
    match write(Path::new(folder)) {
        Ok(count) => println!("{count} kernels in {folder}"),
        Err(error) => {
            eprintln!("{folder}: {error}");
            return false;
        }
    }
    true
}
