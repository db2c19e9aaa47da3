//! Where bytes come from. Every source makes the same.

use super::chunks::Chunk;
use crate::error::Result;

/// Something that makes the bytes of chunks, one chunk at a time.
pub trait ByteSource: Send {
    /// Makes a chunk's bytes; `out` is as long as the chunk.
    ///
    /// # Errors
    /// A device that fails.
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()>;
}
