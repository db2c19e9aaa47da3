//! Work in pieces: on the threads of the current rayon pool or, without the feature `rayon`, one after another.

#[cfg(feature = "rayon")]
use rayon::prelude::*;

/// Each piece of so many bytes, with how many come before it.
pub(super) fn for_each_chunk(
    out: &mut [u8],
    bytes: usize,
    each: impl Fn(u64, &mut [u8]) + Send + Sync,
) {
    #[cfg(feature = "rayon")]
    let chunks = out.par_chunks_mut(bytes);
    #[cfg(not(feature = "rayon"))]
    let chunks = out.chunks_mut(bytes);
    chunks.enumerate().for_each(|(index, out)| each(index as u64, out));
}

/// Each of the items.
pub(super) fn for_each<T: Send>(items: Vec<T>, each: impl Fn(T) + Send + Sync) {
    // One alone stays on the caller's thread: to hand it over costs more than a small one.
    if items.len() < 2 {
        return items.into_iter().for_each(each);
    }
    #[cfg(feature = "rayon")]
    let items = items.into_par_iter();
    #[cfg(not(feature = "rayon"))]
    let items = items.into_iter();
    items.for_each(each);
}

/// How many threads there are.
pub(super) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}
