//! The threads that fill: a pool of this module's own, since a forked child has none of its parent's threads.

use std::{
    process, ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use pyo3::{exceptions::PyValueError, prelude::*};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::number::Number;

/// More threads than any machine's cores are a slip, which the system may not survive.
const MOST: u64 = 1024;

struct Pool {
    process: u32,
    threads: ThreadPool,
}

/// No lock: one that another thread holds while the process is forked would never be free again in the child.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());

/// The pool of this process, if it has one.
fn current() -> Option<&'static Pool> {
    // SAFETY: what is stored was leaked from a box, and is never freed.
    let pool = unsafe { POOL.load(Ordering::Acquire).as_ref() };
    pool.filter(|it| it.process == process::id())
}

/// A new pool, in place of the one that there is. That one stays, asleep: others may be working in it.
fn start(count: usize) -> PyResult<&'static Pool> {
    let threads = ThreadPoolBuilder::new()
        .num_threads(count)
        .thread_name(|at| format!("wgpu-weights-{at}"))
        .build()
        .map_err(|error| PyValueError::new_err(format!("no threads to fill with: {error}")))?;
    let pool: &'static mut Pool = Box::leak(Box::new(Pool { process: process::id(), threads }));
    POOL.store(pool, Ordering::Release);
    // SAFETY: as in `current`; the unique reference ends with the line above.
    Ok(unsafe { &*ptr::from_mut(pool) })
}

fn pool() -> PyResult<&'static Pool> {
    // As many as RAYON_NUM_THREADS says, or as there are cores.
    current().map_or_else(|| start(0), Ok)
}

/// Does the work in the pool, with the GIL released.
pub(crate) fn in_pool<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| Ok(pool()?.threads.install(work)))
}

/// The number of threads that fill.
#[pyfunction]
pub(crate) fn get_num_threads() -> PyResult<usize> {
    Ok(pool()?.threads.current_num_threads())
}

/// Sets the number of threads that fill; at first it is RAYON_NUM_THREADS, or the number of cores. No value depends on it.
#[pyfunction]
pub(crate) fn set_num_threads(count: Number) -> PyResult<()> {
    let Number(count @ 1..=MOST) = count else {
        let text = format!("the number of threads is {}; it must be from 1 to {MOST}", count.0);
        return Err(PyValueError::new_err(text));
    };
    let count = count as usize;
    if current().is_none_or(|it| it.threads.current_num_threads() != count) {
        start(count)?;
    }
    Ok(())
}
