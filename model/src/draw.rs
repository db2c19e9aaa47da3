//! The bytes of any number of tensors, in order, from whatever device draws them.

mod chunks;
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
mod host_made;
mod source;
mod stream;

pub use chunks::{CHUNK, Chunk};
pub use cpu::CpuSource;
#[cfg(feature = "gpu")]
pub use gpu::GpuSource;
pub use source::ByteSource;
pub use stream::stream;

/// Why none could be started is in the error below.
const NO_THREAD: &str = "the system starts no more threads";
