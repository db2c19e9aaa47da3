//! What a run that was cut short has left, and what of it is good.

use std::{fs::File, io, io::Read, path::Path};

use super::{file::CheckpointFile, sidecar};
use crate::{
    error::{Context, Result, bail},
    provenance::Provenance,
    safetensors::{self, Header},
};

/// What is to be done about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// Make it; nothing is there.
    Make,
    /// Make it anew.
    Replace,
    /// It is there with the header it should have: see whether its bytes are the ones too.
    Check,
}

/// What is to be done about a file, by its header alone, and why where it is a surprise. The header tells
/// all that a file is made from, so an equal one means an equal file, unless it was damaged.
///
/// # Errors
/// A file of something else, unless `force` is set.
pub(super) fn todo(file: &CheckpointFile, force: bool) -> Result<(Todo, Option<&'static str>)> {
    let path = &file.path;
    let failed = || format!("output {}", path.display());
    let found = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Todo::Make, None)),
        found => found.with_context(failed)?,
    };
    if !found.metadata().with_context(failed)?.is_file() {
        bail!("output {} is not a regular file; choose another name", path.display());
    }
    let mut begin = Vec::new();
    found.take(file.header.len() as u64).read_to_end(&mut begin).with_context(failed)?;
    if begin == file.header {
        return Ok((Todo::Check, None));
    }
    if force {
        return Ok((Todo::Replace, None));
    }
    match difference(path, &file.header) {
        Some(difference) => {
            bail!("{} is of another checkpoint: {difference}; --force remakes it", path.display())
        }
        // Its digest says that it was ours.
        None if sidecar::kept(path).is_some() => Ok((Todo::Replace, Some("its header is damaged"))),
        None => bail!("{} was not made by this program; --force replaces it", path.display()),
    }
}

/// Why a file's bytes are not the ones that its digest was kept for, if they are not; if they are, the
/// digest's own file is whole afterwards. `read` is told how many bytes were read.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn damage(file: &CheckpointFile, read: impl FnMut(u64)) -> Result<Option<String>> {
    let path = &file.path;
    let Some(kept) = sidecar::kept(path) else {
        return Ok(Some("no SHA-256 was kept for it".into()));
    };
    let wanted = file.header.len() as u64 + file.bytes;
    let size = std::fs::metadata(path).with_context(|| path.display().to_string())?.len();
    if size != wanted {
        return Ok(Some(format!("it has {size} bytes instead of {wanted}")));
    }
    if sidecar::of_file(path, read)? != kept {
        return Ok(Some("its SHA-256 is not the one that was kept".into()));
    }
    sidecar::mend(path, &kept)?;
    Ok(None)
}

/// How a file's header differs from the one that it should have; none where it cannot be read.
pub(crate) fn difference(path: &Path, wanted: &[u8]) -> Option<String> {
    let found = safetensors::file::header_of(path).ok()?;
    let wanted = safetensors::parse(wanted.get(8..)?).ok()?;
    let [ours, theirs] = [&wanted, &found].map(|header| Provenance::read(&header.metadata));
    let (ours, theirs) = (ours.ok()?, theirs.ok()?);
    if theirs.contract_version.is_none() {
        return Some("it does not say that it was made by this program".into());
    }
    let process = |it: &Provenance| {
        it.process.map_or("none".into(), |it| format!("{} of {}", it.rank, it.world_size))
    };
    let difference = theirs.difference(&ours).or_else(|| {
        let [theirs, ours] = [process(&theirs), process(&ours)];
        (theirs != ours).then(|| format!("its rank is {theirs}, not {ours}"))
    });
    if difference.is_some() {
        return difference;
    }
    let dtypes = |header: &Header| {
        let mut dtypes: Vec<_> = header.tensors.iter().map(|tensor| tensor.dtype.clone()).collect();
        dtypes.sort();
        dtypes.dedup();
        dtypes.join(", ")
    };
    let (has, needs) = (dtypes(&found), dtypes(&wanted));
    Some(if has != needs {
        format!("its dtype is {has}, not {needs}")
    } else if found.tensors != wanted.tensors {
        "its parameters or their shapes are others".into()
    } else {
        "its distributions or slices are others".into()
    })
}
