//! What is to be filled: a distribution, an address and a window of a tensor.

use thiserror::Error;

use crate::{Distribution, Dtype, Kind, stream_of};

/// A window of a tensor and what its elements are drawn from.
///
/// Element `index` of the whole tensor is a pure function of seed, stream, index, distribution
/// and dtype. A window therefore holds the same bits however the tensor is cut.
///
/// ```
/// use wgpu_weights::{Distribution, Fill};
/// let whole = Fill::new(Distribution::normal(0.0, 0.02)?, 768 * 3072).seed(42).name("mlp.W_in");
/// let half = whole.window(768 * 1536, 768 * 1536);
/// assert_eq!((half.start(), half.count(), half.bytes()?), (1_179_648, 1_179_648, 4_718_592));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    pub(crate) distribution: Distribution,
    pub(crate) dtype: Dtype,
    pub(crate) seed: u64,
    pub(crate) stream: u64,
    pub(crate) start: u64,
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
        "a window of {count} elements from element {start} ends beyond 2^64 elements or bytes; take a smaller window"
    )]
    Range {
        /// The first element.
        start: u64,
        /// The number of elements.
        count: u64,
    },
}

impl Fill {
    /// The first `count` elements of a tensor: seed 0, stream 0, f32 (`bits`: u32).
    pub fn new(distribution: Distribution, count: u64) -> Self {
        let dtype = if distribution.kind() == Kind::Bits { Dtype::U32 } else { Dtype::F32 };
        Self { distribution, dtype, seed: 0, stream: 0, start: 0, count }
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
    /// this fill had before.
    #[must_use]
    pub fn window(self, start: u64, count: u64) -> Self {
        Self { start, count, ..self }
    }

    /// The first element of the window, in the whole tensor.
    pub fn start(&self) -> u64 {
        self.start
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
        let end = self.start.checked_add(self.count);
        end.and_then(|_| self.count.checked_mul(self.dtype.size()))
            .ok_or(FillError::Range { start: self.start, count: self.count })
    }
}
