//! The hidden file that keeps a finished file's SHA-256.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::output::{self, Output};
use crate::{
    digest::hex,
    error::{Context, Result},
};

/// Bytes read at once.
const READ: usize = 4 << 20;

/// The digest of a file's bytes; `seen` is told how many were read.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn of_file(path: &Path, mut seen: impl FnMut(u64)) -> Result<String> {
    let mut read = || -> io::Result<String> {
        let (mut file, mut sha256) = (File::open(path)?, Sha256::new());
        let mut bytes = vec![0; READ];
        loop {
            let count = match file.read(&mut bytes) {
                Ok(0) => return Ok(hex(sha256)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            sha256.update(&bytes[..count]);
            seen(count as u64);
        }
    };
    read().with_context(|| path.display().to_string())
}

/// The hidden file beside a file that keeps its digest.
pub(super) fn sidecar(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".sha256");
    path.with_file_name(name)
}

/// The file that keeps a digest, unless it is none: a pipe would be waited for.
fn open(path: &Path) -> Option<File> {
    let path = sidecar(path);
    fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
    File::open(path).ok()
}

/// Keeps a finished file's digest, in the form that `sha256sum -c` reads.
///
/// # Errors
/// A folder that cannot be written to.
pub(super) fn keep(path: &Path, digest: &str) -> Result<()> {
    let mut out = Output::create(&sidecar(path), true)?;
    let written = out.write_all(line(path, digest).as_bytes());
    written.with_context(|| format!("output {}", sidecar(path).display()))?;
    out.finish()
}

/// What keeps a file's digest.
fn line(path: &Path, digest: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{digest}  {name}\n")
}

/// Writes what keeps a file's digest anew where it is not whole, as `sha256sum -c` needs it.
///
/// # Errors
/// Those of [`keep`].
pub(super) fn mend(path: &Path, digest: &str) -> Result<()> {
    let line = line(path, digest);
    let mut found = Vec::new();
    let read = open(path).map(|file| file.take(line.len() as u64 + 1).read_to_end(&mut found));
    if matches!(read, Some(Ok(_))) && found == line.as_bytes() {
        Ok(())
    } else {
        keep(path, digest)
    }
}

/// The digest that is kept for a file; none where there is none that can be read.
pub(super) fn kept(path: &Path) -> Option<String> {
    // More than this is not what was written.
    let mut text = Vec::new();
    open(path)?.take(1 << 12).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    let digest = text.split_whitespace().next()?;
    (digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| digest.to_owned())
}

/// Removes a file and the digest that is kept for it.
///
/// # Errors
/// A file that cannot be removed.
pub(super) fn remove(path: &Path) -> Result<()> {
    for path in [path, &sidecar(path)] {
        output::remove(path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}
