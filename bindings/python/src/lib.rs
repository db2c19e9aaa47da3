//! The native module of the Python package `wgpu_weights`, over the crates `wgpu-weights` and `wgpu-weights-model`.

mod check;
mod dtype;
mod error;
mod fill;
mod json;
mod law;
mod number;
mod plan;
mod recipe;
mod threads;

#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const CONTRACT_VERSION: u32 = wgpu_weights::CONTRACT_VERSION;
    #[pymodule_export]
    use super::fill::{fill_memory, stream_of};
    #[pymodule_export]
    use super::{
        check::check,
        dtype::dtype_name,
        law::Law,
        plan::{dispatches, kernels, wgsl},
        recipe::{Parameter, Recipe},
        threads::{get_num_threads, set_num_threads},
    };
}
