//! Shards: slices of a tensor along one dimension.
//!
//! A weight's fans and scale come from its whole shape; a shard only says which of its elements
//! are made here. Concatenating the shards along their dimension gives the whole, bit for bit.

use std::ops::Range;

use thiserror::Error;

/// Where a fill's elements lie in the whole tensor: runs of `length` elements, the first from
/// index `start` on, each `stride` after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Runs {
    pub(crate) start: u64,
    pub(crate) length: u64,
    pub(crate) stride: u64,
}

impl Runs {
    /// One run that never ends.
    pub(crate) const WHOLE: Self = Self { start: 0, length: u64::MAX, stride: 0 };

    /// The index in the tensor of an element of the runs.
    pub(crate) fn index(&self, element: u64) -> u64 {
        let (run, within) = (element / self.length, element % self.length);
        self.start.wrapping_add(run.wrapping_mul(self.stride)).wrapping_add(within)
    }
}

/// A shard that a tensor does not have.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ShardError {
    /// No such dimension.
    #[error("dimension {dim} of shape {shape:?} does not exist; dimensions count from 0")]
    Dimension {
        /// The dimension asked for.
        dim: usize,
        /// The shape.
        shape: Vec<u64>,
    },
    /// The range ends beyond the dimension, or before it begins.
    #[error("range {start}..{end} does not fit dimension {dim} of size {size}")]
    Range {
        /// The dimension.
        dim: usize,
        /// Its size.
        size: u64,
        /// The first of the range.
        start: u64,
        /// The one after the last.
        end: u64,
    },
    /// More than 2^64 elements.
    #[error("shape {shape:?} has 2^64 elements or more")]
    Overflow {
        /// The shape.
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

/// The runs of a shard and how many elements it has.
pub(crate) fn runs(
    shape: &[u64],
    dim: usize,
    range: Range<u64>,
) -> Result<(Runs, u64), ShardError> {
    let overflow = || ShardError::Overflow { shape: shape.to_vec() };
    let product = |dims: &[u64]| {
        dims.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim)).ok_or_else(overflow)
    };
    let &size =
        shape.get(dim).ok_or_else(|| ShardError::Dimension { dim, shape: shape.to_vec() })?;
    let Range { start, end } = range;
    if start > end || end > size {
        return Err(ShardError::Range { dim, size, start, end });
    }
    if shape.contains(&0) || start == end {
        return Ok((Runs::WHOLE, 0));
    }
    product(shape)?;
    // No product below overflows: each is at most that of the whole shape.
    let (outer, inner) = (product(&shape[..dim])?, product(&shape[dim + 1..])?);
    let length = (end - start) * inner;
    if end - start == size {
        // All of the dimension is all of the tensor: one run, which has a faster road.
        return Ok((Runs::WHOLE, outer * length));
    }
    Ok((Runs { start: start * inner, length, stride: size * inner }, outer * length))
}
