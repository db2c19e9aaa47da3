//! The commands, one a file.

pub(crate) mod completions;
pub(crate) mod devices;
pub(crate) mod fill;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod recipes;
pub(crate) mod stats;
