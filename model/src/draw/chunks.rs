//! Tensors cut into chunks that fit a bounded amount of memory.

use wgpu_weights::Fill;

use crate::error::Result;

/// Bytes in a chunk: much more than a transfer's overhead, little beside any machine's memory.
pub const CHUNK: u64 = 16 << 20;

/// Parts of tensors that lie one after the other in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chunk {
    /// The parts, none of them empty.
    pub parts: Vec<Fill>,
    /// The bytes that they take together.
    pub bytes: u64,
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

#[cfg(test)]
pub(super) mod tests {
    use wgpu_weights::Distribution;

    use super::*;

    /// Tensors of many sizes, from none to several chunks.
    pub(in crate::draw) fn fills() -> impl Iterator<Item = Fill> + Clone + Send {
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
}
