//! A tensor as a header describes it.

use std::collections::{HashMap, HashSet};

use super::dtype;
use crate::error::{Context, Result, bail, ensure};

/// More dimensions than any framework takes.
pub const MAX_DIMS: usize = 64;

/// A tensor as a header describes it: a name, a dtype that the format has, and a shape that a file can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Its dtype, by safetensors' name.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// The product of its dimensions.
    pub numel: u64,
    /// The bytes that it takes.
    pub bytes: u64,
    /// First byte and end in the data, where the header says.
    pub offsets: Option<[u64; 2]>,
}

impl TensorInfo {
    /// A tensor without a place in a file.
    ///
    /// # Errors
    /// A dtype that the format does not have; more than 64 dimensions; 2^63 bytes or more.
    pub fn new(name: &str, dtype: &str, shape: &[u64]) -> Result<Self> {
        ensure!(
            shape.len() <= MAX_DIMS,
            "its shape has {} dimensions; at most {MAX_DIMS} are taken",
            shape.len()
        );
        let dims = shape;
        if let Some(at) = dims.iter().position(|&dim| i64::try_from(dim).is_err()) {
            bail!(
                "dimension {at} of its shape is {}; it must be an integer from 0 to 2^63-1",
                dims[at]
            );
        }
        let Some(bits) = dtype::bits(dtype) else {
            let hint = dtype::meant(dtype).map_or_else(String::new, |it| format!("; write {it:?}"));
            bail!("its dtype {dtype:?} is none that safetensors has{hint}");
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
            bail!(
                "its shape {dims:?} of dtype {dtype} takes 2^63 bytes or more; no file holds that"
            );
        };
        let (name, dtype, shape) = (name.into(), dtype.into(), dims.to_vec());
        Ok(Self { name, dtype, shape, numel, bytes, offsets: None })
    }
}

/// The layer that a name is of: its first component that is all digits.
pub(crate) fn layer(name: &str) -> Option<&str> {
    name.split('.').find(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether these tensors can stand in one model: different names, and less than 2^63 bytes together.
///
/// # Errors
/// The first that is in the way.
pub(crate) fn check_together(tensors: &[TensorInfo]) -> Result<()> {
    let (mut names, mut total) = (HashSet::new(), 0u64);
    for TensorInfo { name, bytes, .. } in tensors {
        ensure!(names.insert(name), "{name:?} appears twice; names must be unique");
        let sum = total.checked_add(*bytes).filter(|&sum| i64::try_from(sum).is_ok());
        total = sum.with_context(|| {
            format!("with parameter {name:?} the data is 2^63 bytes or more; no file holds that")
        })?;
    }
    Ok(())
}

/// Tensors by their names.
pub(crate) type ByName<'a> = HashMap<&'a str, &'a TensorInfo>;
