//! `fill_memory`: a fill of host memory, by its address.

use pyo3::{exceptions::PyValueError, prelude::*};
use wgpu_weights::{Fill, cpu};

use crate::{
    dtype::dtype_of,
    error::value_error,
    law::Law,
    number::{Number, Ranges, Shape},
    threads::in_pool,
};

/// Fills of no more elements keep the GIL, and the caller's thread: they take less time than giving it away may.
const SHORT: u64 = 1 << 12;

/// What the law has, of this seed and stream, for a tensor of this shape in this dtype, or a box of it, or that transposed.
pub(crate) fn fill_of(
    law: &Bound<'_, Law>,
    seed: Number,
    stream: Number,
    shape: Shape,
    dtype: &str,
    ranges: Option<Ranges>,
    transposed: bool,
) -> PyResult<Fill> {
    let dtype = dtype_of(dtype)?;
    let mut fill =
        Fill::new(law.get().0, shape.0).with_seed(seed.0).with_stream(stream.0).with_dtype(dtype);
    if let Some(Ranges(ranges)) = ranges {
        fill = fill.region(&ranges).map_err(value_error)?;
    }
    if transposed {
        fill = fill.transposed().map_err(value_error)?;
    }
    Ok(fill)
}

/// Writes `nbytes` at `address`: what the law has, of this seed and stream, for a tensor of this shape in this dtype.
///
/// `ranges`, one (first, end) for each dimension, take a box of it; `transposed` exchanges its last two dimensions in
/// memory; `start` and `count` take a flat window of that. The memory must be the caller's for the call: plain host
/// memory, writable, of `nbytes` or more, contiguous.
#[pyfunction]
#[pyo3(signature = (address, nbytes, law, seed, stream, shape, dtype, ranges=None, start=None, count=None, transposed=false))]
#[allow(clippy::too_many_arguments, reason = "it is called by its own package alone")]
pub(crate) fn fill_memory(
    py: Python<'_>,
    address: Number,
    nbytes: Number,
    law: &Bound<'_, Law>,
    seed: Number,
    stream: Number,
    shape: Shape,
    dtype: &str,
    ranges: Option<Ranges>,
    start: Option<Number>,
    count: Option<Number>,
    transposed: bool,
) -> PyResult<()> {
    let mut fill = fill_of(law, seed, stream, shape, dtype, ranges, transposed)?;
    if start.is_some() || count.is_some() {
        let start = start.map_or(0, |it| it.0);
        let count = count.map_or_else(|| fill.count().saturating_sub(start), |it| it.0);
        fill = fill.window(start, count).map_err(value_error)?;
    }
    let needed = fill.bytes().map_err(value_error)?;
    let (Number(address), Number(nbytes)) = (address, nbytes);
    if needed != nbytes {
        let text = format!(
            "the fill takes {needed} bytes and the memory has {nbytes}; they must be equal"
        );
        return Err(PyValueError::new_err(text));
    }
    if needed == 0 {
        return Ok(());
    }
    // A slice is no longer than an isize, and does not go around the end of memory.
    let of_memory = |number: u64| usize::try_from(number).ok().filter(|&it| it > 0);
    let length = of_memory(nbytes).filter(|&it| isize::try_from(it).is_ok());
    let (Some(begin), Some(length), Some(_)) =
        (of_memory(address), length, address.checked_add(nbytes))
    else {
        let text = format!("{nbytes} bytes at address {address:#x} are no memory");
        return Err(PyValueError::new_err(text));
    };
    // SAFETY: neither null nor beyond the end of memory, as was just checked. The package's Python calls this with the
    // memory of a buffer or tensor that it holds until this returns, writable, on the host and contiguous, and with its
    // size; nothing of Rust's refers to it. Bytes have no alignment, and are written before any is read.
    let out = unsafe { std::slice::from_raw_parts_mut(begin as *mut u8, length) };
    let done = if fill.count() <= SHORT && !fill.is_made_on_host() {
        cpu::fill(&fill, out)
    } else {
        in_pool(py, || cpu::fill(&fill, out))?
    };
    done.map_err(value_error)
}

/// The stream of the parameter of this name: the 64-bit FNV-1a hash of its UTF-8.
///
/// >>> import wgpu_weights
/// >>> hex(wgpu_weights.stream_of("a"))
/// '0xaf63dc4c8601ec8c'
#[pyfunction]
pub(crate) fn stream_of(name: &str) -> u64 {
    wgpu_weights::stream_of(name)
}
