//! Files of rules: text that somebody wrote, and so not long.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context, Result, ensure};

/// Bytes that are read.
const MAX: u64 = 1 << 20;

/// The text of a file of rules.
///
/// # Errors
/// A file that cannot be read, is too long or is no text.
pub(crate) fn read(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MAX, "it is longer than 1 MiB; no more is read of rules");
    String::from_utf8(bytes).context("it is no UTF-8 text")
}
