//! One checkpoint at a time in an output: two that are written there at once would be mixed.
//!
//! Processes that write one checkpoint together share the lock; it knows them by the checkpoint's identity.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use fs4::{FileExt, TryLockError};

use crate::error::{Context, Result, bail};

/// The locks that this process holds, so that its end can let go of them.
static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

struct Held {
    path: PathBuf,
    file: File,
}

/// The lock of an output, held until it is dropped; its hidden file goes with the last who holds it.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
}

/// How often a lock that somebody holds for a moment is asked for again.
const TRIES: usize = 200;

impl Lock {
    /// Takes the lock that this hidden file stands for, for a checkpoint of this identity.
    ///
    /// # Errors
    /// Another checkpoint is being written to the output; a folder that cannot be written to.
    pub(super) fn take(path: PathBuf, output: &Path, identity: &str) -> Result<Self> {
        let failed = || format!("output {}", output.display());
        for _ in 0..TRIES {
            if let Ok(metadata) = fs::symlink_metadata(&path)
                && !metadata.is_file()
            {
                bail!("{}: {} is no lock; remove it", failed(), path.display());
            }
            let mut open = File::options();
            open.read(true).write(true).create(true).truncate(false);
            let mut file = open.open(&path).with_context(failed)?;
            match lock(&mut file, identity).with_context(failed)? {
                // The last holder removes the file: what was locked may have no name any more.
                Taken::Yes if is_at(&file, &path) => {
                    held().push(Held { path: path.clone(), file });
                    return Ok(Self { path });
                }
                Taken::ByAnother => bail!(
                    "{}: another run is writing another checkpoint there; wait for its end, or choose another \
                     output",
                    failed()
                ),
                Taken::Yes | Taken::Busy => thread::sleep(Duration::from_millis(10)),
            }
        }
        bail!("{}: other runs begin there again and again; choose another output", failed())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut held = held();
        if let Some(at) = held.iter().position(|held| held.path == self.path) {
            let Held { path, file } = held.swap_remove(at);
            release(&path, &file);
        }
    }
}

enum Taken {
    Yes,
    ByAnother,
    Busy,
}

/// Shares the lock with those of the same identity.
fn lock(file: &mut File, identity: &str) -> std::io::Result<Taken> {
    match FileExt::try_lock(file) {
        Ok(()) => {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(identity.as_bytes())?;
            file.sync_data()?;
            // Another may come between; what the file says then tells.
            FileExt::unlock(file)?;
        }
        Err(TryLockError::WouldBlock) => {}
        // A file system without locks: nothing can be known there.
        Err(TryLockError::Error(_)) => return Ok(Taken::Yes),
    }
    if FileExt::try_lock_shared(file).is_err() {
        return Ok(Taken::Busy);
    }
    let mut found = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(1 << 12).read_to_string(&mut found)?;
    if found == identity {
        return Ok(Taken::Yes);
    }
    FileExt::unlock(file)?;
    // Left by a dead process, unless somebody holds it.
    match FileExt::try_lock(file) {
        Ok(()) => {
            FileExt::unlock(file)?;
            Ok(Taken::Busy)
        }
        Err(_) => Ok(Taken::ByAnother),
    }
}

/// Whether a path still leads to an open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => place(open) == place(named),
        _ => false,
    }
}

/// An open file cannot be removed elsewhere.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Lets go of a lock; the last one takes its file away.
fn release(path: &Path, file: &File) {
    let _ = FileExt::unlock(file);
    if FileExt::try_lock(file).is_ok() {
        // Nobody holds it, and whoever has opened it meanwhile sees that it is gone.
        let _ = fs::remove_file(path);
        let _ = FileExt::unlock(file);
    }
}

fn held() -> std::sync::MutexGuard<'static, Vec<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets go of every lock of this process.
pub(super) fn release_all() {
    for Held { path, file } in held().drain(..) {
        release(&path, &file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_checkpoint_at_a_time_and_several_processes_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let take = |identity: &str| Lock::take(path.clone(), Path::new("out"), identity);
        let first = take("a").unwrap();
        let second = take("a").unwrap();
        let error = take("b").unwrap_err().to_string();
        assert!(error.contains("another run is writing another checkpoint"), "{error}");
        drop(first);
        assert!(take("b").is_err());
        drop(second);
        assert!(!path.exists());
        // What a dead process left is nobody's.
        fs::write(&path, "of the dead").unwrap();
        let other = take("b").unwrap();
        assert!(take("a").is_err());
        drop(other);
        assert!(!path.exists());
    }

    #[test]
    fn many_at_once_are_one_or_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let inside =
            [std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0)];
        thread::scope(|scope| {
            for thread in 0..8 {
                let (path, inside) = (&path, &inside);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let own = thread % 2;
                        let identity = ["a", "b"][own];
                        let Ok(lock) = Lock::take(path.clone(), Path::new("out"), identity) else {
                            continue;
                        };
                        inside[own].fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        assert_eq!(inside[1 - own].load(std::sync::atomic::Ordering::SeqCst), 0);
                        thread::yield_now();
                        inside[own].fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(!path.exists());
    }
}
