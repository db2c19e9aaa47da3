//! Division of 64-bit numbers by one that is known beforehand, as a product: what a kernel is told of it.
//!
//! Source: Granlund and Montgomery, "Division by invariant integers using multiplication" (1994), section 4.

use super::words;

/// A divisor and its multiplier, the low word of each first, and the shift of quotients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divisor {
    pub(super) words: [u32; 4],
    pub(super) shift: u32,
}

impl Divisor {
    /// Of this divisor; 1 of 0, by which nothing is divided.
    pub(super) fn new(divisor: u64) -> Self {
        let divisor = divisor.max(1);
        let shift = 64 - (divisor - 1).leading_zeros();
        let over = (1u128 << shift) - u128::from(divisor);
        let multiplier = ((over << 64) / u128::from(divisor)) as u64 + 1;
        let ([a, b], [c, d]) = (words(divisor), words(multiplier));
        Self { words: [a, b, c, d], shift }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(n: u64, by: Divisor) -> u64 {
        let multiplier = u64::from(by.words[2]) | u64::from(by.words[3]) << 32;
        let t = ((u128::from(multiplier) * u128::from(n)) >> 64) as u64;
        (t + ((n - t) >> by.shift.min(1))) >> by.shift.saturating_sub(1)
    }

    #[test]
    fn products_divide() {
        let near = |x: u64| [x.wrapping_sub(2), x.wrapping_sub(1), x, x.wrapping_add(1)];
        let edges: Vec<u64> = (0..64).flat_map(|power| near(1 << power)).collect();
        for &divisor in edges.iter().filter(|&&it| it > 0).chain(&[3, 7, 641, 11_008, u64::MAX / 3])
        {
            let by = Divisor::new(divisor);
            let multiples = (0..40).flat_map(|power| near(divisor.wrapping_mul(3u64.pow(power))));
            for n in edges.iter().copied().chain(multiples) {
                assert_eq!(divided(n, by), n / divisor, "{n} / {divisor}");
            }
        }
    }
}
