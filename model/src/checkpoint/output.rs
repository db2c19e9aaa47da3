//! Files that are there whole or not at all.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::NamedTempFile;

use super::{unfinished, write_back::WriteBack};
use crate::error::{Context, Result, bail};

/// A file under a hidden name in the folder of the one it will be. Dropped before
/// [`finish`](Self::finish), it leaves nothing.
#[derive(Debug)]
pub struct Output {
    /// None once it is finished.
    temporary: Option<NamedTempFile>,
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

/// The hidden file that is locked while a file is written.
pub(super) fn lock_path(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}lock", partial_prefix(path)))
}

/// A file that nobody has written to for so long is unfinished for good.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether the process that wrote an unfinished file is gone. Another machine's cannot be seen.
fn is_left(path: &Path, process: Option<u32>) -> bool {
    let old = || fs::metadata(path).and_then(|it| it.modified()).ok()?.elapsed().ok();
    let gone = |id: u32| {
        // In a container a process has its predecessor's number.
        id == std::process::id() && !unfinished::contains(path)
            || cfg!(target_os = "linux")
                && Path::new("/proc/self").exists()
                && !Path::new(&format!("/proc/{id}")).exists()
    };
    process.is_some_and(gone) || old().is_some_and(|age| age > DAY)
}

/// Removes the unfinished forms of these files that killed runs have left in a folder, and none
/// that another process is writing to.
///
/// # Errors
/// A folder that cannot be read or written to.
pub fn clean(folder: &Path, paths: &[&Path]) -> Result<()> {
    let prefixes: HashSet<String> = paths.iter().map(|path| partial_prefix(path)).collect();
    let failed = || format!("cleaning the output folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(PARTIAL)) else { continue };
        // The prefix, the process, and letters by chance.
        let parts = name.rsplit_once('-').and_then(|(rest, _)| Some((rest.rfind('-')?, rest)));
        let Some((end, rest)) = parts else { continue };
        let path = folder.join(name);
        if prefixes.contains(&rest[..=end]) && is_left(&path, rest[end + 1..].parse().ok()) {
            remove(&path).with_context(failed)?;
        }
    }
    Ok(())
}

/// Removes a file, unless another process has.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What can be told before any work: the folder is there and the name is free.
///
/// # Errors
/// Why `path` cannot be written.
pub fn check(path: &Path, force: bool) -> Result<()> {
    if path.file_name().is_none() {
        bail!("output {} is not the name of a file", path.display());
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        bail!("the output folder {} does not exist; create it first", folder.display());
    }
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => bail!(
                "output {} is a link to {}, where nothing is; name that, or remove the link",
                path.display(),
                target.display()
            ),
            Err(_) => Ok(()),
        },
        Err(error) => Err(error).with_context(|| format!("output {}", path.display())),
        Ok(metadata) if metadata.is_dir() => bail!(
            "output {} is a folder; choose another name, or --max-shard-size for a folder of files",
            path.display()
        ),
        // Whatever it is, a file in its place would not be it.
        Ok(metadata) if !metadata.is_file() => bail!(
            "output {} is not a regular file (a device, a pipe or a socket), which is never replaced; choose \
             another name",
            path.display()
        ),
        Ok(_) if !force => {
            bail!("output {} exists; --force replaces it", path.display())
        }
        Ok(_) => Ok(()),
    }
}

/// Where a file is written that is named so: a link's target, and the link stays.
fn target(path: &Path) -> Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            fs::canonicalize(path).with_context(|| format!("output {}", path.display()))
        }
        _ => Ok(path.into()),
    }
}

