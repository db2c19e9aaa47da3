//! What a run that was cut short has left, and what of it is good.

use std::{fs::File, io, io::Read, path::Path};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;

use crate::{
    digest,
    job::Job,
    progress::say,
    template::{self, Header},
};

/// What is to be done about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    /// Make it; nothing is there.
    Make,
    /// Make it anew.
    Replace,
    /// It is there with the header it should have: see whether its bytes are the ones too.
    Check,
}

/// What is to be done about a file, by its header alone. The header tells all that a file is made
/// from, so an equal one means an equal file, unless it was damaged.
///
/// # Errors
/// A file of something else, unless `force` is set.
pub(crate) fn todo(job: &Job, force: bool) -> Result<Todo> {
    let path = &job.path;
    let failed = || format!("output {}", path.display());
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Todo::Make),
        file => file.with_context(failed)?,
    };
    if !file.metadata().with_context(failed)?.is_file() {
        bail!("output {} is not a regular file; choose another name", path.display());
    }
    let mut begin = Vec::new();
    file.take(job.header.len() as u64).read_to_end(&mut begin).with_context(failed)?;
    if begin == job.header {
        return Ok(Todo::Check);
    }
    if force {
        return Ok(Todo::Replace);
    }
    match difference(path, &job.header) {
        Some(difference) => {
            bail!("{} is of another checkpoint: {difference}; --force remakes it", path.display())
        }
        // Its digest says that it was ours.
        None if digest::kept(path).is_some() => {
            say(format_args!("{}: its header is damaged; it is remade", path.display()));
            Ok(Todo::Replace)
        }
        None => bail!("{} was not made by this program; --force replaces it", path.display()),
    }
}

/// Whether a file's bytes are the ones that its digest was kept for; if so, the digest's own file
/// is whole afterwards.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn is_good(job: &Job, bar: &ProgressBar) -> Result<bool> {
    let (path, begun) = (&job.path, bar.position());
    let remade = |why: &str| {
        say(format_args!("{}: {why}; it is remade", path.display()));
        bar.set_position(begun);
        Ok(false)
    };
    let Some(kept) = digest::kept(path) else { return remade("no SHA-256 was kept for it") };
    let wanted = job.header.len() as u64 + job.bytes;
    let size = std::fs::metadata(path).with_context(|| path.display().to_string())?.len();
    if size != wanted {
        return remade(&format!("it has {size} bytes instead of {wanted}"));
    }
    if digest::of_file(path, |bytes| bar.inc(bytes))? != kept {
        return remade("its SHA-256 is not the one that was kept");
    }
    digest::mend(path, &kept)?;
    bar.set_position(begun + job.bytes);
    Ok(true)
}

/// How a file's header differs from the one that it should have; none where it cannot be read.
pub(crate) fn difference(path: &Path, wanted: &[u8]) -> Option<String> {
    let found = template::read(path).ok()?;
    let wanted = template::parse(wanted.get(8..)?).ok()?;
    for key in ["generator", "seed", "recipe", "contract_version", "crate_version", "rank"] {
        let (found, wanted) = (found.metadata.get(key), wanted.metadata.get(key));
        if found != wanted {
            let name = |it: Option<&String>| it.map_or("none".into(), |it| format!("{it:?}"));
            return Some(format!("its {key} is {}, not {}", name(found), name(wanted)));
        }
    }
    let dtypes = |header: &Header| {
        let mut dtypes: Vec<_> = header.entries.iter().map(|entry| entry.dtype.clone()).collect();
        dtypes.sort();
        dtypes.dedup();
        dtypes.join(", ")
    };
    let (has, needs) = (dtypes(&found), dtypes(&wanted));
    Some(if has != needs {
        format!("its dtype is {has}, not {needs}")
    } else if found.entries != wanted.entries {
        "its parameters or their shapes are others".into()
    } else {
        "its distributions or slices are others".into()
    })
}
