//! Bytes of any number of tensors through a bounded amount of memory.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use anyhow::{Context, Result};
use wgpu_weights::Fill;

use crate::{memory, source::Source};

/// Bytes in a chunk: much more than a transfer's overhead, little beside any machine's memory.
pub(crate) const CHUNK: u64 = 16 << 20;

/// Why none could be started is in the error below.
pub(crate) const NO_THREAD: &str = "the system starts no more threads";

/// Parts of tensors that lie one after the other in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chunk {
    /// The parts, none of them empty.
    pub(crate) parts: Vec<Fill>,
    /// The bytes that they take together.
    pub(crate) bytes: u64,
}

/// Cuts tensors into chunks: small ones share one, large ones take many.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<I> {
    fills: I,
    /// What is left of the tensor at hand.
    rest: Option<Fill>,
}

impl<I: Iterator<Item = Fill>> Chunks<I> {
    /// The chunks of these tensors, in their order.
    pub(crate) fn new(fills: I) -> Self {
        Self { fills, rest: None }
    }
}

impl<I: Iterator<Item = Fill>> Iterator for Chunks<I> {
    type Item = Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut chunk = Chunk::default();
        while chunk.bytes < CHUNK {
            let Some(fill) = self.rest.take().or_else(|| self.fills.next()) else { break };
            let bytes = match fill.bytes() {
                Ok(0) => continue,
                Ok(bytes) => bytes,
                Err(error) => return Some(Err(error.into())),
            };
            // A chunk and every tensor are whole numbers of elements.
            let size = bytes / fill.count();
            let count = fill.count().min((CHUNK - chunk.bytes) / size);
            if count == 0 {
                self.rest = Some(fill);
                break;
            }
            let left = fill.count() - count;
            let parts = fill.clone().window(0, count).and_then(|now| {
                Ok((now, if left > 0 { Some(fill.window(count, left)?) } else { None }))
            });
            match parts {
                Ok((now, rest)) => {
                    chunk.parts.push(now);
                    self.rest = rest;
                }
                Err(error) => return Some(Err(error.into())),
            }
            chunk.bytes += count * size;
        }
        (chunk.bytes > 0).then_some(Ok(chunk))
    }
}

/// Makes the bytes of these tensors, on a thread for each source, and hands them on in order: to
/// `write` on this thread, and then to `look` on one of its own, for a digest takes its time too.
///
/// At most a few chunks for each source are in memory. Several sources take turns: while one reads
/// its chunk back, another fills the next.
///
/// # Errors
/// That of a source or of `write`, whichever comes first; no memory; no thread.
pub(crate) fn stream<I>(
    sources: &mut [Box<dyn Source>],
    fills: I,
    mut write: impl FnMut(&[u8]) -> Result<()>,
    mut look: impl FnMut(&[u8]) + Send,
) -> Result<()>
where
    I: Iterator<Item = Fill> + Clone + Send,
{
    let lanes = sources.len();
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
    source: &mut dyn Source,
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
    use wgpu_weights::Distribution;

    use super::*;
    use crate::source::Twin;

    fn fills() -> impl Iterator<Item = Fill> + Clone + Send {
        let sizes = [3u64, 0, 5, 5 << 20, 1, 0, 9 << 20, 0];
        sizes.into_iter().enumerate().map(|(stream, count)| {
            Fill::new(Distribution::bits(), [count]).with_stream(stream as u64)
        })
    }

    #[test]
    fn chunks_are_full_but_for_the_last_and_cover_everything() {
        let chunks: Vec<Chunk> = Chunks::new(fills()).map(Result::unwrap).collect();
        let (last, full) = chunks.split_last().unwrap();
        assert!(full.iter().all(|chunk| chunk.bytes == CHUNK) && last.bytes <= CHUNK);
        let covered: u64 = chunks.iter().map(|chunk| chunk.bytes).sum();
        assert_eq!(covered, fills().map(|fill| fill.bytes().unwrap()).sum::<u64>());
    }

    #[test]
    fn lanes_keep_the_order() {
        let bytes_by = |lanes: usize| {
            let (mut all, mut seen) = (Vec::new(), Vec::new());
            let mut sources: Vec<_> =
                (0..lanes).map(|_| Box::new(Twin::new().unwrap()) as Box<dyn Source>).collect();
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
    fn an_error_of_the_consumer_ends_it() {
        let mut sources = vec![Box::new(Twin::new().unwrap()) as Box<dyn Source>];
        let full = |_: &[u8]| anyhow::bail!("disk full");
        assert!(stream(&mut sources, fills(), full, |_| ()).is_err());
    }
}