impl Output {
    /// A new file that will be `path`.
    ///
    /// # Errors
    /// As [`check`]; a folder that cannot be written to.
    pub fn create(path: &Path, force: bool) -> Result<Self> {
        check(path, force)?;
        let path = &target(path)?;
        let prefix = format!("{}{}-", partial_prefix(path), std::process::id());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(PARTIAL);
        #[cfg(unix)]
        {
            // Less the umask, as for any file: a checkpoint is not a secret.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let create = || builder.tempfile_in(folder_of(path));
        let temporary = unfinished::begin(create, NamedTempFile::path).with_context(|| {
            format!("no file can be created in the output folder {}", folder_of(path).display())
        })?;
        Ok(Self {
            temporary: Some(temporary),
            write_back: WriteBack::default(),
            path: path.into(),
            force,
        })
    }

    /// Makes it durable and gives it its name.
    ///
    /// # Errors
    /// A disk that fails; a file of that name that came to be in the meantime.
    pub fn finish(mut self) -> Result<()> {
        let Some(mut temporary) = self.temporary.take() else { return Ok(()) };
        let hidden = temporary.path().to_path_buf();
        let done = self.make_durable(&mut temporary);
        unfinished::end(&hidden, || match done {
            // Dropped, it goes.
            Err(error) => Err(error),
            Ok(()) => self.name(temporary),
        })?;
        // The data is safe; a file system on which a folder cannot be synced is no failure.
        let _ = File::open(folder_of(&self.path)).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn failed(&self) -> String {
        format!("output {}", self.path.display())
    }

    fn make_durable(&mut self, temporary: &mut NamedTempFile) -> Result<()> {
        temporary.flush().with_context(|| self.failed())?;
        let write_back = std::mem::take(&mut self.write_back);
        write_back.finish().with_context(|| self.failed())?;
        temporary.as_file().sync_all().with_context(|| self.failed())?;
        if !temporary.path().exists() {
            bail!(
                "{}: somebody has removed {} while it was written; run it again",
                self.failed(),
                temporary.path().display()
            );
        }
        Ok(())
    }

    fn name(&self, temporary: NamedTempFile) -> Result<()> {
        if self.force {
            let persisted = temporary.persist(&self.path).map_err(|error| error.error);
            persisted.with_context(|| self.failed())?;
        } else {
            let persisted = temporary.persist_noclobber(&self.path).map_err(|error| error.error);
            if persisted.as_ref().is_err_and(|it| it.kind() == io::ErrorKind::AlreadyExists) {
                bail!("{}: somebody made it meanwhile; --force replaces it", self.failed());
            }
            persisted.with_context(|| self.failed())?;
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let hidden = temporary.path().to_path_buf();
            unfinished::end(&hidden, || drop(temporary));
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(temporary) = &mut self.temporary else { return Ok(0) };
        let count = temporary.write(bytes)?;
        self.write_back.wrote(temporary.as_file(), count)?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.as_mut().map_or(Ok(()), NamedTempFile::flush)
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_a_process_writes_is_not_cleaned_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let put = |process: &str| {
            let name = format!("{}{process}-AbCdEf{PARTIAL}", partial_prefix(&path));
            fs::write(folder.path().join(&name), "begun").unwrap();
            folder.path().join(name)
        };
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (running, own) = (put(&child.id().to_string()), put(&std::process::id().to_string()));
        let mut ours = Output::create(&path, false).unwrap();
        let ours_path = ours.temporary.as_ref().unwrap().path().to_path_buf();
        // Beyond the largest number that Linux gives.
        let (gone, unknown) = (put("4194305"), put("x"));
        clean(folder.path(), &[&path]).unwrap();
        let there = [&running, &own, &gone, &unknown].map(|path| path.exists());
        assert_eq!(there, [true, false, cfg!(not(target_os = "linux")), true]);
        // What this very process is writing is not its predecessor's.
        ours.write_all(b"begun").unwrap();
        assert!(ours_path.exists());
        drop(ours);
        assert!(!ours_path.exists());
        for path in [&running, &unknown] {
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(std::time::SystemTime::now() - 2 * DAY)
                .unwrap();
        }
        clean(folder.path(), &[&path]).unwrap();
        assert!(!running.exists() && !unknown.exists());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_file_that_was_taken_away_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let out = Output::create(&folder.path().join("w"), true).unwrap();
        fs::remove_file(out.temporary.as_ref().unwrap().path()).unwrap();
        let error = out.finish().unwrap_err().to_string();
        assert!(error.contains("somebody has removed"), "{error}");
    }
}
