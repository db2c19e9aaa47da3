//! What a checkpoint holds, against what it was promised to hold.

#[cfg(feature = "files")]
mod examine;
mod histogram;
mod measure;
mod pieces;
#[cfg(feature = "files")]
mod report;
mod stored;
mod verdict;

#[cfg(feature = "files")]
pub use examine::{
    Against, Examination, Examined, FALSE_ALARMS, Finding, Method, examine, says_of_itself,
};
pub use histogram::{Histogram, density};
pub use measure::{Measured, measure};
#[cfg(feature = "files")]
pub use report::{Report, checkpoint};
