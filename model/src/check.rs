//! What a checkpoint holds, against what it was promised to hold.

mod histogram;
mod measure;
mod stored;
mod verdict;

pub use histogram::{Histogram, density};
pub use measure::{Measured, measure};
