//! The dtypes of the safetensors format.

use wgpu_weights::{Dtype, FloatFormat};

/// Name and bits per element of every dtype that the format has.
const KNOWN: &[(&str, u64)] = &[
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
    ("C64", 64),
];

/// Bits per element of a dtype; none for an unknown one.
pub(crate) fn bits(name: &str) -> Option<u64> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, bits)| *bits)
}

/// What Python's libraries call dtypes, and safetensors' name of each.
const MEANT: &[(&str, &str)] = &[
    ("float64", "F64"),
    ("double", "F64"),
    ("float32", "F32"),
    ("float", "F32"),
    ("fp32", "F32"),
    ("float16", "F16"),
    ("half", "F16"),
    ("fp16", "F16"),
    ("bfloat16", "BF16"),
    ("float8_e4m3fn", "F8_E4M3"),
    ("float8_e5m2", "F8_E5M2"),
    ("int64", "I64"),
    ("long", "I64"),
    ("int32", "I32"),
    ("int16", "I16"),
    ("int8", "I8"),
    ("uint8", "U8"),
    ("bool", "BOOL"),
];

/// The dtype that is meant by a name that is none of the format's.
pub(crate) fn meant(name: &str) -> Option<&'static str> {
    let plain = name.to_ascii_lowercase();
    let plain = plain.strip_prefix("torch.").unwrap_or(&plain);
    let other = MEANT.iter().find(|(other, _)| *other == plain).map(|(_, meant)| *meant);
    other
        .or_else(|| KNOWN.iter().map(|(known, _)| *known).find(|it| it.eq_ignore_ascii_case(plain)))
}

/// Reads a little-endian element: its value as f64, and the bits that tell it from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder {
    /// Bytes of an element.
    pub(crate) size: usize,
    dtype: Dtype,
    /// None for words, F64 and integers.
    format: Option<FloatFormat>,
}

impl Decoder {
    /// That of a dtype; none for one that is not measured.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let dtype: Dtype = name.parse().ok()?;
        Some(Self { size: dtype.size() as usize, dtype, format: dtype.float_format() })
    }

    /// The element's value and its bits.
    pub(crate) fn decode(&self, bytes: &[u8]) -> (f64, u32) {
        let word = bytes.iter().rev().fold(0, |word, &byte| (word << 8) | u32::from(byte));
        let wide =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |it, &byte| (it << 8) | u64::from(byte));
        // What is drawn of these is told apart by F32's bits, or the lower half's.
        match self.dtype {
            Dtype::F64 => {
                let value = f64::from_bits(wide(bytes));
                return (value, (value as f32).to_bits());
            }
            Dtype::I64 => return (wide(bytes) as i64 as f64, word),
            Dtype::I32 => return ((word as i32).into(), word),
            _ => {}
        }
        let value = match self.format {
            // The one that is decoded by the billion has an instruction of its own.
            Some(_) if self.size == 4 => f32::from_bits(word).into(),
            Some(format) => format.decode(word),
            None => word.into(),
        };
        (value, word)
    }
}
