//! The safetensors format: headers read and written, nothing allocated that an input alone asks for.

pub(crate) mod dtype;
#[cfg(feature = "files")]
pub(crate) mod file;
mod parse;
mod tensor;
mod write;

#[cfg(feature = "files")]
pub use file::open;
pub use parse::{Header, parse};
pub(crate) use tensor::{ByName, check_together, layer};
pub use tensor::{MAX_DIMS, TensorInfo};
pub use write::{Tensor, header};

/// The largest header that the safetensors library reads, in bytes.
pub const MAX_HEADER: u64 = 100_000_000;
