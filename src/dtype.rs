//! Element types of a filled tensor.

/// The element type of a tensor, by safetensors' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// IEEE binary32.
    #[default]
    F32,
    /// Unsigned 32-bit words: the dtype of [`Distribution::bits`](crate::Distribution::bits) alone.
    U32,
}

impl Dtype {
    /// Every dtype.
    pub const ALL: [Self; 2] = [Self::F32, Self::U32];

    /// The dtypes that a distribution other than `bits` is drawn in.
    pub const FLOATS: [Self; 1] = [Self::F32];

    /// safetensors' name, as it stands in a file's header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::U32 => "U32",
        }
    }

    /// Bytes per element.
    pub const fn size(self) -> u64 {
        match self {
            Self::F32 | Self::U32 => 4,
        }
    }
}

crate::names::from_str_by_name!(Dtype, "dtype");
