//! Transposed fills: the elements of a block lie in rows of their own, so some rows are made at once, block by block.

use super::{
    BATCH, batch,
    fill::fill_task,
    threads::{for_each, for_each_chunk},
    vector_units::for_every_vector_unit,
};
use crate::{Dtype, Fill, Params, kernel::Draw, region::Matrices};

/// Rows that are made at once: of f32, a line of the cache from each column of the buffer.
const ROWS: usize = 16;
/// Elements of a row that one task makes.
const SEGMENT: u64 = 1 << 12;

/// The elements of a transposed fill, in row-major order of the buffer.
pub(super) fn fill_transposed(fill: &Fill, matrices: Matrices, params: &Params, out: &mut [u8]) {
    let size = fill.dtype.size();
    let columns = matrices.columns;
    // What there is of whole rows; a cut first or last row is made element by element.
    let position = fill.region.position(0);
    let lead = (columns - position % columns) % columns;
    let (head, rest) = out.split_at_mut(lead.saturating_mul(size).min(out.len() as u64) as usize);
    let cut = rest.len() as u64 % columns.saturating_mul(size);
    let (body, tail) = rest.split_at_mut(rest.len() - cut as usize);
    by_element(fill, 0, params, head);
    by_element(fill, (head.len() + body.len()) as u64 / size, params, tail);
    if body.is_empty() {
        return;
    }

    let first = (position + lead) / columns;
    let row_bytes = (columns * size) as usize;
    // Enough rows for a task of short ones.
    let rows = (SEGMENT * ROWS as u64 / columns).next_multiple_of(ROWS as u64).max(ROWS as u64);
    let task_bytes = row_bytes.saturating_mul(rows as usize);
    for_each_chunk(body, task_bytes, |task, out| {
        let mut row = first + task * rows;
        let mut rest = out;
        while !rest.is_empty() {
            // Of one matrix.
            let left = matrices.rows - row % matrices.rows;
            let some = (ROWS as u64).min(left).min((rest.len() / row_bytes) as u64);
            let (now, later) = std::mem::take(&mut rest).split_at_mut(some as usize * row_bytes);
            let columns = Columns {
                draw: Draw::of(fill),
                dtype: fill.dtype,
                params,
                index: fill.region.place(row * columns - position).index,
                stride: matrices.stride,
            };
            fill_rows(columns, row_bytes, now);
            (row, rest) = (row + some, later);
        }
    });
}

/// Less than a row.
fn by_element(fill: &Fill, first: u64, params: &Params, out: &mut [u8]) {
    let bytes = (SEGMENT * fill.dtype.size()) as usize;
    for_each_chunk(out, bytes, |task, out| {
        fill_task(fill, first + task * SEGMENT, params, out);
    });
}

/// Columns of some rows of a matrix: what their elements are, and where they lie in the tensor.
#[derive(Clone, Copy)]
struct Columns<'a> {
    draw: Draw,
    dtype: Dtype,
    params: &'a Params,
    /// Of the first column's element in the first row.
    index: u64,
    /// From one column to the next.
    stride: u64,
}

impl Columns<'_> {
    fn from(self, column: u64) -> Self {
        Self { index: self.index.wrapping_add(column.wrapping_mul(self.stride)), ..self }
    }
}

/// Some rows, whole.
fn fill_rows(columns: Columns<'_>, row_bytes: usize, out: &mut [u8]) {
    let piece = (SEGMENT * columns.dtype.size()) as usize;
    let mut rows: [&mut [u8]; ROWS] = Default::default();
    for (row, bytes) in rows.iter_mut().zip(out.chunks_mut(row_bytes)) {
        *row = bytes;
    }
    if row_bytes <= piece {
        return fill_segment(columns, &mut rows);
    }
    // Long rows are the work of many threads.
    let pieces = row_bytes.div_ceil(piece);
    let mut segments = Vec::with_capacity(pieces);
    for at in 0..pieces as u64 {
        let mut segment: [&mut [u8]; ROWS] = Default::default();
        for (segment, row) in segment.iter_mut().zip(&mut rows) {
            let here = piece.min(row.len());
            let (now, later) = std::mem::take(row).split_at_mut(here);
            (*segment, *row) = (now, later);
        }
        segments.push((columns.from(at * SEGMENT), segment));
    }
    for_each(segments, |(columns, mut rows)| fill_segment(columns, &mut rows));
}

for_every_vector_unit! {
    /// As long a piece of each row as the first one has; what comes after the last row is empty.
    fn fill_segment(columns: Columns<'_>, rows: &mut [&mut [u8]; ROWS]) {
        match columns.dtype.size() {
            1 => fill_columns::<1>(columns, rows),
            2 => fill_columns::<2>(columns, rows),
            _ => fill_columns::<4>(columns, rows),
        }
    }
}

/// Columns, as many at once as a batch has blocks for.
#[inline(always)]
fn fill_columns<const SIZE: usize>(columns: Columns<'_>, rows: &mut [&mut [u8]; ROWS]) {
    let Columns { draw, dtype, params, index, stride } = columns;
    let length = rows[0].len() / SIZE;
    let count = rows.iter().take_while(|row| !row.is_empty()).count();
    // The blocks of a column: one more where it does not begin with one.
    let whole = index.is_multiple_of(4) && stride.is_multiple_of(4);
    let of_one = (count + if whole { 0 } else { 3 }).div_ceil(4);
    let at_once = BATCH / of_one;
    let mut room = batch::ROOM;
    let bytes = &mut room[..batch::ELEMENTS * SIZE];
    let mut first = 0;
    while first < length {
        let start = |column: usize| columns.from((first + column) as u64).index;
        let some = at_once.min(length - first);
        let mut blocks = [0; BATCH];
        for (column, blocks) in blocks.chunks_exact_mut(of_one).take(some).enumerate() {
            for (block, at) in blocks.iter_mut().zip(0..) {
                *block = (start(column) / 4).wrapping_add(at);
            }
        }
        batch::draw(draw, dtype, &blocks, params, bytes);
        let drawn = bytes.as_chunks::<SIZE>().0;
        for (row, out) in rows[..count].iter_mut().enumerate() {
            let out = &mut out.as_chunks_mut::<SIZE>().0[first..][..some];
            for (column, out) in out.iter_mut().enumerate() {
                let phase = if whole { 0 } else { (start(column) % 4) as usize };
                *out = drawn[column * of_one * 4 + phase + row];
            }
        }
        first += some;
    }
}
