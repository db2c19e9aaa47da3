//! A tensor's bytes in a file, piece by piece.

use std::io::{Read, Seek, SeekFrom};

use crate::{
    error::{Context, Result},
    memory,
    safetensors::TensorInfo,
};

/// Bytes read at once; a multiple of every element's size.
pub(super) const PIECE: usize = 4 << 20;

/// Hands on the bytes of a tensor, each piece with where it begins; the data of `file` begins at byte `data`.
///
/// # Errors
/// A file that cannot be read; no memory; what `each` says.
pub(super) fn pieces(
    file: &mut (impl Read + Seek),
    data: u64,
    tensor: &TensorInfo,
    buffer: &mut Vec<u8>,
    mut each: impl FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let from = data.checked_add(tensor.offsets.map_or(0, |[begin, _]| begin));
    let from = from.filter(|from| from.checked_add(tensor.bytes).is_some());
    let from = from.with_context(|| format!("tensor {:?} ends beyond 2^64 bytes", tensor.name))?;
    file.seek(SeekFrom::Start(from))?;
    let most = PIECE.min(usize::try_from(tensor.bytes).unwrap_or(PIECE));
    buffer.clear();
    memory::reserve(buffer, most)?;
    buffer.resize(most, 0);
    let mut at = 0;
    while at < tensor.bytes {
        let now = &mut buffer[..(tensor.bytes - at).min(PIECE as u64) as usize];
        file.read_exact(now)?;
        each(at, now)?;
        at += now.len() as u64;
    }
    Ok(())
}
