//! Safetensors files, from which only as much is read as is there.

use std::{fs::File, io::Read, path::Path};

use super::{
    MAX_HEADER,
    parse::{Header, parse},
};
use crate::error::{Context, Result, bail, ensure};

/// The header of a safetensors file, or of such a header as JSON.
///
/// # Errors
/// A file that is neither, or a header that no model can have.
pub(crate) fn header_of(path: &Path) -> Result<Header> {
    let (mut file, prefix) = begin(path)?;
    let text = if is_json(&prefix) {
        let mut text = prefix;
        let rest = MAX_HEADER + 1 - text.len() as u64;
        file.take(rest).read_to_end(&mut text)?;
        ensure!(
            text.len() as u64 <= MAX_HEADER,
            "it is longer than 100 MB, the largest header that safetensors takes"
        );
        if text.starts_with(BOM) {
            text.drain(..BOM.len());
        }
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        ensure!(
            first == Some(&b'{'),
            "it is neither a safetensors file nor JSON, an object of parameters"
        );
        text
    } else {
        header_text(&mut file, &prefix)?
    };
    parse(&text)
}

/// Opens a safetensors file; its header, the file, and where its data begins.
///
/// # Errors
/// A file that is no safetensors file, or whose tensors do not fill its data exactly.
pub fn open(path: &Path) -> Result<(Header, File, u64)> {
    let read = || {
        let (mut file, prefix) = begin(path)?;
        let toml = path.extension().is_some_and(|extension| extension == "toml");
        let what = match () {
            () if toml && is_text(&prefix) => Some("TOML"),
            () if is_json(&prefix) && begins_json(&prefix) => Some("JSON"),
            () if is_json(&prefix) => Some("text"),
            () => None,
        };
        if let Some(what) = what {
            bail!("it is {what}; values are read of safetensors files");
        }
        let text = header_text(&mut file, &prefix)?;
        let header = parse(&text)?;
        let data = 8 + text.len() as u64;
        let mut ranges = Vec::with_capacity(header.tensors.len());
        for entry in &header.tensors {
            let Some([begin, end]) = entry.offsets else {
                bail!("tensor {:?} has no data_offsets", entry.name);
            };
            ranges.push((begin, end, &entry.name));
        }
        ranges.sort_unstable();
        let mut at = 0;
        for (begin, end, name) in ranges {
            ensure!(begin == at, "the data of tensor {name:?} begins at byte {begin}, not at {at}");
            at = end;
        }
        let size = file.metadata()?.len();
        ensure!(
            size.checked_sub(data) == Some(at),
            "it has {size} bytes and its header tells of {}; it was cut or is not a safetensors file",
            u128::from(data) + u128::from(at)
        );
        Ok((header, file, data))
    };
    read().with_context(|| format!("{}", path.display()))
}

/// The file and its first eight bytes, or fewer where it has no more.
pub(crate) fn begin(path: &Path) -> Result<(File, Vec<u8>)> {
    let file = File::open(path)?;
    let mut prefix = Vec::with_capacity(8);
    (&file).take(8).read_to_end(&mut prefix)?;
    Ok((file, prefix))
}

/// The length of a header in its first eight bytes, as far as they are there.
fn header_length(prefix: &[u8]) -> Option<u64> {
    prefix.try_into().ok().map(u64::from_le_bytes)
}

/// What some editors begin a text with.
pub(crate) const BOM: &[u8] = "\u{feff}".as_bytes();

/// Whether this begins a text. No header is as long as eight bytes of text would say.
pub(crate) fn is_json(prefix: &[u8]) -> bool {
    let text = prefix.strip_prefix(BOM).unwrap_or(prefix);
    !text.is_empty()
        && text.iter().all(|byte| matches!(byte, b' '..=b'~') || byte.is_ascii_whitespace())
        && header_length(prefix).is_none_or(|length| length > MAX_HEADER)
}

/// Whether a text begins as JSON does.
fn begins_json(prefix: &[u8]) -> bool {
    let text = prefix.strip_prefix(BOM).unwrap_or(prefix);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"') | None)
}

/// Printable text, whose bytes are no length that a header can have.
fn is_text(prefix: &[u8]) -> bool {
    let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    !prefix.is_empty() && prefix.iter().all(printable)
}

/// The header after the eight bytes that tell its length; nothing is allocated that is not there.
pub(crate) fn header_text(file: &mut File, prefix: &[u8]) -> Result<Vec<u8>> {
    let Some(length) = header_length(prefix) else {
        bail!("it has {} bytes; it is neither a safetensors file nor JSON", prefix.len());
    };
    ensure!(
        !prefix.starts_with(b"PK\x03\x04"),
        "it is a zip archive, as torch.save writes; save the state_dict with safetensors.torch.save_file"
    );
    ensure!(
        length <= MAX_HEADER || !is_text(prefix),
        "it begins with text that is not JSON; it is neither a safetensors file nor JSON"
    );
    ensure!(
        length <= MAX_HEADER,
        "its first 8 bytes tell of a header of {length} bytes, above the 100 MB that safetensors \
         takes; it is neither a safetensors file nor JSON"
    );
    let metadata = file.metadata()?;
    ensure!(
        !metadata.is_file() || length <= metadata.len().saturating_sub(8),
        "its header of {length} bytes ends beyond its {} bytes; it was cut or is not a safetensors \
         file",
        metadata.len()
    );
    let mut text = Vec::new();
    file.take(length).read_to_end(&mut text)?;
    ensure!(text.len() as u64 == length, "it ends within its header of {length} bytes");
    Ok(text)
}
