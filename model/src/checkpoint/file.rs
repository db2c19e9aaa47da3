//! A file to be made, from its plan to its name.

use std::{io::Write, path::PathBuf};

use sha2::{Digest, Sha256};
use wgpu_weights::Fill;

use super::{output::Output, sidecar};
use crate::{
    digest,
    draw::{self, ByteSource},
    error::{Context, Result, ensure},
    layout::FileLayout,
    provenance::Provenance,
};

/// A file to be made.
#[derive(Debug)]
pub(super) struct CheckpointFile {
    /// Where.
    pub(super) path: PathBuf,
    /// What comes before the tensors.
    pub(super) header: Vec<u8>,
    /// The tensors, in order.
    pub(super) fills: Vec<Fill>,
    /// The bytes that they take.
    pub(super) bytes: u64,
}

impl CheckpointFile {
    /// The file of this layout.
    ///
    /// # Errors
    /// More than the format can hold.
    pub(super) fn new(path: PathBuf, layout: &FileLayout, provenance: Provenance) -> Result<Self> {
        Ok(Self {
            path,
            header: layout.header(provenance)?,
            fills: layout.tensors.iter().map(|tensor| tensor.fill.clone()).collect(),
            bytes: layout.bytes(),
        })
    }

    /// Makes the file, and says after each write how many bytes it was; nothing stands under its name before all of it is there.
    ///
    /// # Errors
    /// A device or a disk that fails; a file that exists, unless `replace` is set.
    pub(super) fn make(
        &self,
        sources: &mut [Box<dyn ByteSource>],
        replace: bool,
        keep_digest: bool,
        mut written: impl FnMut(u64),
    ) -> Result<()> {
        let mut out = Output::create(&self.path, replace)?;
        let mut sha256 = Sha256::new();
        let failed = || format!("output {}", self.path.display());
        out.write_all(&self.header).with_context(failed)?;
        let mut all = 0;
        let write = |bytes: &[u8]| {
            out.write_all(bytes).with_context(failed)?;
            all += bytes.len() as u64;
            written(bytes.len() as u64);
            Ok(())
        };
        if keep_digest {
            sha256.update(&self.header);
            draw::stream(sources, self.fills.iter().cloned(), write, |it| sha256.update(it))?;
        } else {
            draw::stream(sources, self.fills.iter().cloned(), write, |_| ())?;
        }
        // Whatever ends a source early, no file is cut.
        ensure!(
            all == self.bytes,
            "{}: the sources made {all} bytes instead of {}",
            failed(),
            self.bytes
        );
        out.finish()?;
        if keep_digest {
            sidecar::keep(&self.path, &digest::hex(sha256))?;
        }
        Ok(())
    }
}
