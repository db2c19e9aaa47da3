//! Blocks of eight Householder reflectors, in Schreiber and Van Loan's compact form: `I - V·T·Vᵀ`.
//!
//! Every sum is taken in the order of its index, from +0 on, each product rounded before it is added: a lane of a
//! vector unit is always an output of its own, never a part of a sum. So the width of vectors changes no bit.
#![allow(
    clippy::needless_range_loop,
    reason = "indices are those of the matrices; loops of constant length become vectors"
)]

use super::{
    super::{Aligned, vector_units::for_every_vector_unit},
    strips::{Row, WIDTH},
};

/// Eight by eight numbers.
pub(super) type Square = Aligned<[[f64; WIDTH]; WIDTH]>;

pub(super) const NONE: Square = Aligned([[0.0; WIDTH]; WIDTH]);

/// What is kept of a block beside V: T, upper triangular, and the signs of R's diagonal.
pub(super) struct Block {
    pub(super) t: Square,
    pub(super) signs: [f64; WIDTH],
}

/// Which of the two products with a block.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// `(I - V·T·Vᵀ)·C`: the reflectors from the last to the first.
    Plain,
    /// `(I - V·Tᵀ·Vᵀ)·C`: from the first to the last.
    Transposed,
}

for_every_vector_unit! {
    /// Factors a strip from its diagonal on: its rows become V, unit lower trapezoidal, with its zeros and ones.
    pub(super) fn factor(strip: &mut [Row], width: usize) -> Block {
        factor_plain(strip, width)
    }
}

for_every_vector_unit! {
    /// A block's product with a strip of as many rows.
    pub(super) fn apply(v: &[Row], t: &Square, side: Side, strip: &mut [Row]) {
        apply_plain(v, t, side, strip);
    }
}

#[inline(always)]
pub(super) fn factor_plain(strip: &mut [Row], width: usize) -> Block {
    let mut taus = [0.0; WIDTH];
    let mut signs = [1.0; WIDTH];
    for j in 0..width {
        let (top, below) = strip[j..].split_at_mut(1);
        let top = &mut top[0].0;
        let mut sum = 0.0;
        for row in &*below {
            sum += row.0[j] * row.0[j];
        }
        let alpha = top[j];
        let mut beta = alpha;
        // Nothing below the diagonal to reflect away: the identity.
        if sum > 0.0 {
            let norm = (alpha * alpha + sum).sqrt();
            beta = if alpha >= 0.0 { -norm } else { norm };
            taus[j] = (beta - alpha) / beta;
            reflect(j, taus[j], alpha - beta, top, below);
        }
        signs[j] = if beta >= 0.0 { 1.0 } else { -1.0 };
    }
    for (j, row) in strip.iter_mut().enumerate().take(WIDTH) {
        for c in j..WIDTH {
            row.0[c] = if c == j { 1.0 } else { 0.0 };
        }
    }
    Block { t: coefficients(strip, &taus), signs }
}

/// Makes the reflector's vector of what is below the diagonal, and reflects the columns to the right.
#[inline(always)]
fn reflect(j: usize, tau: f64, scale: f64, top: &mut [f64; WIDTH], below: &mut [Row]) {
    let mut sums = *top;
    for row in below.iter_mut() {
        let v = row.0[j] / scale;
        row.0[j] = v;
        for c in 0..WIDTH {
            sums[c] += v * row.0[c];
        }
    }
    for c in 0..WIDTH {
        sums[c] = if c > j { tau * sums[c] } else { 0.0 };
        top[c] -= sums[c];
    }
    for row in below {
        let v = row.0[j];
        for c in 0..WIDTH {
            row.0[c] -= v * sums[c];
        }
    }
}

/// T of V and the reflectors' factors.
#[inline(always)]
fn coefficients(v: &[Row], taus: &[f64; WIDTH]) -> Square {
    let Aligned(gram) = products(v, v);
    let mut t = NONE;
    for j in 0..WIDTH {
        for p in 0..j {
            let mut sum = 0.0;
            for q in p..j {
                sum += t.0[p][q] * gram[q][j];
            }
            t.0[p][j] = -(taus[j] * sum);
        }
        t.0[j][j] = taus[j];
    }
    t
}

