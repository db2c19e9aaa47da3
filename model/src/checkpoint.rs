//! Checkpoints written: whole or not at all, by one process or many, and again where they were cut short.

mod existing;
mod file;
mod find;
mod folder;
mod lock;
mod options;
pub mod output;
pub(crate) mod resume;
mod share;
mod sidecar;
mod space;
mod unfinished;
mod write_back;
mod writer;

pub use find::files_of;
pub use options::CheckpointOptions;
pub use space::Space;
pub use unfinished::{Abandoned, abandon};
pub use writer::{CheckpointWriter, Progress, WrittenCheckpoint, WrittenFile};
