//! Shards: slices of a tensor along its dimensions ([`Fill::shard`](crate::Fill::shard)).
//!
//! A weight's fans and scale come from its whole shape; a shard only says which of its elements
//! are made here. Concatenating the shards along their dimension gives the whole, bit for bit.

use std::ops::Range;

use thiserror::Error;

/// A shard that a tensor does not have.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardError {
    /// No such dimension.
    #[error("dimension {dim} of shape {shape:?} does not exist; dimensions count from 0")]
    Dimension {
        /// The dimension asked for.
        dim: usize,
        /// The shape of the whole tensor.
        shape: Vec<u64>,
    },
    /// The range ends beyond the dimension, or before it begins.
    #[error(
        "range {start}..{end} does not fit dimension {dim}, of which the fill has {size}; a range counts from the beginning of what it is taken from"
    )]
    Range {
        /// The dimension.
        dim: usize,
        /// How much of it the fill has.
        size: u64,
        /// The first of the range.
        start: u64,
        /// The one after the last.
        end: u64,
    },
    /// Not one range for each dimension.
    #[error(
        "ranges given: {given}; shape {shape:?} has {} dimensions: give one for each, `0..size` where all of it is taken",
        shape.len()
    )]
    Ranges {
        /// The number of ranges.
        given: usize,
        /// The shape of the whole tensor.
        shape: Vec<u64>,
    },
    /// A vector or a scalar, of which there is nothing to transpose.
    #[error(
        "shape {shape:?} has no two dimensions to exchange; a transposed reading takes two or more"
    )]
    Matrix {
        /// The shape of the whole tensor.
        shape: Vec<u64>,
    },
    /// A window has no dimensions any more.
    #[error(
        "the fill is a window of {count} elements from element {start}, of which no dimension can be taken; shard first, then take a window of the shard"
    )]
    Windowed {
        /// The first element of the window.
        start: u64,
        /// The number of elements in the window.
        count: u64,
    },
    /// The tensor has more elements than 64-bit indices.
    #[error(
        "shape {shape:?} has 2^64 elements or more; an index has 64 bits: take a smaller shape"
    )]
    Overflow {
        /// The shape of the whole tensor.
        shape: Vec<u64>,
    },
    /// There is no such shard.
    #[error(
        "shard {index} of {count} does not exist; the index counts from 0 and must be below the count"
    )]
    Index {
        /// The index asked for.
        index: u64,
        /// How many shards there are.
        count: u64,
    },
}

/// The range of a dimension of `size` that shard `index` of `count` takes, as `torch.chunk`,
/// DTensor and FSDP split it: pieces of ⌈size/count⌉, the last ones smaller or empty.
///
/// # Errors
/// [`ShardError::Index`] unless `index < count`.
///
/// ```
/// use wgpu_weights::shard::chunk;
/// let pieces: Vec<_> = (0..4).map(|index| chunk(10, index, 4).unwrap()).collect();
/// assert_eq!(pieces, [0..3, 3..6, 6..9, 9..10]);
/// assert!(chunk(5, 3, 4)?.is_empty());
/// # Ok::<(), wgpu_weights::shard::ShardError>(())
/// ```
pub fn chunk(size: u64, index: u64, count: u64) -> Result<Range<u64>, ShardError> {
    if index >= count {
        return Err(ShardError::Index { index, count });
    }
    let piece = size.div_ceil(count);
    let start = index.saturating_mul(piece).min(size);
    Ok(start..start.saturating_add(piece).min(size))
}
