//! The header of a safetensors file that is written.

use serde_json::{Map, Value, json};

use super::MAX_HEADER;
use crate::error::{Context, Result, ensure};

/// A tensor to be written.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its dtype, by safetensors' name.
    pub dtype: &'a str,
    /// Its dimensions.
    pub shape: &'a [u64],
    /// The bytes that it takes.
    pub bytes: u64,
}

/// The length, the JSON and the padding that come before the data of these tensors, which is
/// contiguous and in their order.
///
/// # Errors
/// More than a file or the format can hold; a name that appears twice or is the format's own.
pub fn header<'a>(
    metadata: Map<String, Value>,
    tensors: impl IntoIterator<Item = Tensor<'a>>,
) -> Result<Vec<u8>> {
    let mut members = Map::new();
    members.insert("__metadata__".into(), Value::Object(metadata));
    let mut begin = 0u64;
    for Tensor { name, dtype, shape, bytes } in tensors {
        ensure!(name != "__metadata__", "{name:?} is safetensors' own; no tensor has that name");
        ensure!(!members.contains_key(name), "{name:?} appears twice; names must be unique");
        let end = begin.checked_add(bytes).context("the file would have 2^64 bytes or more")?;
        members.insert(
            name.into(),
            json!({ "dtype": dtype, "shape": shape, "data_offsets": [begin, end] }),
        );
        begin = end;
    }
    let mut text = serde_json::to_vec(&members)?;
    // The data begins at a multiple of 8.
    text.resize(text.len().next_multiple_of(8), b' ');
    let length = text.len() as u64;
    ensure!(
        length <= MAX_HEADER,
        "the header would have {length} bytes; safetensors takes 100 MB: name fewer parameters"
    );
    let mut header = length.to_le_bytes().to_vec();
    header.append(&mut text);
    Ok(header)
}
