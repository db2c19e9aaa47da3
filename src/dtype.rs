//! Element types of a filled tensor.

/// The element type of a tensor, by safetensors' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// IEEE binary32.
    #[default]
    F32,
    /// IEEE binary16; a value beyond its range becomes infinite.
    F16,
    /// bfloat16.
    BF16,
    /// 8-bit E4M3 without infinities (`e4m3fn`); saturates at ±448.
    F8E4M3,
    /// 8-bit E5M2; saturates at ±57344.
    F8E5M2,
    /// Unsigned 32-bit words: the dtype of [`Distribution::bits`](crate::Distribution::bits) alone.
    U32,
}

impl Dtype {
    /// Every dtype.
    pub const ALL: &[Self] =
        &[Self::F32, Self::F16, Self::BF16, Self::F8E4M3, Self::F8E5M2, Self::U32];

    /// The dtypes that a distribution other than `bits` is drawn in. Each value is that of F32,
    /// rounded to nearest-even.
    pub const FLOATS: &[Self] = &[Self::F32, Self::F16, Self::BF16, Self::F8E4M3, Self::F8E5M2];

    /// safetensors' name, as it stands in a file's header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::F8E4M3 => "F8_E4M3",
            Self::F8E5M2 => "F8_E5M2",
            Self::U32 => "U32",
        }
    }

    /// Bytes per element.
    pub const fn size(self) -> u64 {
        match self {
            Self::F32 | Self::U32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::F8E4M3 | Self::F8E5M2 => 1,
        }
    }
}

crate::names::from_str_by_name!(Dtype, "dtype");
