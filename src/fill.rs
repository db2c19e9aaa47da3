//! What is to be filled: a distribution, an address, and a tensor or a part of one.

use std::ops::Range;

use thiserror::Error;

use crate::{Distribution, Dtype, Kind, region::Region, shard::ShardError, stream_of};

/// A fill says what is to be made: all of a tensor, a shard or a window of one, and what its elements are drawn
/// from.
///
/// Element `index` of the whole tensor is a pure function of seed, stream, index, distribution
/// and dtype. A part of it therefore holds the same bits however the tensor is cut.
///
/// ```
/// use wgpu_weights::{Distribution, Fill};
/// let whole = Fill::new(Distribution::normal(0.0, 0.02)?, [768, 3072])
///     .with_seed(42)
///     .with_name("mlp.W_in");
/// let half = whole.shard(0, 384..768)?;
/// assert_eq!(half.sizes(), [384, 3072]);
/// assert_eq!((half.index_of(0), half.count(), half.bytes()?), (1_179_648, 1_179_648, 4_718_592));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    pub(crate) distribution: Distribution,
    pub(crate) dtype: Dtype,
    pub(crate) seed: u64,
    pub(crate) stream: u64,
    pub(crate) region: Region,
}

/// A fill that no tensor can hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FillError {
    /// `bits` are u32 words and nothing else; no other distribution is made of them. Integers are whole numbers within their range.
    #[error(
        "dtype {dtype} does not go with the distribution {distribution}; `bits` takes U32, the others take a floating-point dtype \
         and, where all values are whole numbers that it has (constants below 2^24), an integer one"
    )]
    Dtype {
        /// The dtype asked for.
        dtype: Dtype,
        /// The distribution.
        distribution: String,
    },
    /// The tensor has more elements than 64-bit indices.
    #[error(
        "shape {shape:?} has 2^64 elements or more; an index has 64 bits: take a smaller shape"
    )]
    Overflow {
        /// The shape of the whole tensor.
        shape: Vec<u64>,
    },
    /// The window ends beyond what it is a window of.
    #[error(
        "a window of {count} elements from element {start} ends beyond the fill, which has {of}; windows count from the first element of the shard or window that they are taken from"
    )]
    Window {
        /// The first element of the window.
        start: u64,
        /// The number of elements in the window.
        count: u64,
        /// The number of elements that the fill has.
        of: u64,
    },
    /// The bytes are more than a 64-bit size can say.
    #[error("{count} elements of {dtype} are 2^64 bytes or more; fill them in windows")]
    Bytes {
        /// The number of elements.
        count: u64,
        /// Their dtype.
        dtype: Dtype,
    },
    /// The bytes end beyond a 64-bit offset.
    #[error("{bytes} bytes from byte {offset} on end beyond 2^64 - 1; begin lower in the buffer")]
    Offset {
        /// Where they begin in the buffer.
        offset: u64,
        /// How many there are.
        bytes: u64,
    },
}

