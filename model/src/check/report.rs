//! The tensors of a checkpoint's files, measured.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::measure::{Measured, measure};
use crate::{
    checkpoint,
    error::{Context, Result, bail},
    provenance::Provenance,
    safetensors::{self, TensorInfo},
};

/// What was found in the files of a checkpoint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The tensors, in the order of the files and their headers.
    pub tensors: Vec<Measured>,
    /// Tensors of a dtype that is not measured.
    pub skipped: Vec<TensorInfo>,
    /// Tensors that a file promises and does not have.
    pub missing: Vec<String>,
    /// Files that do not say what they were drawn from.
    pub silent: Vec<PathBuf>,
}

impl Report {
    /// The tensors that are not as promised, or that have NaN or infinite values that nobody promised.
    pub fn failed(&self) -> impl Iterator<Item = &Measured> {
        self.tensors.iter().filter(|it| it.failed())
    }
}

/// Measures a checkpoint (a safetensors file, an index of several, or a folder with `model.safetensors` or its
/// index) and holds every tensor against what its file promises. `progress` is told how many bytes of how many
/// are done.
///
/// # Errors
/// What is no checkpoint; files of different checkpoints, or of a contract that is not known; a file that cannot
/// be read; no memory.
///
/// ```
/// # use wgpu_weights_model::{CheckpointOptions, CheckpointWriter, Recipe, Template, check, draw::{ByteSource, CpuSource}};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("m.safetensors");
/// # let template = Template::new([("wte.weight", "F32", &[1000, 64][..])])?;
/// # let plan = Recipe::built_in("gpt2")?.plan(&template, None)?;
/// # let sources = || CpuSource::new().map(|cpu| vec![Box::new(cpu) as Box<dyn ByteSource>]);
/// # CheckpointWriter::new(&plan, CheckpointOptions::new(&path, 42))?.write(sources, |_| ())?;
/// let report = check::checkpoint(&path, |_done, _total| ())?;
/// assert_eq!((report.tensors.len(), report.failed().count()), (1, 0));
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
pub fn checkpoint(path: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Report> {
    let (mut opened, mut total, mut first) = (Vec::new(), 0, None);
    let mut report = Report {
        tensors: Vec::new(),
        skipped: Vec::new(),
        missing: Vec::new(),
        silent: Vec::new(),
    };
    for path in checkpoint::files_of(path)? {
        let (header, file, data) = safetensors::open(&path)?;
        let named = || path.display().to_string();
        let provenance = Provenance::read(&header.metadata).with_context(named)?;
        provenance.check_contract().with_context(named)?;
        if let Some((other, first)) = &first
            && let Some(difference) = provenance.difference(first)
        {
            bail!("{} is of another checkpoint than {other}: {difference}", named());
        }
        let has: HashSet<&str> = header.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        let missing = provenance.laws.keys().filter(|name| !has.contains(name.as_str()));
        report.missing.extend(missing.cloned());
        let laws = provenance.laws.clone();
        first.get_or_insert((named(), provenance));
        if laws.is_empty() {
            report.silent.push(path.clone());
        }
        total += header.tensors.iter().map(|tensor| tensor.bytes).sum::<u64>();
        opened.push((path, header, file, data, laws));
    }
    let mut done = 0;
    for (path, header, mut file, data, laws) in opened {
        for tensor in header.tensors {
            let promised = laws.get(&tensor.name).copied();
            let measured = measure(&mut file, data, &tensor, promised);
            done += tensor.bytes;
            match measured.with_context(|| path.display().to_string())? {
                Some(measured) => report.tensors.push(measured),
                None => report.skipped.push(tensor),
            }
            progress(done, total);
        }
    }
    Ok(report)
}
