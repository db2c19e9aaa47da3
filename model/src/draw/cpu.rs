//! Bytes from the CPU twin.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{NO_THREAD, chunks::Chunk, host_made::HostMade, source::ByteSource};
use crate::error::{Error, Result};

/// The CPU twin, on all cores.
#[derive(Debug)]
pub struct CpuSource {
    // Of its own: the global one panics where the system starts no more threads.
    pool: ThreadPool,
    prepared: HostMade,
}

impl CpuSource {
    /// The twin, with a thread for each core, or as many as `RAYON_NUM_THREADS` says, up to four a core.
    ///
    /// # Errors
    /// No thread.
    pub fn new() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // More only take time to start.
        let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|it| it.parse().ok());
        let threads = asked.unwrap_or(0).min(4 * cores);
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        // Its text has its cause's.
        let pool = pool.map_err(|error| Error::new(format_args!("{NO_THREAD}: {error}")))?;
        Ok(Self { pool, prepared: HostMade::default() })
    }
}

impl ByteSource for CpuSource {
    fn make(&mut self, chunk: &Chunk, out: &mut [u8]) -> Result<()> {
        self.pool.install(|| {
            let mut rest = out;
            for part in &chunk.parts {
                let (now, later) = rest.split_at_mut(part.bytes()? as usize);
                self.prepared.fill(part, now)?;
                rest = later;
            }
            Ok(())
        })
    }
}
