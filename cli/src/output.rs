//! Files that are there whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

/// A file under a hidden name in the folder of the one it will be. Dropped before
/// [`finish`](Self::finish), it leaves nothing.
#[derive(Debug)]
pub(crate) struct Output {
    temporary: NamedTempFile,
    path: PathBuf,
    force: bool,
}

/// What can be told before any work: the folder is there and the name is free.
///
/// # Errors
/// Why `path` cannot be written.
pub(crate) fn check(path: &Path, force: bool) -> Result<()> {
    if path.file_name().is_none() {
        bail!("output {} is not the name of a file", path.display());
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        bail!("the output folder {} does not exist; create it first", folder.display());
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("output {}", path.display())),
        Ok(metadata) if !(metadata.is_file() || metadata.is_symlink()) => {
            bail!("output {} is not a regular file; choose another name", path.display())
        }
        Ok(_) if !force => {
            bail!("output {} exists; --force replaces it", path.display())
        }
        Ok(_) => Ok(()),
    }
}

impl Output {
    /// A new file that will be `path`.
    ///
    /// # Errors
    /// As [`check`]; a folder that cannot be written to.
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self> {
        check(path, force)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".wgpu-weights-").suffix(".partial");
        #[cfg(unix)]
        {
            // Less the umask, as for any file: a checkpoint is not a secret.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let temporary = builder.tempfile_in(folder_of(path)).with_context(|| {
            format!("no file can be created in the output folder {}", folder_of(path).display())
        })?;
        Ok(Self { temporary, path: path.into(), force })
    }

    /// Makes it durable and gives it its name.
    ///
    /// # Errors
    /// A disk that fails; a file of that name that came to be in the meantime.
    pub(crate) fn finish(mut self) -> Result<()> {
        let path = self.path;
        let failed = || format!("output {}", path.display());
        self.temporary.flush().with_context(failed)?;
        self.temporary.as_file().sync_all().with_context(failed)?;
        if self.force {
            self.temporary.persist(&path).map_err(|error| error.error).with_context(failed)?;
        } else {
            self.temporary
                .persist_noclobber(&path)
                .map_err(|error| error.error)
                .with_context(|| format!("{}; --force replaces a file that exists", failed()))?;
        }
        // The data is safe; a file system on which a folder cannot be synced is no failure.
        let _ = File::open(folder_of(&path)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
