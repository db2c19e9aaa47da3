//! The schedule: which block meets which strip when. It changes no bit, for a strip meets the blocks one by one, in
//! their order, and nothing else.

use std::collections::TryReserveError;

use super::{
    super::threads::for_each,
    reflectors::{Block, Side, apply, factor},
    strips::{Row, WIDTH, ZERO},
};

/// Strips of a panel: its reflectors are met by one strip after another, which stays in the cache meanwhile.
const PANEL: usize = 8;

/// Room for a matrix and what its factoring takes.
pub(super) struct Room {
    /// The matrix, then V, then Q: strip by strip.
    strips: Vec<Row>,
    /// The reflectors of a panel.
    panel: Vec<Row>,
    blocks: Vec<Block>,
    rows: usize,
    columns: usize,
}

impl Room {
    /// The memory that a matrix takes; none where it cannot be counted.
    pub(super) fn bytes(rows: usize, columns: usize) -> Option<usize> {
        let strips = columns.div_ceil(WIDTH);
        let lines = rows.checked_mul(strips + strips.min(PANEL))?.checked_mul(size_of::<Row>())?;
        lines.checked_add(strips * size_of::<Block>())
    }

    /// For a matrix of at least as many rows as columns.
    pub(super) fn new(rows: usize, columns: usize) -> Result<Self, TryReserveError> {
        let count = columns.div_ceil(WIDTH);
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count)?;
        let (strips, panel) = (zeros(rows * count)?, zeros(rows * count.min(PANEL))?);
        Ok(Self { strips, panel, blocks, rows, columns })
    }

    pub(super) fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    pub(super) fn strips(&self) -> &[Row] {
        &self.strips
    }

    pub(super) fn strips_mut(&mut self) -> &mut [Row] {
        &mut self.strips
    }

    /// The sign of R's diagonal there.
    pub(super) fn sign(&self, column: usize) -> f64 {
        self.blocks[column / WIDTH].signs[column % WIDTH]
    }

    /// From the matrix to its V.
    pub(super) fn factor(&mut self) {
        let Self { strips, blocks, rows, columns, .. } = self;
        let (rows, columns) = (*rows, *columns);
        blocks.clear();
        let count = columns.div_ceil(WIDTH);
        for first in (0..count).step_by(PANEL) {
            let last = count.min(first + PANEL);
            let (panel, later) = strips[first * rows..].split_at_mut((last - first) * rows);
            for strip in first..last {
                let (this, rest) = panel[(strip - first) * rows..].split_at_mut(rows);
                let top = strip * WIDTH;
                let block = factor(&mut this[top..], WIDTH.min(columns - top));
                let v = &this[top..];
                for_each(rest.chunks_mut(rows).collect(), |strip: &mut [Row]| {
                    apply(v, &block.t, Side::Transposed, &mut strip[top..]);
                });
                blocks.push(block);
            }
            for_each(later.chunks_mut(rows).collect(), |strip: &mut [Row]| {
                for (block, v) in (first..last).zip(panel.chunks(rows)) {
                    let top = block * WIDTH;
                    apply(&v[top..], &blocks[block].t, Side::Transposed, &mut strip[top..]);
                }
            });
        }
    }

    /// From V to Q, in V's place.
    pub(super) fn form(&mut self) {
        let Self { strips, panel, blocks, rows, .. } = self;
        let (rows, count) = (*rows, blocks.len());
        for first in (0..count).step_by(PANEL).rev() {
            let last = count.min(first + PANEL);
            let (panel, own) = (&mut panel[..(last - first) * rows], &mut strips[first * rows..]);
            panel.swap_with_slice(&mut own[..(last - first) * rows]);
            let panel = &*panel;
            for_each(own.chunks_mut(rows).enumerate().collect(), |(strip, q): (_, &mut [Row])| {
                let strip = first + strip;
                if strip < last {
                    unit(strip, q);
                }
                for block in (first..last.min(strip + 1)).rev() {
                    let (v, top) = (&panel[(block - first) * rows..][..rows], block * WIDTH);
                    apply(&v[top..], &blocks[block].t, Side::Plain, &mut q[top..]);
                }
            });
        }
    }
}

/// The strip's columns of the identity.
fn unit(strip: usize, rows: &mut [Row]) {
    for (i, row) in rows.iter_mut().enumerate() {
        *row = ZERO;
        if let Some(lane) = i.checked_sub(strip * WIDTH).filter(|lane| *lane < WIDTH) {
            row.0[lane] = 1.0;
        }
    }
}

fn zeros(rows: usize) -> Result<Vec<Row>, TryReserveError> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(rows)?;
    zeros.resize_with(rows, || ZERO);
    Ok(zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_and_asked_for() {
        // Two strips and their panel, and two blocks.
        assert_eq!(Room::bytes(100, 9), Some(100 * 4 * 64 + 2 * size_of::<Block>()));
        assert_eq!(Room::bytes(usize::MAX / 8, 8), None);
        assert!(Room::new(1 << 52, 8).is_err());
        assert!(Room::new(4, 4).is_ok());
    }
}
