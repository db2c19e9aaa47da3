//! Whole numbers of 64 bits, and lists of them, from whatever Python has as such.

use std::ops::Range;

use pyo3::{
    exceptions::{PyOverflowError, PyValueError},
    prelude::*,
    types::PyTuple,
};
use wgpu_weights_model::safetensors::MAX_DIMS;

/// A seed, a stream, a size or an index.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) u64);

/// A shape.
pub(crate) struct Shape(pub(crate) Vec<u64>);

/// A range of each dimension, from pairs (first, end).
pub(crate) struct Ranges(pub(crate) Vec<Range<u64>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Number {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|error| {
            if error.is_instance_of::<PyOverflowError>(object.py()) {
                let text = format!("{} is no number from 0 to 2^64 - 1", shown(&object));
                return PyValueError::new_err(text);
            }
            error
        })
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Shape {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        list(&object, |it| it.extract().map(|Number(size)| size)).map(Self)
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Ranges {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let range = |pair: &Bound<'py, PyAny>| match pair.extract() {
            Ok(Shape(ends)) if ends.len() == 2 => Ok(ends[0]..ends[1]),
            Err(error) if error.is_instance_of::<PyValueError>(pair.py()) => Err(error),
            _ => {
                let text = format!("a range is {}; it must be (first, end)", shown(pair));
                Err(PyValueError::new_err(text))
            }
        };
        list(&object, range).map(Self)
    }
}

/// What Python says that an object is, for an error.
pub(crate) fn shown(object: &Bound<'_, PyAny>) -> String {
    let text = object.repr().map_or_else(|_| "it".into(), |it| it.to_string());
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// The items of a sequence, which has no more than a shape has dimensions: what it says of its length is not believed.
pub(crate) fn list<'py, T>(
    object: &Bound<'py, PyAny>,
    item: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    if let Ok(tuple) = object.cast::<PyTuple>()
        && tuple.len() <= MAX_DIMS
    {
        return tuple.iter_borrowed().map(|it| item(&it)).collect();
    }
    let mut items = Vec::new();
    for it in object.try_iter()? {
        if items.len() == MAX_DIMS {
            let text = format!("a list of sizes has more than {MAX_DIMS}; no shape has");
            return Err(PyValueError::new_err(text));
        }
        items.push(item(&it?)?);
    }
    Ok(items)
}