impl Fill {
    /// All of a tensor of this shape: seed 0, stream 0, f32 (`bits`: u32). `&[]` is a scalar, of one element; a
    /// shape with a 0 has no elements.
    ///
    /// A shape of 2^64 elements or more is an error of [`bytes`](Self::bytes) and of all that takes a part of it.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill};
    /// let weight = Fill::new(Distribution::normal(0.0, 0.02)?, [768, 3072]);
    /// assert_eq!((weight.count(), weight.bytes()?), (2_359_296, 9_437_184));
    /// let scalar = Fill::new(Distribution::constant(1.0)?, []);
    /// assert_eq!(scalar.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(distribution: Distribution, shape: impl AsRef<[u64]>) -> Self {
        let dtype = if distribution.kind() == Kind::Bits { Dtype::U32 } else { Dtype::F32 };
        let region = Region::new(shape.as_ref().to_vec());
        Self { distribution, dtype, seed: 0, stream: 0, region }
    }

    /// The fill with this seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The fill on this stream; 0 is the unnamed one.
    #[must_use]
    pub fn with_stream(self, stream: u64) -> Self {
        Self { stream, ..self }
    }

    /// The fill on the stream of the parameter of this name ([`stream_of`]).
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        self.with_stream(stream_of(name))
    }

    /// The fill in this dtype.
    #[must_use]
    pub fn with_dtype(self, dtype: Dtype) -> Self {
        Self { dtype, ..self }
    }

    /// The shard that takes `range` of dimension `dim` of what the fill has now, as torch's `narrow`: its elements
    /// in row-major order of the shard. A shard of a shard counts from the first one's begin; in another dimension
    /// it makes a box ([`region`](Self::region)).
    ///
    /// Column- and row-parallel layers, experts and pieces of fused projections are shards along
    /// one dimension; [`chunk`](crate::shard::chunk) splits one as `torch.chunk` does. A flat shard
    /// (FSDP's) is a [`window`](Self::window). Concatenating the shards along their dimension gives the whole, bit
    /// for bit.
    ///
    /// # Errors
    /// [`ShardError::Dimension`] and [`ShardError::Range`] where there is no such shard,
    /// [`ShardError::Windowed`] after a window, [`ShardError::Overflow`] where the whole has 2^64 elements or more.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, cpu};
    /// let whole = Fill::new(Distribution::normal(0.0, 1.0)?, [6, 8]).with_seed(42).with_name("W");
    /// let columns = whole.clone().shard(1, 5..8)?;
    /// let (mut all, mut some) = ([0f32; 48], [0f32; 18]);
    /// cpu::fill_f32(&whole, &mut all)?;
    /// cpu::fill_f32(&columns, &mut some)?;
    /// assert_eq!(some[..3], all[5..8]);
    /// assert_eq!(some[3..6], all[13..16]);
    /// // The last two of those three columns.
    /// assert_eq!(columns.shard(1, 1..3)?, whole.shard(1, 6..8)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shard(self, dim: usize, range: Range<u64>) -> Result<Self, ShardError> {
        Ok(Self { region: self.region.shard(dim, range)?, ..self })
    }

    /// The box that takes a range of every dimension of what the fill has now: its elements in row-major order of
    /// the box. The same as a [`shard`](Self::shard) in each dimension, one after the other.
    ///
    /// # Errors
    /// As [`shard`](Self::shard); [`ShardError::Ranges`] unless there are as many ranges as dimensions.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill};
    /// let expert = Fill::new(Distribution::bits(), [8, 6, 10]).region(&[3..4, 0..6, 5..10])?;
    /// assert_eq!((expert.sizes(), expert.count()), (vec![1, 6, 5], 30));
    /// assert_eq!((expert.index_of(0), expert.index_of(5)), (185, 195));
    /// # Ok::<(), wgpu_weights::shard::ShardError>(())
    /// ```
    pub fn region(self, ranges: &[Range<u64>]) -> Result<Self, ShardError> {
        Ok(Self { region: self.region.region(ranges)?, ..self })
    }

    /// The fill with the last two dimensions of its storage exchanged: element (i, j) of the buffer is element (j, i) of
    /// the tensor, in each matrix of a stack. A framework that stores [in, out] makes with it the model that
    /// one that stores [out, in] has of the same seed and names.
    ///
    /// The shape of the tensor stays, and with it every index and value; [`sizes`](Self::sizes), and the dimensions of
    /// what is taken of it from here on, are those of the buffer. Twice transposed is as it was.
    ///
    /// # Errors
    /// [`ShardError::Matrix`] unless the tensor has two dimensions or more, [`ShardError::Windowed`] after a window,
    /// [`ShardError::Overflow`] where the whole has 2^64 elements or more.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill, cpu};
    /// let torch = Fill::new(Distribution::normal(0.0, 1.0)?, [2, 3]).with_seed(42).with_name("proj.weight");
    /// let burn = torch.clone().transposed()?;
    /// assert_eq!((burn.shape(), burn.sizes()), (&[2, 3][..], vec![3, 2]));
    /// let (mut a, mut b) = ([0.0; 6], [0.0; 6]);
    /// cpu::fill_f32(&torch, &mut a)?;
    /// cpu::fill_f32(&burn, &mut b)?;
    /// assert_eq!(b, [a[0], a[3], a[1], a[4], a[2], a[5]]);
    /// // Columns of the one are rows of the other.
    /// assert_eq!(burn.shard(0, 1..3)?, torch.shard(1, 1..3)?.transposed()?);
    /// # Ok::<(), wgpu_weights::Error>(())
    /// ```
    pub fn transposed(self) -> Result<Self, ShardError> {
        Ok(Self { region: self.region.transposed()?, ..self })
    }

    /// The window of `count` elements from element `start` of what the fill has now (the whole, a shard or an
    /// earlier window), flat and in row-major order: for filling in pieces, and FSDP's flat shards.
    ///
    /// # Errors
    /// [`FillError::Window`] where the window ends beyond what the fill has, [`FillError::Overflow`] where the
    /// whole has 2^64 elements or more.
    ///
    /// ```
    /// use wgpu_weights::{Distribution, Fill};
    /// let whole = Fill::new(Distribution::bits(), [4, 3]);
    /// let second_row = whole.clone().window(3, 3)?;
    /// assert_eq!((second_row.index_of(0), second_row.index_of(2)), (3, 5));
    /// let lower_half_of_a_column = whole.shard(1, 1..2)?.window(2, 2)?;
    /// assert_eq!(lower_half_of_a_column.index_of(0), 7);
    /// assert_eq!(lower_half_of_a_column.index_of(1), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn window(self, start: u64, count: u64) -> Result<Self, FillError> {
        Ok(Self { region: self.region.window(start, count)?, ..self })
    }

    /// The index in the whole tensor of an element of this fill, in row-major order. What an element beyond the
    /// [`count`](Self::count) has is not said.
    pub fn index_of(&self, element: u64) -> u64 {
        self.region.place(element).index
    }

    /// What the elements are drawn from.
    pub fn distribution(&self) -> Distribution {
        self.distribution
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The stream.
    pub fn stream(&self) -> u64 {
        self.stream
    }

    /// The shape of the whole tensor.
    pub fn shape(&self) -> &[u64] {
        self.region.shape()
    }

    /// The sizes of the shard or box that is left of the whole, one for each dimension, in the order in which it is
    /// stored. A window is flat and leaves them as they were.
    pub fn sizes(&self) -> Vec<u64> {
        self.region.sizes().collect()
    }

    /// How many elements the fill makes; 2^64 - 1 where there are more.
    pub fn count(&self) -> u64 {
        self.region.count()
    }

    /// How many bytes the elements take.
    ///
    /// # Errors
    /// [`FillError::Dtype`] where the dtype does not go with the distribution, [`FillError::Overflow`] and
    /// [`FillError::Bytes`] where no buffer can hold them.
    pub fn bytes(&self) -> Result<u64, FillError> {
        if !self.dtype_goes() {
            let distribution = self.distribution.to_string();
            return Err(FillError::Dtype { dtype: self.dtype, distribution });
        }
        self.region.check()?;
        let (count, dtype) = (self.count(), self.dtype);
        count.checked_mul(dtype.size()).ok_or(FillError::Bytes { count, dtype })
    }

    /// Whether the dtype has what the distribution makes.
    fn dtype_goes(&self) -> bool {
        let kind = self.distribution.kind();
        let Some([least, largest]) = self.dtype.integers() else {
            return (kind == Kind::Bits) == (self.dtype == Dtype::U32);
        };
        let has = |value: f64| {
            // The largest is no f64, and what is nearest to it is beyond it.
            value.trunc() == value && value >= least as f64 && value < largest as f64 + 1.0
        };
        match kind {
            // From 2^24 on an f32 may be another number than the one that was meant.
            Kind::Constant { value } | Kind::Diagonal { value, .. } => {
                value.abs() < 16_777_216.0 && has(value.into())
            }
            Kind::Arange { start, step, period } => {
                let last = start + step * period.saturating_sub(1) as f64;
                has(start) && has(step.abs()) && has(last)
            }
            // Each value is rounded to one that it has.
            Kind::Formula(_) => true,
            _ => false,
        }
    }

    /// Whether the values are made on the host also for a GPU, and copied: orthogonal matrices, whose elements depend on each
    /// other, aranges, formulas, dtypes that kernels do not store, and zero rows of a matrix that is transposed.
    pub fn is_made_on_host(&self) -> bool {
        if self.distribution.zero_rows().is_some() && self.parts_of_one_law().is_none() {
            return true;
        }
        match self.distribution.kind() {
            Kind::Orthogonal { .. } | Kind::Arange { .. } | Kind::Formula(_) => true,
            Kind::Bits => false,
            _ => !Dtype::FLOATS.contains(&self.dtype),
        }
    }
}
