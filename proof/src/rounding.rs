//! Every f32 pattern that a value can have, rounded to each smaller dtype, against an independent
//! reference: the `half` crate for f16 and bf16, the nearest of all codes for f8.

use half::{bf16, f16};
use rayon::prelude::*;
use wgpu_weights::{Dtype, cpu::small_float::round};

/// Finite values and infinities of the contract: no NaN, no subnormal number, no negative zero.
fn is_value(word: u32) -> bool {
    let magnitude = word & 0x7fff_ffff;
    word == 0 || (0x0080_0000..=0x7f80_0000).contains(&magnitude)
}

/// Nonnegative finite values of an f8, by code.
fn codes(mantissa_bits: u32, bias: i32, most: u32) -> Vec<f64> {
    (0..=most)
        .map(|code| {
            let (exponent, mantissa) = (code >> mantissa_bits, code & ((1 << mantissa_bits) - 1));
            let fraction = f64::from(mantissa) / f64::from(1u32 << mantissa_bits);
            match exponent {
                0 => fraction * 2f64.powi(1 - bias),
                _ => (1.0 + fraction) * 2f64.powi(exponent as i32 - bias),
            }
        })
        .collect()
}

/// The code nearest to a value, the even one of two as near; beyond the last, the last.
fn nearest(codes: &[f64], word: u32) -> u32 {
    let value = f64::from(f32::from_bits(word & 0x7fff_ffff));
    let above = codes.partition_point(|&code| code < value);
    let code = match above {
        0 => 0,
        _ if above == codes.len() => above - 1,
        _ => {
            let (down, up) = (value - codes[above - 1], codes[above] - value);
            if down < up || (down == up && (above - 1) % 2 == 0) { above - 1 } else { above }
        }
    } as u32;
    if code > 0 && word >> 31 == 1 { code | 0x80 } else { code }
}

pub(crate) fn run() -> bool {
    let (e4m3, e5m2) = (codes(3, 7, 0x7e), codes(2, 15, 0x7b));
    let unsigned_zero = |bits: u16| if bits == 0x8000 { 0 } else { u32::from(bits) };
    let references: [(Dtype, &(dyn Fn(u32) -> u32 + Sync)); 4] = [
        (Dtype::F16, &|word| unsigned_zero(f16::from_f32(f32::from_bits(word)).to_bits())),
        (Dtype::BF16, &|word| unsigned_zero(bf16::from_f32(f32::from_bits(word)).to_bits())),
        (Dtype::F8E4M3, &|word| nearest(&e4m3, word)),
        (Dtype::F8E5M2, &|word| nearest(&e5m2, word)),
    ];
    let mut holds = true;
    for (dtype, reference) in references {
        let wrong = (0..=u32::MAX)
            .into_par_iter()
            .filter(|&word| is_value(word))
            .find_any(|&word| round(dtype, word) != reference(word));
        match wrong {
            None => println!("{dtype}: every f32 value rounds to nearest-even"),
            Some(word) => println!(
                "{dtype}: {word:#010x} rounds to {:#x}, not {:#x}",
                round(dtype, word),
                reference(word)
            ),
        }
        holds &= wrong.is_none();
    }
    holds
}
