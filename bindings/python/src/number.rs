//! Whole numbers of 64 bits, from whatever Python has as an index.

use pyo3::{
    exceptions::{PyOverflowError, PyValueError},
    prelude::*,
};

/// A seed, a stream, a size or an index.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) u64);

impl<'a, 'py> FromPyObject<'a, 'py> for Number {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|error| {
            if error.is_instance_of::<PyOverflowError>(object.py()) {
                let given = object.to_string();
                let text = format!("{given} is no whole number from 0 to 2^64 - 1");
                return PyValueError::new_err(text);
            }
            error
        })
    }
}
