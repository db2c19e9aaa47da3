//! Files of rules: text that somebody wrote, and so not long.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// The text of a file of rules.
///
/// # Errors
/// A file that cannot be read, is too long or is no text.
#[cfg(feature = "files")]
pub(crate) fn read(path: &std::path::Path) -> Result<String> {
    use std::{fs::File, io::Read};

    use crate::error::{Context, ensure};

    /// Bytes that are read.
    const MAX: u64 = 1 << 20;
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MAX, "it is longer than 1 MiB; no more is read of rules");
    String::from_utf8(bytes).context("it is no UTF-8 text")
}

/// What is written in it.
///
/// # Errors
/// TOML of something else, with the line.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        // toml's own text spans lines and shows the source.
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        let hint = unquoted(text.lines().nth(line - 1).unwrap_or_default());
        Error::new(format_args!("line {line}: {}{hint}", error.message().replace('\n', "; ")))
    })
}

/// The line of a byte, from 1 on.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|&byte| byte == b'\n').count()
}

/// What to say of a line of TOML whose value is a word without quotes.
fn unquoted(line: &str) -> String {
    let Some((key, value)) = line.split_once('=') else { return String::new() };
    let value = value.split('#').next().unwrap_or_default().trim();
    let word = value.starts_with(|c: char| c.is_ascii_alphabetic() || "*_".contains(c))
        && !["true", "false", "inf", "nan"].contains(&value)
        && !value.contains(['"', '\'']);
    if !word {
        return String::new();
    }
    format!("; text needs quotes: {} = \"{value}\"", key.trim())
}
