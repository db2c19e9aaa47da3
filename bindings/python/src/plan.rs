//! A fill as kernels run it: its dispatches, and each kernel's text.

use pyo3::{exceptions::PyValueError, prelude::*, types::PyBytes};
use wgpu_weights::{
    kernel::{Draw, Integers, Kernel},
    plan::{self, Limits},
};

use crate::{
    error::value_error,
    fill::fill_of,
    law::Law,
    number::{Number, Ranges, Shape},
};

/// What every CUDA device allows. Memory begins at a multiple of 256 bytes, and is bound from any such on.
const LIMITS: Limits = Limits { max_binding: 1 << 31, alignment: 256, max_workgroups: 65_535 };

/// A fill of more dispatches, as of a box whose rows lie at several distances, is no longer faster than the host's.
const MOST: usize = 1024;

/// The kernel's name, what it is told, where its binding begins (in bytes), its two dimensions in workgroups, and which
/// bytes of the fill it makes.
type Dispatch = (String, Py<PyBytes>, u64, [u32; 2], [u64; 2]);

/// The dispatches of a fill from byte `offset` of a buffer on, or None where the host makes the values or had better.
///
/// The other arguments are those of `fill_memory`.
#[pyfunction]
#[pyo3(signature = (law, seed, stream, shape, dtype, ranges=None, transposed=false, offset=0))]
#[allow(clippy::too_many_arguments, reason = "it is called by its own package alone")]
pub(crate) fn dispatches(
    py: Python<'_>,
    law: &Bound<'_, Law>,
    seed: Number,
    stream: Number,
    shape: Shape,
    dtype: &str,
    ranges: Option<Ranges>,
    transposed: bool,
    offset: u64,
) -> PyResult<Option<Vec<Dispatch>>> {
    let fill = fill_of(law, seed, stream, shape, dtype, ranges, transposed)?;
    if fill.is_made_on_host() {
        return Ok(None);
    }
    let plan: Vec<_> =
        plan::plan(&fill, offset, LIMITS).map_err(value_error)?.take(MOST + 1).collect();
    if plan.len() > MOST {
        return Ok(None);
    }
    let told = |it: plan::Dispatch| {
        let params = PyBytes::new(py, bytemuck::bytes_of(&it.params)).unbind();
        (it.kernel(Integers::U64).label(), params, it.bind_offset, it.workgroups, it.bytes)
    };
    Ok(Some(plan.into_iter().map(told).collect()))
}

/// The names of all kernels that `dispatches` names.
#[pyfunction]
pub(crate) fn kernels() -> Vec<String> {
    drawn().map(|kernel| kernel.label()).collect()
}

/// The WGSL of the kernel of this name.
#[pyfunction]
pub(crate) fn wgsl(kernel: &str) -> PyResult<String> {
    let found = drawn().find(|it| it.label() == kernel);
    let unknown = || PyValueError::new_err(format!("there is no kernel {kernel:?}"));
    found.map(|it| it.wgsl()).ok_or_else(unknown)
}

/// Every CUDA device has 64-bit integers.
fn drawn() -> impl Iterator<Item = Kernel> {
    Kernel::all().filter(|it| it.integers == Integers::U64 && it.draw != Draw::Given)
}
