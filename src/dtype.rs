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
    /// IEEE binary64: the f32 value, widened exactly.
    F64,
    /// Signed 64-bit integers, for the buffers that checkpoints carry: whole constants, diagonals and aranges.
    I64,
    /// Signed 32-bit integers, likewise.
    I32,
    /// Bytes, likewise.
    U8,
    /// Truth values, a byte of 0 or 1 each.
    Bool,
}

impl Dtype {
    /// Every dtype.
    pub const ALL: &[Self] = &[
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::F8E4M3,
        Self::F8E5M2,
        Self::U32,
        Self::F64,
        Self::I64,
        Self::I32,
        Self::U8,
        Self::Bool,
    ];

    /// The dtypes that kernels draw a distribution other than `bits` in. Each value is that of F32,
    /// rounded to nearest-even. Others are made on the host and copied.
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
            Self::F64 => "F64",
            Self::I64 => "I64",
            Self::I32 => "I32",
            Self::U8 => "U8",
            Self::Bool => "BOOL",
        }
    }

    /// Bytes per element.
    pub const fn size(self) -> u64 {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::U32 | Self::I32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::F8E4M3 | Self::F8E5M2 | Self::U8 | Self::Bool => 1,
        }
    }

    /// The least and the largest of the integers that are made in the dtype; none of the others.
    pub const fn integers(self) -> Option<[i64; 2]> {
        match self {
            Self::I64 => Some([i64::MIN, i64::MAX]),
            Self::I32 => Some([i32::MIN as i64, i32::MAX as i64]),
            Self::U8 => Some([0, 255]),
            Self::Bool => Some([0, 1]),
            _ => None,
        }
    }
}

crate::names::from_str_by_name!(Dtype, "dtype");
