//! The header of a safetensors file.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::template::MAX_HEADER;

/// A tensor to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tensor<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its dtype, by safetensors' name.
    pub(crate) dtype: &'a str,
    /// Its dimensions.
    pub(crate) shape: &'a [u64],
    /// The bytes that it takes.
    pub(crate) bytes: u64,
}

/// The length, the JSON and the padding that come before the data of these tensors, which is
/// contiguous and in their order.
///
/// # Errors
/// More than a file or the format can hold.
pub(crate) fn header<'a>(
    metadata: Map<String, Value>,
    tensors: impl IntoIterator<Item = Tensor<'a>>,
) -> Result<Vec<u8>> {
    let mut members = Map::new();
    members.insert("__metadata__".into(), Value::Object(metadata));
    let mut begin = 0u64;
    for Tensor { name, dtype, shape, bytes } in tensors {
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

/// What every file that is written says of itself; transformers wants the format.
pub(crate) fn metadata(seed: u64) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("format".into(), "pt".into());
    metadata.insert("generator".into(), "wgpu-weights".into());
    metadata.insert("crate_version".into(), env!("CARGO_PKG_VERSION").into());
    metadata.insert("contract_version".into(), wgpu_weights::CONTRACT_VERSION.to_string().into());
    metadata.insert("seed".into(), seed.to_string().into());
    metadata
}
