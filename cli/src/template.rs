//! Templates: the header of a safetensors file, or the same as JSON. Hostile until read.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    fs::File,
    io::Read,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Number, value::RawValue};

use crate::dtype;

/// The largest header that the safetensors library reads, in bytes.
pub(crate) const MAX_HEADER: u64 = 100_000_000;
/// More dimensions than any framework takes.
pub(crate) const MAX_DIMS: usize = 64;

/// A tensor as a header describes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// Its dtype, one that the format has.
    pub(crate) dtype: String,
    /// Its dimensions.
    pub(crate) shape: Vec<u64>,
    /// The product of its dimensions.
    pub(crate) numel: u64,
    /// The bytes that it takes.
    pub(crate) bytes: u64,
    /// First byte and end in the data, where the header says.
    pub(crate) offsets: Option<[u64; 2]>,
}

/// A header that holds what it should.
#[derive(Debug)]
pub(crate) struct Header {
    /// The tensors, in the header's order.
    pub(crate) entries: Vec<Entry>,
    /// `__metadata__`.
    pub(crate) metadata: HashMap<String, String>,
}

/// Reads a template: the header of a safetensors file, or JSON.
///
/// # Errors
/// A file that is neither, or a header that no model can have.
pub(crate) fn read(path: &Path) -> Result<Header> {
    let read = || {
        let (mut file, prefix) = open(path)?;
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
        let header = parse(&text)?;
        ensure!(!header.entries.is_empty(), "it names no parameters");
        Ok(header)
    };
    read().with_context(|| format!("template {}", path.display()))
}

/// Opens a safetensors file; its header, the file, and where its data begins.
///
/// # Errors
/// A file that is no safetensors file, or whose tensors do not fill its data exactly.
pub(crate) fn open_checkpoint(path: &Path) -> Result<(Header, File, u64)> {
    let read = || {
        let (mut file, prefix) = open(path)?;
        let toml = path.extension().is_some_and(|extension| extension == "toml");
        let what = match () {
            () if toml && is_text(&prefix) => Some("TOML"),
            () if is_json(&prefix) => Some("JSON"),
            () => None,
        };
        if let Some(what) = what {
            bail!("it is {what}; stats reads safetensors files");
        }
        let text = header_text(&mut file, &prefix)?;
        let header = parse(&text)?;
        let data = 8 + text.len() as u64;
        let mut ranges = Vec::with_capacity(header.entries.len());
        for entry in &header.entries {
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
fn open(path: &Path) -> Result<(File, Vec<u8>)> {
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
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Whether this begins a text. No header is as long as eight bytes of text would say.
fn is_json(prefix: &[u8]) -> bool {
    let text = prefix.strip_prefix(BOM).unwrap_or(prefix);
    !text.is_empty()
        && text.iter().all(|byte| matches!(byte, b' '..=b'~') || byte.is_ascii_whitespace())
        && header_length(prefix).is_none_or(|length| length > MAX_HEADER)
}

/// Printable text, whose bytes are no length that a header can have.
fn is_text(prefix: &[u8]) -> bool {
    let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    !prefix.is_empty() && prefix.iter().all(printable)
}

/// The header after the eight bytes that tell its length; nothing is allocated that is not there.
fn header_text(file: &mut File, prefix: &[u8]) -> Result<Vec<u8>> {
    let Some(length) = header_length(prefix) else {
        bail!("it has {} bytes; it is neither a safetensors file nor JSON", prefix.len());
    };
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

/// Reads a header's JSON.
///
/// # Errors
/// Not JSON, or a tensor that cannot be.
pub(crate) fn parse(text: &[u8]) -> Result<Header> {
    let Pairs(pairs) = serde_json::from_slice(text).context("its header is not the JSON wanted")?;
    let mut header = Header { entries: Vec::new(), metadata: HashMap::new() };
    let (mut total, mut names) = (0u64, HashSet::new());
    for (name, value) in pairs {
        ensure!(names.insert(name.clone()), "{name:?} appears twice; names must be unique");
        if name == "__metadata__" {
            header.metadata = serde_json::from_str(value.get())
                .context("__metadata__ must map strings to strings")?;
            continue;
        }
        let entry = entry(&name, value.get()).with_context(|| format!("parameter {name:?}"))?;
        let sum = total.checked_add(entry.bytes).filter(|&sum| i64::try_from(sum).is_ok());
        total = sum.with_context(|| {
            format!("with parameter {name:?} the data is 2^63 bytes or more; no file holds that")
        })?;
        header.entries.push(entry);
    }
    Ok(header)
}

/// A tensor as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    dtype: String,
    shape: Vec<Number>,
    data_offsets: Option<[u64; 2]>,
}

fn entry(name: &str, text: &str) -> Result<Entry> {
    let Written { dtype, shape, data_offsets } = serde_json::from_str(text)?;
    ensure!(
        shape.len() <= MAX_DIMS,
        "its shape has {} dimensions; at most {MAX_DIMS} are taken",
        shape.len()
    );
    let dims: Vec<u64> = shape
        .iter()
        .enumerate()
        .map(|(at, dim)| {
            dim.as_u64().filter(|&dim| i64::try_from(dim).is_ok()).with_context(|| {
                format!(
                    "dimension {at} of its shape is {dim}; it must be an integer from 0 to 2^63-1"
                )
            })
        })
        .collect::<Result<_>>()?;
    let Some(bits) = dtype::bits(&dtype) else {
        bail!("its dtype {dtype:?} is none that safetensors has");
    };
    let zero = dims.contains(&0);
    let numel = dims.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim));
    let bytes = numel
        .map(|numel| (u128::from(numel) * u128::from(bits)).div_ceil(8))
        .and_then(|bytes| i64::try_from(bytes).ok())
        .map(i64::cast_unsigned);
    // The safetensors library multiplies in order, and would not read what is written.
    ensure!(
        !zero || numel.is_some(),
        "its shape {dims:?} has no elements, but the dimensions before its 0 multiply to 2^64 or \
         more, which the safetensors library does not read"
    );
    let (Some(numel), Some(bytes)) = (numel, bytes) else {
        bail!("its shape {dims:?} of dtype {dtype} takes 2^63 bytes or more; no file holds that");
    };
    if let Some([begin, end]) = data_offsets {
        ensure!(
            end.checked_sub(begin) == Some(bytes),
            "its data_offsets [{begin}, {end}] do not span the {bytes} bytes that its shape takes"
        );
    }
    Ok(Entry { name: name.into(), dtype, shape: dims, numel, bytes, offsets: data_offsets })
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
                        M::Error::custom(format_args!("parameter {name:?}: {error}"))
                    })?;
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
