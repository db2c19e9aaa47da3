//! Python's plain values to and from what serde writes, by way of JSON.

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyString},
};
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

/// As `from_python`, of a configuration, which may have anything: what JSON has not, as the infinity of Mamba 2's
/// `time_step_limit`, is its text, which no number is read from.
pub(crate) fn from_config(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = object.py();
    let json = py.import("json")?;
    let options = PyDict::new(py);
    options.set_item("default", py.get_type::<PyString>())?;
    let text = json.call_method("dumps", (object,), Some(&options))?;
    let constants = PyDict::new(py);
    constants.set_item("parse_constant", py.get_type::<PyString>())?;
    from_python(&json.call_method("loads", (text,), Some(&constants))?)
}

/// What serde says, as a `ValueError`.
pub(crate) fn error(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
