//! Bytes on their way to the disk while more are made.
//!
//! The system keeps gigabytes of a file in memory before it begins to write them, and the disk
//! would idle until the sync at the end, which nothing overlaps.

use std::{
    fs::File,
    io,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

/// Bytes between two syncs: much more than one costs, little beside what a system keeps.
const PERIOD: u64 = 128 << 20;

/// Syncs a file now and then, on a thread of its own.
#[derive(Debug, Default)]
pub(super) struct WriteBack {
    thread: Option<(SyncSender<()>, JoinHandle<io::Result<()>>)>,
    /// Bytes since the last sync was asked for.
    unsynced: u64,
}

impl WriteBack {
    /// Is told that bytes were written to a file, always the same one.
    ///
    /// # Errors
    /// More open files than the system takes.
    pub(super) fn wrote(&mut self, file: &File, bytes: usize) -> io::Result<()> {
        self.unsynced += bytes as u64;
        if self.unsynced < PERIOD {
            return Ok(());
        }
        let (wake, _) = match &mut self.thread {
            Some(thread) => thread,
            none => {
                let file = file.try_clone()?;
                let (wake, woken) = sync_channel(1);
                let sync = move || woken.iter().try_for_each(|()| file.sync_data());
                none.insert((wake, thread::Builder::new().spawn(sync)?))
            }
        };
        // A sync that still runs is one, and an error of one is told at the end.
        let _ = wake.try_send(());
        self.unsynced = 0;
        Ok(())
    }

    /// Waits for the sync that runs.
    ///
    /// # Errors
    /// That of any sync: the system tells each error of a disk only once.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some((wake, thread)) = self.thread else { return Ok(()) };
        drop(wake);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that syncs panicked")))
    }
}
