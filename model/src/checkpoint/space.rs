//! Whether what is to be written fits where it is written.

use std::path::Path;

use crate::{
    error::{Result, bail},
    text,
};

/// What is needed on a file system and what is free there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// Bytes that are to be written.
    pub needed: u64,
    /// Bytes that are free; none where the system does not say.
    pub free: Option<u64>,
}

impl Space {
    /// What is free in a folder, for so many bytes.
    pub fn of(folder: &Path, needed: u64) -> Self {
        Self { needed, free: fs4::available_space(folder).ok() }
    }

    /// Whether it fits, as far as the system says.
    pub fn fits(&self) -> bool {
        self.free.is_none_or(|free| self.needed <= free)
    }

    /// Refuses what does not fit.
    ///
    /// # Errors
    /// It does not fit.
    pub fn check(&self, output: &Path) -> Result<()> {
        match self.free {
            Some(free) if !self.fits() => bail!(
                "output {} takes {}, and {} are free there; choose another place or a smaller dtype, or \
                 --ignore-space where the file system lies",
                output.display(),
                text::bytes(self.needed),
                text::bytes(free)
            ),
            _ => Ok(()),
        }
    }
}
