//! What is to be filled: a distribution, an address, and a window or a shard of a tensor.

use std::ops::Range;

use thiserror::Error;

use crate::{
    Distribution, Dtype, Kind,
    shard::{self, Runs, ShardError},
    stream_of,
};

/// A window or a shard of a tensor, and what its elements are drawn from.
///
/// Element `index` of the whole tensor is a pure function of seed, stream, index, distribution
/// and dtype. A window therefore holds the same bits however the tensor is cut.
///
/// ```
/// use wgpu_weights::{Distribution, Fill};
/// let whole = Fill::new(Distribution::normal(0.0, 0.02)?, 768 * 3072).seed(42).name("mlp.W_in");
/// let half = whole.window(768 * 1536, 768 * 1536);
/// assert_eq!((half.index_of(0), half.count(), half.bytes()?), (1_179_648, 1_179_648, 4_718_592));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    pub(crate) distribution: Distribution,
    pub(crate) dtype: Dtype,
    pub(crate) seed: u64,
    pub(crate) stream: u64,
    pub(crate) runs: Runs,
    /// Elements of the runs before the first one that is filled.
    pub(crate) skip: u64,
    pub(crate) count: u64,
}

/// A fill that no tensor can hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FillError {
    /// `bits` are u32 words and nothing else; no other distribution is made of them.
    #[error(
        "dtype {dtype} does not go with the distribution {distribution}; `bits` takes U32, the others take a floating-point dtype"
    )]
    Dtype {
        /// The dtype asked for.
        dtype: Dtype,
        /// The name of the distribution.
        distribution: &'static str,
    },
    /// The window ends beyond the last 64-bit index, or its bytes beyond the last 64-bit size.
    #[error(
        "a window of {count} elements from element {start} ends beyond 2^64 - 1 elements or bytes; take a smaller window"
    )]
    Range {
        /// The first element.
        start: u64,
        /// The number of elements.
        count: u64,
    },
    /// A part that ends beyond the window it is a part of.
    #[error("a part of {count} elements from element {first} ends beyond the window's {of}")]
    Part {
        /// The first element of the part.
        first: u64,
        /// The number of elements in the part.
        count: u64,
        /// The number of elements in the window.
        of: u64,
    },
}

impl Fill {
    /// The first `count` elements of a tensor: seed 0, stream 0, f32 (`bits`: u32).
    pub fn new(distribution: Distribution, count: u64) -> Self {
        let dtype = if distribution.kind() == Kind::Bits { Dtype::U32 } else { Dtype::F32 };
        Self { distribution, dtype, seed: 0, stream: 0, runs: Runs::WHOLE, skip: 0, count }
    }

    /// With this seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// On this stream; 0 is the unnamed one.
    #[must_use]
    pub fn stream(self, stream: u64) -> Self {
        Self { stream, ..self }
    }

    /// On the stream of the parameter of this name ([`stream_of`]).
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.stream(stream_of(name))
    }

    /// In this dtype.
    #[must_use]
    pub fn dtype(self, dtype: Dtype) -> Self {
        Self { dtype, ..self }
    }

    /// The window of `count` elements from element `start` of the whole tensor, whatever window
    /// or shard this fill had before.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill};
    /// let second_row = Fill::new(Distribution::bits(), 6).window(3, 3);
    /// assert_eq!((second_row.index_of(0), second_row.index_of(2)), (3, 5));
    /// ```
    #[must_use]
    pub fn window(self, start: u64, count: u64) -> Self {
        Self { runs: Runs::WHOLE, skip: start, count, ..self }
    }

    /// The shard of a tensor of this shape that takes `range` of dimension `dim`, whatever window
    /// or shard this fill had before: its elements in row-major order of the shard.
    ///
    /// Column- and row-parallel layers, experts and pieces of fused projections are shards along
    /// one dimension; [`chunk`](crate::shard::chunk) splits one as `torch.chunk` does. A flat shard
    /// (FSDP's) is a [`window`](Self::window).
    ///
    /// # Errors
    /// [`ShardError`].
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, cpu};
    /// let whole = Fill::new(Distribution::normal(0.0, 1.0)?, 6 * 8).seed(42).name("W");
    /// let columns = whole.shard(&[6, 8], 1, 5..8)?;
    /// let (mut all, mut some) = ([0f32; 48], [0f32; 18]);
    /// cpu::fill_f32(&whole, &mut all)?;
    /// cpu::fill_f32(&columns, &mut some)?;
    /// assert_eq!(some[..3], all[5..8]);
    /// assert_eq!(some[3..6], all[13..16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shard(self, shape: &[u64], dim: usize, range: Range<u64>) -> Result<Self, ShardError> {
        let (runs, count) = shard::runs(shape, dim, range)?;
        Ok(Self { runs, skip: 0, count, ..self })
    }

    /// `count` elements of this very window or shard, from its element `first` on: for filling in
    /// pieces.
    ///
    /// # Errors
    /// [`FillError::Part`] where the part ends beyond this fill; [`FillError::Range`] where this
    /// fill itself ends beyond 2^64 elements.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill};
    /// let columns = Fill::new(Distribution::bits(), 12).shard(&[4, 3], 1, 1..2)?;
    /// let lower_half = columns.part(2, 2)?;
    /// assert_eq!((lower_half.index_of(0), lower_half.index_of(1)), (7, 10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn part(self, first: u64, count: u64) -> Result<Self, FillError> {
        if first.checked_add(count).is_none_or(|end| end > self.count) {
            return Err(FillError::Part { first, count, of: self.count });
        }
        let skip = self.skip.checked_add(first);
        let skip = skip.ok_or(FillError::Range { start: self.skip, count: self.count })?;
        Ok(Self { skip, count, ..self })
    }

    /// The index in the whole tensor of an element of this window or shard.
    pub fn index_of(&self, element: u64) -> u64 {
        self.runs.index(self.skip.wrapping_add(element))
    }

    /// What the elements are drawn from.
    pub fn distribution(&self) -> Distribution {
        self.distribution
    }

    /// The dtype of the elements.
    pub fn element_type(&self) -> Dtype {
        self.dtype
    }

    /// Elements in the window.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Bytes that the window takes.
    ///
    /// # Errors
    /// [`FillError`] where no buffer can hold it.
    pub fn bytes(&self) -> Result<u64, FillError> {
        let bits = self.distribution.kind() == Kind::Bits;
        if bits != (self.dtype == Dtype::U32) {
            let distribution = self.distribution.kind().name();
            return Err(FillError::Dtype { dtype: self.dtype, distribution });
        }
        let end = self.skip.checked_add(self.count);
        end.and_then(|_| self.count.checked_mul(self.dtype.size()))
            .ok_or(FillError::Range { start: self.skip, count: self.count })
    }
}
