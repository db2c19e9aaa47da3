//! Bytes of any number of tensors through a bounded amount of memory.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use wgpu_weights::Fill;

use super::{
    NO_THREAD,
    chunks::{Chunk, Chunks},
    source::ByteSource,
};
use crate::{
    error::{Context, Result, ensure},
    memory,
};

/// Makes the bytes of these tensors, on a thread for each source, and hands them on in order: to
/// `write` on this thread, and then to `look` on one of its own, for a digest takes its time too.
///
/// At most a few chunks for each source are in memory. Several sources take turns: while one reads
/// its chunk back, another fills the next.
///
/// # Errors
/// That of a source or of `write`, whichever comes first; no memory; no thread.
pub fn stream<I>(
    sources: &mut [Box<dyn ByteSource>],
    fills: I,
    mut write: impl FnMut(&[u8]) -> Result<()>,
    mut look: impl FnMut(&[u8]) + Send,
) -> Result<()>
where
    I: Iterator<Item = Fill> + Clone + Send,
{
    let lanes = sources.len();
    ensure!(lanes > 0, "there is no source of bytes; give one or more");
    thread::scope(|scope| {
        let (mut ready, mut empty) = (Vec::new(), Vec::new());
        for (lane, source) in sources.iter_mut().enumerate() {
            let (send, receive) = sync_channel(1);
            let (give_back, take_back) = sync_channel(2);
            let chunks = Chunks::new(fills.clone()).skip(lane).step_by(lanes);
            thread::Builder::new()
                .spawn_scoped(scope, move || produce(source.as_mut(), chunks, &send, &take_back))
                .context(NO_THREAD)?;
            ready.push(receive);
            empty.push(give_back);
        }
        let (written, to_look) = sync_channel::<(usize, Vec<u8>)>(1);
        let look = move || {
            for (lane, chunk) in to_look {
                look(&chunk);
                let _ = empty[lane].try_send(chunk);
            }
        };
        thread::Builder::new().spawn_scoped(scope, look).context(NO_THREAD)?;
        // A lane that ends hangs up; the first to do so is the one whose turn it is.
        for turn in (0..lanes).cycle() {
            let Ok(chunk) = ready[turn].recv() else { break };
            let chunk = chunk?;
            write(&chunk)?;
            // It is there to the end, unless it panicked, which the scope will tell.
            let _ = written.send((turn, chunk));
        }
        Ok(())
    })
}

fn produce(
    source: &mut dyn ByteSource,
    chunks: impl Iterator<Item = Result<Chunk>>,
    ready: &SyncSender<Result<Vec<u8>>>,
    empty: &Receiver<Vec<u8>>,
) {
    for chunk in chunks {
        let mut bytes = empty.try_recv().unwrap_or_default();
        let made = chunk.and_then(|chunk| {
            let size = chunk.bytes as usize;
            let more = size.saturating_sub(bytes.len());
            memory::reserve(&mut bytes, more)?;
            bytes.resize(size, 0);
            source.make(&chunk, &mut bytes)?;
            Ok(bytes)
        });
        let failed = made.is_err();
        // The consumer is gone after an error of its own.
        if ready.send(made).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        draw::{chunks::tests::fills, cpu::CpuSource},
        error::bail,
    };

    #[test]
    fn lanes_keep_the_order() {
        let bytes_by = |lanes: usize| {
            let (mut all, mut seen) = (Vec::new(), Vec::new());
            let mut sources: Vec<_> = (0..lanes)
                .map(|_| Box::new(CpuSource::new().unwrap()) as Box<dyn ByteSource>)
                .collect();
            let write = |bytes: &[u8]| {
                all.extend_from_slice(bytes);
                Ok(())
            };
            stream(&mut sources, fills(), write, |bytes| seen.extend_from_slice(bytes)).unwrap();
            assert!(all == seen);
            all
        };
        assert!(bytes_by(1) == bytes_by(3));
    }

    #[test]
    fn no_source_is_an_error() {
        assert!(stream(&mut [], fills(), |_| Ok(()), |_| ()).is_err());
    }

    #[test]
    fn an_error_of_the_consumer_ends_it() {
        let mut sources = vec![Box::new(CpuSource::new().unwrap()) as Box<dyn ByteSource>];
        let full = |_: &[u8]| bail!("disk full");
        assert!(stream(&mut sources, fills(), full, |_| ()).is_err());
    }
}
