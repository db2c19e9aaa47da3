//! From parameters to their fills.

use std::collections::HashMap;

use burn::tensor::DType;
use wgpu_weights::{Dtype, Fill};

use crate::{BoxError, Draw, Error, Parameter, entry::Entry};

/// The fill of every parameter, each on a stream of its own.
pub(crate) fn fills<D: Into<Draw>, E: Into<BoxError>>(
    entries: &[Entry],
    seed: u64,
    rule: impl Fn(&Parameter<'_>) -> Result<D, E>,
) -> Result<Vec<Fill>, Error> {
    let mut streams = HashMap::new();
    let mut fills = Vec::with_capacity(entries.len());
    for entry in entries {
        let path = || entry.path.clone();
        let draw = rule(&Parameter { entry, all: entries })
            .map_err(|error| Error::Rule { path: path(), source: error.into() })?;
        let fill = fill(entry, draw.into())?.with_seed(seed);
        if let Some(other) = streams.insert(fill.stream(), &entry.path) {
            return Err(Error::SameStream { path: path(), other: other.clone() });
        }
        fills.push(fill);
    }
    Ok(fills)
}

fn fill(entry: &Entry, draw: Draw) -> Result<Fill, Error> {
    let dtype = match entry.dtype {
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        dtype => return Err(Error::Dtype { path: entry.path.clone(), dtype }),
    };
    let mut shape = entry.shape.clone();
    if let (true, [.., rows, columns]) = (draw.transposed, &mut shape[..]) {
        std::mem::swap(rows, columns);
    }
    let name = draw.name.as_deref().unwrap_or(&entry.path);
    let fill = Fill::new(draw.distribution, shape).with_name(name).with_dtype(dtype);
    if !draw.transposed {
        return Ok(fill);
    }
    fill.transposed()
        .map_err(|error| Error::Draw { path: entry.path.clone(), source: error.into() })
}
