//! Dtypes, by safetensors' names, or by those of NumPy and torch.

use pyo3::prelude::*;
use wgpu_weights::Dtype;

use crate::error::value_error;

/// The dtype of this name: `BF16`, `bf16`, `bfloat16` or `torch.bfloat16`.
pub(crate) fn dtype_of(name: &str) -> PyResult<Dtype> {
    let dtype = match name.strip_prefix("torch.").unwrap_or(name) {
        "float64" | "double" => "F64",
        "float32" | "float" => "F32",
        "float16" | "half" => "F16",
        "bfloat16" => "BF16",
        "float8_e4m3fn" => "F8_E4M3",
        "float8_e5m2" => "F8_E5M2",
        "uint32" => "U32",
        "int64" | "long" => "I64",
        "int32" | "int" => "I32",
        "uint8" => "U8",
        "bool" => "BOOL",
        other => other,
    };
    dtype.parse().map_err(value_error)
}

/// The name and size of a dtype, by whichever of its names.
#[pyfunction]
pub(crate) fn dtype_name(name: &str) -> PyResult<(&'static str, u64)> {
    dtype_of(name).map(|dtype| (dtype.name(), dtype.size()))
}
