//! Python's plain values to and from what serde writes, by way of JSON.

use pyo3::{exceptions::PyValueError, prelude::*, types::PyDict};
use serde_json::Value;

/// A value as dicts, lists, texts and numbers.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (value.to_string(),))
}

/// The JSON of dicts, lists, texts and numbers; NaN and infinities, which JSON has not, are a `ValueError`.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = object.py();
    let options = PyDict::new(py);
    options.set_item("allow_nan", false)?;
    py.import("json")?.call_method("dumps", (object,), Some(&options))?.extract()
}

/// What serde says, as a `ValueError`.
pub(crate) fn error(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
