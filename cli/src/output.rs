//! Files that are there whole or not at all.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::write_back::WriteBack;

/// A file under a hidden name in the folder of the one it will be. Dropped before
/// [`finish`](Self::finish), it leaves nothing.
#[derive(Debug)]
pub(crate) struct Output {
    temporary: NamedTempFile,
    write_back: WriteBack,
    path: PathBuf,
    force: bool,
}

/// How the names of unfinished files end.
const PARTIAL: &str = ".partial";

/// How the names of a file's unfinished forms begin. Each file has its own, so that a process
/// that cleans up after a killed one leaves alone what its siblings write into the same folder.
fn partial_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".wgpu-weights-{:016x}-", wgpu_weights::stream_of(&name))
}

/// Removes the unfinished forms of these files that killed runs have left in a folder.
///
/// # Errors
/// A folder that cannot be read or written to.
pub(crate) fn clean(folder: &Path, paths: &[&Path]) -> Result<()> {
    let prefixes: HashSet<String> = paths.iter().map(|path| partial_prefix(path)).collect();
    let failed = || format!("cleaning the output folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(PARTIAL)) else { continue };
        let prefix = name.rfind('-').map(|end| &name[..=end]);
        if prefix.is_some_and(|prefix| prefixes.contains(prefix)) {
            fs::remove_file(folder.join(name)).with_context(failed)?;
        }
    }
    Ok(())
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
            bail!(
                "output {} is not a regular file; choose another name{}",
                path.display(),
                if metadata.is_dir() { ", or --max-shard-size for a folder of files" } else { "" }
            )
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
        let prefix = partial_prefix(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(PARTIAL);
        #[cfg(unix)]
        {
            // Less the umask, as for any file: a checkpoint is not a secret.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let temporary = builder.tempfile_in(folder_of(path)).with_context(|| {
            format!("no file can be created in the output folder {}", folder_of(path).display())
        })?;
        Ok(Self { temporary, write_back: WriteBack::default(), path: path.into(), force })
    }

    /// Makes it durable and gives it its name.
    ///
    /// # Errors
    /// A disk that fails; a file of that name that came to be in the meantime.
    pub(crate) fn finish(mut self) -> Result<()> {
        let path = self.path;
        let failed = || format!("output {}", path.display());
        self.temporary.flush().with_context(failed)?;
        self.write_back.finish().with_context(failed)?;
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
        let count = self.temporary.write(bytes)?;
        self.write_back.wrote(self.temporary.as_file(), count)?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
