//! The CPU twin: every value that the shaders make, in plain Rust, on all cores (with the feature `rayon`).
//!
//! One file per shader that computes, of the same name and the same sequence of operations. Rust never fuses or
//! reassociates floating-point arithmetic, so what the shaders must fence is here as written.

pub(crate) mod affine;
mod batch;
pub(crate) mod bits;
// Public for `proof/` alone, which goes through all words and all f32.
#[doc(hidden)]
pub mod box_muller;
pub(crate) mod careful;
pub(crate) mod constant;
pub(crate) mod diagonal;
mod digits;
mod fill;
mod gather;
pub(crate) mod log_root;
mod made;
mod orthogonal;
mod pack;
pub mod philox;
mod sparse;
mod threads;
mod transpose;
mod vector_units;
// Public for `proof/` alone, which goes through all words and all f32.
#[doc(hidden)]
pub mod small_float;
// Public for `proof/` alone, which goes through all words and all f32.
#[doc(hidden)]
pub mod truncated_normal;
// Public for `proof/` alone, which goes through all words and all f32.
#[doc(hidden)]
pub mod uniform;

pub use fill::{CpuError, fill, fill_f32};
pub use made::Prepared;
pub use orthogonal::{Orthogonal, OrthogonalError, orthogonal};

/// Blocks that are drawn at once: wide enough for any vector unit.
pub(crate) const BATCH: usize = 32;

/// The blocks of a batch.
pub(crate) type Blocks = [u64; BATCH];

/// The four words of each block of a batch, word by word.
pub(crate) type Words = [[u32; BATCH]; 4];

/// Whole lines of the cache: a vector that begins within one takes two, and where the stack begins is chance.
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);
