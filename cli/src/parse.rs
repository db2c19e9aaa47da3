//! Values of options that clap does not read by itself.

use wgpu_weights::Dtype;
use wgpu_weights_model::safetensors::MAX_DIMS;

/// Dimensions of a tensor. Not a bare `Vec`, which clap would take for a repeated option.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape(pub(crate) Vec<u64>);

/// A size in bytes, one or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size(pub(crate) u64);

/// One of the equal pieces of a dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shard {
    /// The dimension, from 0 on.
    pub(crate) dim: usize,
    /// Which piece, from 0 on.
    pub(crate) index: u64,
    /// How many there are.
    pub(crate) count: u64,
}

/// Comma-separated dimensions.
pub(crate) fn shape(text: &str) -> Result<Shape, String> {
    if text.trim().is_empty() {
        return Ok(Shape(Vec::new()));
    }
    let dims: Vec<u64> = text
        .split(',')
        .map(|dim| {
            let dim = dim.trim();
            dim.parse().map_err(|_| {
                format!(
                    "dimension `{dim}` is not an integer from 0 to 2^64-1; write it as 12,768,64"
                )
            })
        })
        .collect::<Result<_, _>>()?;
    match dims.len() {
        0..=MAX_DIMS => Ok(Shape(dims)),
        given => Err(format!("{given} dimensions; at most {} are taken", MAX_DIMS)),
    }
}

/// Decimal or 0x hexadecimal.
pub(crate) fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        // from_str_radix takes a sign of its own.
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    parsed.ok_or_else(|| "it must be an integer from 0 to 2^64-1, decimal or 0x hexadecimal".into())
}

/// A dtype that weights are drawn in, by safetensors' name in any case.
pub(crate) fn dtype(text: &str) -> Result<Dtype, String> {
    any_dtype(text)
        .ok()
        .filter(|dtype| dtype.integers().is_none())
        .ok_or_else(|| "it must be f32, f16, bf16, f8_e4m3, f8_e5m2 or f64".into())
}

/// A dtype that anything is made in.
pub(crate) fn any_dtype(text: &str) -> Result<Dtype, String> {
    let named = |dtype: &&Dtype| dtype.name().eq_ignore_ascii_case(text) && **dtype != Dtype::U32;
    Dtype::ALL.iter().find(named).copied().ok_or_else(|| {
        "it must be f32, f16, bf16, f8_e4m3, f8_e5m2 or f64, or for whole numbers i64, i32, u8 or bool".into()
    })
}

/// `NAME=VALUE`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.into(), value.into()))
        }
        _ => Err("it must be NAME=VALUE, as initializer_range=0.01".into()),
    }
}

/// `DIM:INDEX/COUNT`.
pub(crate) fn shard(text: &str) -> Result<Shard, String> {
    let read = || {
        let (dim, rest) = text.split_once(':')?;
        let (index, count) = rest.split_once('/')?;
        Some(Shard {
            dim: dim.parse().ok()?,
            index: index.parse().ok()?,
            count: count.parse().ok()?,
        })
    };
    let shard = read().ok_or(
        "it must be three whole numbers, DIM:INDEX/COUNT; 1:0/4 is the first quarter of dimension 1",
    )?;
    if shard.index >= shard.count {
        return Err(format!(
            "index {} is not below count {}; indices count from 0",
            shard.index, shard.count
        ));
    }
    Ok(shard)
}

/// The powers that units stand for, in upper case.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1000),
    ("MB", 1000_u64.pow(2)),
    ("GB", 1000_u64.pow(3)),
    ("TB", 1000_u64.pow(4)),
    ("KIB", 1 << 10),
    ("MIB", 1 << 20),
    ("GIB", 1 << 30),
    ("TIB", 1 << 40),
];

/// A size with or without a unit.
pub(crate) fn size(text: &str) -> Result<Size, String> {
    let digits = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "" => "B".to_owned(),
        unit => unit.to_ascii_uppercase(),
    };
    let wrong =
        || "it must be a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, as 5GB".to_owned();
    let (_, scale) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let bytes = match number.parse::<u64>() {
        Ok(whole) => whole.checked_mul(scale).filter(|&bytes| i64::try_from(bytes).is_ok()),
        // Cut to whole bytes, as huggingface_hub does.
        Err(_) => {
            let bytes = number.parse::<f64>().map_err(|_| wrong())? * scale as f64;
            (bytes < 2f64.powi(63)).then_some(bytes as u64)
        }
    };
    match bytes {
        None => Err("it is 2^63 bytes or more; no file holds that".into()),
        Some(0) => Err("it must be one byte or more".into()),
        Some(bytes) => Ok(Size(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(number("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(number("0xffffffffffffffff"), Ok(u64::MAX));
        for wrong in ["", "-1", "1.5", "0x", "0x+1", "18446744073709551616", "ten"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        for (text, bytes) in [
            ("5GB", 5_000_000_000),
            ("5gb", 5_000_000_000),
            ("2.5 MB", 2_500_000),
            ("1KiB", 1024),
            ("3GiB", 3 << 30),
            ("7", 7),
            ("7B", 7),
        ] {
            assert_eq!(size(text), Ok(Size(bytes)), "{text}");
        }
        for wrong in ["", "GB", "-1GB", "1XB", "1e3", "0", "0.5", "1.2.3GB", "9223373TiB", "nanGB"]
        {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shards_are_three_numbers() {
        assert_eq!(shard("1:0/4"), Ok(Shard { dim: 1, index: 0, count: 4 }));
        for wrong in ["", "1", "1:0", "0/4", "1:4/4", "1:0/0", "-1:0/4", "1:-1/4", "1:0/4/2"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_option(text: String, digits: u64, unit in "[a-zA-Z.]{0,4}") {
            for text in [text, format!("{digits}{unit}"), format!("{digits}:{digits}/{unit}")] {
                let _ = (shape(&text), number(&text), dtype(&text), shard(&text), size(&text));
            }
        }
    }
}
