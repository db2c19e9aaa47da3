//! The dtypes of the safetensors format.

/// Name and bits per element of every dtype that the format has.
const KNOWN: [(&str, u64); 22] = [
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

/// Reads little-endian elements as f64, and as the bits that tell values apart.
pub(crate) type Decoder = fn(&[u8]) -> (f64, u32);

/// How to read the elements of a dtype and their size in bytes; none for one that is not measured.
pub(crate) fn decoder(name: &str) -> Option<(usize, Decoder)> {
    Some(match name {
        "F32" => (4, |bytes| (f32::from_bits(word(bytes)).into(), word(bytes))),
        "U32" => (4, |bytes| (word(bytes).into(), word(bytes))),
        "F16" => (2, |bytes| (small_float(word(bytes), 5, 10, true), word(bytes))),
        "BF16" => (2, |bytes| (f32::from_bits(word(bytes) << 16).into(), word(bytes))),
        "F8_E5M2" => (1, |bytes| (small_float(word(bytes), 5, 2, true), word(bytes))),
        "F8_E4M3" => (1, |bytes| (small_float(word(bytes), 4, 3, false), word(bytes))),
        _ => return None,
    })
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, &byte| (word << 8) | u32::from(byte))
}

/// A float of one sign bit and so many exponent and mantissa bits. Without infinities, as in
/// E4M3, only the last mantissa of the last exponent is NaN.
fn small_float(bits: u32, exponent_bits: u32, mantissa_bits: u32, infinities: bool) -> f64 {
    let sign = if bits >> (exponent_bits + mantissa_bits) & 1 == 1 { -1.0 } else { 1.0 };
    let exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
    let mantissa = bits & ((1 << mantissa_bits) - 1);
    let last = exponent == (1 << exponent_bits) - 1;
    if last && infinities {
        return if mantissa == 0 { sign * f64::INFINITY } else { f64::NAN };
    }
    if last && mantissa == (1 << mantissa_bits) - 1 {
        return f64::NAN;
    }
    let bias = (1 << (exponent_bits - 1)) - 1;
    let fraction = f64::from(mantissa) / f64::from(1 << mantissa_bits);
    let (leading, power) =
        if exponent == 0 { (0.0, 1 - bias) } else { (1.0, exponent as i32 - bias) };
    sign * (leading + fraction) * 2f64.powi(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_floats_have_their_published_values() {
        let value = |dtype, bits: u16| decoder(dtype).unwrap().1(&bits.to_le_bytes()).0;
        assert_eq!(value("F16", 0x3c00), 1.0);
        assert_eq!(value("F16", 0x7bff), 65504.0);
        assert_eq!(value("F16", 0x0001), 2f64.powi(-24));
        assert_eq!(value("F16", 0xfc00), f64::NEG_INFINITY);
        assert_eq!(value("BF16", 0xbf80), -1.0);
        assert_eq!(value("F8_E4M3", 0x7e), 448.0);
        assert!(value("F8_E4M3", 0x7f).is_nan());
        assert_eq!(value("F8_E5M2", 0x7b), 57344.0);
        assert_eq!(value("F8_E5M2", 0x01), 2f64.powi(-16));
    }
}
