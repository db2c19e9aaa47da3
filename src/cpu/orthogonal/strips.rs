//! A tall matrix in strips of eight columns: a strip's row is one line of the cache, its column a stride of eight.

use super::super::{Aligned, threads::for_each};

/// Columns of a strip, and reflectors of a block: a number of the contract's, unlike every other size here.
pub(super) const WIDTH: usize = 8;

/// A row of a strip. Where the matrix has fewer columns, the last strip's others are zero and stay so.
pub(super) type Row = Aligned<[f64; WIDTH]>;

pub(super) const ZERO: Row = Aligned([0.0; WIDTH]);

/// A row-major matrix of so many columns, into its strips.
pub(super) fn take_up(matrix: &[f32], columns: usize, strips: &mut [Row]) {
    let rows = matrix.len() / columns;
    for_each(strips.chunks_mut(rows).enumerate().collect(), |(strip, out): (_, &mut [Row])| {
        let first = strip * WIDTH;
        let width = WIDTH.min(columns - first);
        for (row, out) in matrix.chunks_exact(columns).zip(out) {
            *out = ZERO;
            for (value, out) in row[first..first + width].iter().zip(&mut out.0) {
                *out = f64::from(*value);
            }
        }
    });
}

/// Each element by `finish`, which is given its column, to a row-major matrix of so many columns.
pub(super) fn lay_down(
    strips: &[Row],
    columns: usize,
    out: &mut [f32],
    finish: impl Fn(usize, f64) -> f32 + Sync,
) {
    let rows = out.len() / columns;
    // Rows that are made at once: as many as have the reads of a strip side by side.
    const ROWS: usize = 32;
    for_each(
        out.chunks_mut(ROWS * columns).enumerate().collect(),
        |(chunk, out): (_, &mut [_])| {
            for (strip, column) in strips.chunks_exact(rows).zip((0..columns).step_by(WIDTH)) {
                for (line, row) in out.chunks_exact_mut(columns).zip(&strip[chunk * ROWS..]) {
                    for ((lane, out), value) in line[column..].iter_mut().enumerate().zip(row.0) {
                        *out = finish(column + lane, value);
                    }
                }
            }
        },
    );
}

/// The same, transposed: a column is a row of `out`, of so many elements.
pub(super) fn lay_down_transposed(
    strips: &[Row],
    rows: usize,
    out: &mut [f32],
    finish: impl Fn(usize, f64) -> f32 + Sync,
) {
    for_each(
        out.chunks_mut(WIDTH * rows).zip(strips.chunks_exact(rows)).enumerate().collect(),
        |(strip, (out, rows_of_strip)): (usize, (&mut [f32], &[Row]))| {
            for (lane, line) in out.chunks_exact_mut(rows).enumerate() {
                for (out, row) in line.iter_mut().zip(rows_of_strip) {
                    *out = finish(strip * WIDTH + lane, row.0[lane]);
                }
            }
        },
    );
}
