//! A header's JSON. Hostile until read.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::{Number, value::RawValue};

use super::tensor::{TensorInfo, check_together};
use crate::error::{Context, Error, Result, ensure};

/// A header that holds what it should.
#[derive(Clone, Debug)]
pub struct Header {
    /// The tensors, in the header's order.
    pub tensors: Vec<TensorInfo>,
    /// `__metadata__`.
    pub metadata: HashMap<String, String>,
}

/// Reads a header's JSON.
///
/// # Errors
/// Not JSON, or a tensor that cannot be.
pub fn parse(text: &[u8]) -> Result<Header> {
    let Pairs(pairs) = serde_json::from_slice(text).context("its header is not the JSON wanted")?;
    let mut header = Header { tensors: Vec::new(), metadata: HashMap::new() };
    let mut has_metadata = false;
    for (name, value) in pairs {
        if name == "__metadata__" {
            ensure!(!has_metadata, "{name:?} appears twice; names must be unique");
            header.metadata = serde_json::from_str(value.get())
                .context("__metadata__ must map strings to strings")?;
            has_metadata = true;
            continue;
        }
        let info = entry(&name, value.get()).with_context(|| format!("parameter {name:?}"))?;
        header.tensors.push(info);
    }
    check_together(&header.tensors)?;
    Ok(header)
}

/// A tensor as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of `dtype` and `shape`")]
struct Written {
    dtype: String,
    shape: Vec<Number>,
    data_offsets: Option<[u64; 2]>,
}

fn entry(name: &str, text: &str) -> Result<TensorInfo> {
    ensure!(text.starts_with('{'), "it must be an object of `dtype` and `shape`");
    let written: Result<Written, _> = serde_json::from_str(text);
    // Its lines would be counted from here and not from the file's first.
    let Written { dtype, shape, data_offsets } =
        written.map_err(|error| Error::new(without_place(&error)))?;
    let dims: Vec<u64> = shape
        .iter()
        .enumerate()
        .map(|(at, dim)| {
            dim.as_u64().with_context(|| {
                format!(
                    "dimension {at} of its shape is {dim}; it must be an integer from 0 to 2^63-1"
                )
            })
        })
        .collect::<Result<_>>()?;
    let info = TensorInfo::new(name, &dtype, &dims)?;
    let bytes = info.bytes;
    if let Some([begin, end]) = data_offsets {
        ensure!(
            end.checked_sub(begin) == Some(bytes),
            "its data_offsets [{begin}, {end}] do not span the {bytes} bytes that its shape takes"
        );
    }
    Ok(TensorInfo { offsets: data_offsets, ..info })
}

/// What serde_json says, without where.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}

/// An object's members in their order, repeated ones included, which a map would swallow.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of parameters")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let value = map.next_value().map_err(|error| {
                        <M::Error as de::Error>::custom(format_args!("parameter {name:?}: {error}"))
                    })?;
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
