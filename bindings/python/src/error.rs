//! Errors of the crates as Python's exceptions.

use std::io;

use pyo3::{
    PyErr,
    exceptions::{PyMemoryError, PyOSError, PyValueError},
};
use wgpu_weights::cpu::CpuError;

/// What the crate says, as a `ValueError`.
pub(crate) fn value_error(error: impl Into<wgpu_weights::Error>) -> PyErr {
    let error = error.into();
    match error {
        wgpu_weights::Error::Cpu(CpuError::Memory { .. }) => {
            PyMemoryError::new_err(error.to_string())
        }
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// What the program has is named otherwise here.
const IN_PYTHON: &[(&str, &str)] = &[
    ("config.json (--config FILE)", "the configuration (`config=`)"),
    ("with --set", "with `set=`"),
    ("`wgpu-weights recipes` lists", "`Recipe.names()` lists"),
];

/// What the models' crate says: an `OSError` where the system's own error is the cause, else a `ValueError`.
pub(crate) fn model_error(error: wgpu_weights_model::Error) -> PyErr {
    let text = IN_PYTHON.iter().fold(error.to_string(), |text, (old, new)| text.replace(old, new));
    match error.io() {
        Some(io) if io.kind() == io::ErrorKind::OutOfMemory => PyMemoryError::new_err(text),
        // Of two arguments Python makes the subclass of the number, as `FileNotFoundError`.
        Some(io) => match io.raw_os_error() {
            Some(number) => PyOSError::new_err((number, text)),
            None => PyOSError::new_err(text),
        },
        None => PyValueError::new_err(text),
    }
}