#[inline(always)]
pub(super) fn apply_plain(v: &[Row], t: &Square, side: Side, strip: &mut [Row]) {
    let Aligned(w) = products(v, strip);
    let mut x = NONE;
    for p in 0..WIDTH {
        for q in 0..WIDTH {
            let factor = if side == Side::Plain { t.0[p][q] } else { t.0[q][p] };
            for c in 0..WIDTH {
                x.0[p][c] += factor * w[q][c];
            }
        }
    }
    subtract(v, &x, strip);
}

/// Rows whose products are made at once: both strips' stay in the nearest cache.
const ROWS: usize = 64;

/// Columns of V whose products are made at once: their sums stay in registers.
const SUMS: usize = 4;

/// `Vᵀ·C`.
#[inline(always)]
fn products(v: &[Row], c: &[Row]) -> Square {
    let mut w = NONE;
    for (v, c) in v.chunks(ROWS).zip(c.chunks(ROWS)) {
        for p in (0..WIDTH).step_by(SUMS) {
            let mut sums: [[f64; WIDTH]; SUMS] = std::array::from_fn(|k| w.0[p + k]);
            for (v, c) in v.iter().zip(c) {
                for k in 0..SUMS {
                    for lane in 0..WIDTH {
                        sums[k][lane] += v.0[p + k] * c.0[lane];
                    }
                }
            }
            w.0[p..p + SUMS].copy_from_slice(&sums);
        }
    }
    w
}

/// `C - V·X`.
#[inline(always)]
fn subtract(v: &[Row], x: &Square, c: &mut [Row]) {
    let mut v_rows = v.chunks_exact(SUMS);
    let mut c_rows = c.chunks_exact_mut(SUMS);
    for (v, c) in v_rows.by_ref().zip(c_rows.by_ref()) {
        subtract_rows::<SUMS>(v, x, c);
    }
    for (v, c) in v_rows.remainder().chunks(1).zip(c_rows.into_remainder().chunks_mut(1)) {
        subtract_rows::<1>(v, x, c);
    }
}

#[inline(always)]
fn subtract_rows<const N: usize>(v: &[Row], x: &Square, c: &mut [Row]) {
    let mut rows: [[f64; WIDTH]; N] = std::array::from_fn(|k| c[k].0);
    for p in 0..WIDTH {
        for k in 0..N {
            for lane in 0..WIDTH {
                rows[k][lane] -= v[k].0[p] * x.0[p][lane];
            }
        }
    }
    for k in 0..N {
        c[k].0 = rows[k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has no lane in common but its order.
    fn strip(rows: usize, seed: u32) -> Vec<Row> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / f64::from(1u32 << 31) - 1.0
        };
        (0..rows).map(|_| Aligned(std::array::from_fn(|_| next()))).collect()
    }

    fn bits(rows: &[Row]) -> Vec<u64> {
        rows.iter().flat_map(|row| row.0).map(f64::to_bits).collect()
    }

    #[test]
    fn wide_vectors_have_the_bits_of_none() {
        for (rows, width) in [(1, 1), (5, 4), (8, 8), (67, 8), (130, 3), (1000, 8)] {
            let (mut v, mut plain) = (strip(rows, 1), strip(rows, 1));
            let (block, expected) = (factor(&mut v, width), factor_plain(&mut plain, width));
            assert_eq!(bits(&v), bits(&plain), "{rows} rows");
            assert_eq!(block.t.0, expected.t.0);
            assert_eq!(block.signs, expected.signs);
            for side in [Side::Plain, Side::Transposed] {
                let (mut c, mut plain) = (strip(rows, 2), strip(rows, 2));
                apply(&v, &block.t, side, &mut c);
                apply_plain(&v, &block.t, side, &mut plain);
                assert_eq!(bits(&c), bits(&plain), "{rows} rows");
            }
        }
    }

    #[test]
    fn nothing_below_the_diagonal_is_the_identity() {
        let mut zeros: Vec<Row> = (0..10).map(|_| Aligned([0.0; WIDTH])).collect();
        let block = factor(&mut zeros, WIDTH);
        assert_eq!(
            (block.signs, block.t.0.as_flattened().iter().all(|t| *t == 0.0)),
            ([1.0; 8], true)
        );
    }
}
