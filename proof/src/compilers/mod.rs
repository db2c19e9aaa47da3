//! What compilers make of the kernels, and the table of it.

mod judge;
mod machine;
pub(crate) mod pipelines;
mod table;
mod targets;
mod written;

pub(crate) use table::{candidates, head, row};
