//! Tensors in pieces, on the host: what is made whole is made once for all its chunks.

use wgpu_weights::{Fill, cpu::Prepared};

use crate::error::Result;

/// What was made last.
#[derive(Debug, Default)]
pub(super) struct HostMade(Option<Prepared>);

impl HostMade {
    /// The bytes of a part of a tensor.
    pub(super) fn fill(&mut self, part: &Fill, out: &mut [u8]) -> Result<()> {
        let prepared = match self.0.take() {
            Some(prepared) if prepared.serves(part) => prepared,
            // The last one's memory is free before the next is made.
            _ => Prepared::of(part)?,
        };
        prepared.fill(part, out)?;
        self.0 = Some(prepared);
        Ok(())
    }
}
