//! A file to be made, from its plan to its name.

use std::{io::Write, path::PathBuf};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use wgpu_weights::Fill;

use crate::{chunks, digest, output::Output, source::Source};

/// A file to be made.
#[derive(Debug)]
pub(crate) struct Job {
    /// Where.
    pub(crate) path: PathBuf,
    /// What comes before the tensors.
    pub(crate) header: Vec<u8>,
    /// The tensors, in order.
    pub(crate) fills: Vec<Fill>,
    /// The bytes that they take.
    pub(crate) bytes: u64,
}

impl Job {
    /// Makes the file; nothing stands under its name before all of it is there.
    ///
    /// # Errors
    /// A device or a disk that fails; a file that exists, unless `replace` is set.
    pub(crate) fn make(
        &self,
        sources: &mut [Box<dyn Source>],
        replace: bool,
        keep_digest: bool,
        bar: &ProgressBar,
    ) -> Result<()> {
        let mut out = Output::create(&self.path, replace)?;
        let mut sha256 = Sha256::new();
        let failed = || format!("output {}", self.path.display());
        out.write_all(&self.header).with_context(failed)?;
        let write = |bytes: &[u8]| {
            out.write_all(bytes).with_context(failed)?;
            bar.inc(bytes.len() as u64);
            Ok(())
        };
        if keep_digest {
            sha256.update(&self.header);
            chunks::stream(sources, self.fills.iter().cloned(), write, |it| sha256.update(it))?;
        } else {
            chunks::stream(sources, self.fills.iter().cloned(), write, |_| ())?;
        }
        out.finish()?;
        if keep_digest {
            digest::keep(&self.path, &digest::hex(sha256))?;
        }
        Ok(())
    }
}
