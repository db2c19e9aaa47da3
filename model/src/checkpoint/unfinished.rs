//! The files that this process is writing, so that whoever ends it can take them away.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::lock;

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a file, unless the process is being ended: then this waits for the end.
pub(super) fn begin<T>(
    create: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> &Path,
) -> io::Result<T> {
    let mut unfinished = unfinished();
    let file = create()?;
    unfinished.insert(path(&file).into());
    Ok(file)
}

/// Ends a file: it gets its name, or goes.
pub(super) fn end<T>(path: &Path, finish: impl FnOnce() -> T) -> T {
    let mut unfinished = unfinished();
    unfinished.remove(path);
    finish()
}

/// Whether this process is writing a file.
pub(super) fn contains(path: &Path) -> bool {
    unfinished().contains(path)
}

/// Nothing is begun or finished while it lives.
#[derive(Debug)]
pub struct Abandoned(#[expect(dead_code, reason = "held")] MutexGuard<'static, BTreeSet<PathBuf>>);

/// Removes every file that this process has begun and not finished, and lets go of its locks. For the end of a process: until what is
/// returned is dropped, no other is begun, and none gets its name.
///
/// ```
/// // In a thread that waits for signals:
/// let abandoned = wgpu_weights_model::checkpoint::abandon();
/// // std::process::exit(130), with `abandoned` alive
/// # drop(abandoned);
/// ```
pub fn abandon() -> Abandoned {
    let mut unfinished = unfinished();
    for path in std::mem::take(&mut *unfinished) {
        // There is nobody left to tell.
        let _ = fs::remove_file(path);
    }
    lock::release_all();
    Abandoned(unfinished)
}
