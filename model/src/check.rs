//! What a checkpoint holds, against what it was promised to hold.

mod histogram;
mod measure;
#[cfg(feature = "files")]
mod report;
mod stored;
mod verdict;

pub use histogram::{Histogram, density};
pub use measure::{Measured, measure};
#[cfg(feature = "files")]
pub use report::{Report, checkpoint};
