//! Fills of host memory, on all cores.

use thiserror::Error;

use super::{
    BATCH, Prepared, batch, gather, threads::for_each_chunk, transpose,
    vector_units::for_every_vector_unit,
};
use crate::{Dtype, Fill, FillError, Params, kernel::Draw};

/// A fill that the host cannot make.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CpuError {
    /// The fill itself.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The fill is of another dtype than the slice.
    #[error(
        "the fill is of {given} and the slice of {needed}; `cpu::fill` makes the bytes of any dtype"
    )]
    Dtype {
        /// The slice's dtype.
        needed: Dtype,
        /// The fill's.
        given: Dtype,
    },
    /// The system has not got the memory that orthogonal matrices take to be made.
    #[error(
        "{needed} bytes of memory are needed for orthogonal matrices, beside the output, and cannot be had; free some, or make smaller matrices, \
         as a stack or parts of one"
    )]
    Memory {
        /// Bytes that are needed.
        needed: u64,
    },
    /// A formula that makes an infinity or no number at all.
    #[error(
        "`{formula}` is {value} at element {index} of the tensor; it must be a finite number within the range of f32 (±3.4e38): mend the \
         formula, as by max() around what a logarithm or a root is of"
    )]
    NotFinite {
        /// The formula.
        formula: String,
        /// What it makes.
        value: String,
        /// Where it makes it, first.
        index: u64,
    },
    /// The slice is not as long as the fill.
    #[error("the fill takes {needed} bytes and the slice has {given}; they must be equal")]
    Size {
        /// Bytes that the fill takes.
        needed: u64,
        /// Bytes that were given.
        given: u64,
    },
}

/// Elements that one task makes; a multiple of the batch.
pub(super) const TASK: u64 = 1 << 16;

/// Fills little-endian bytes, exactly as many as [`Fill::bytes`] says.
///
/// Work is spread over the threads of the current rayon pool; a short fill stays on the caller's
/// thread, and every fill where the crate's feature `rayon` is left out.
///
/// # Errors
/// [`CpuError`].
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu};
/// let whole = Fill::new(Distribution::normal(0.0, 1.0)?, [1000]).with_seed(42);
/// let mut bytes = vec![0; whole.bytes()? as usize];
/// cpu::fill(&whole, &mut bytes)?;
///
/// let mut window = vec![0; 4 * 10];
/// cpu::fill(&whole.window(501, 10)?, &mut window)?;
/// assert_eq!(window, bytes[4 * 501..4 * 511]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fill(fill: &Fill, out: &mut [u8]) -> Result<(), CpuError> {
    let needed = fill.bytes()?;
    if needed != out.len() as u64 {
        return Err(CpuError::Size { needed, given: out.len() as u64 });
    }
    let drawn = fill.without_zero_rows();
    if drawn.is_made_on_host() {
        Prepared::of(&drawn)?.fill(&drawn, out)?;
    } else {
        fill_drawn(&drawn, out);
    }
    fill.zero_rows_in(out);
    Ok(())
}

/// The bytes of what a kernel would draw.
fn fill_drawn(fill: &Fill, out: &mut [u8]) {
    let params = Params::of_values(fill);
    if let Some(matrices) = fill.region.matrices() {
        transpose::fill_transposed(fill, matrices, &params, out);
    } else if fill.count() <= TASK {
        fill_task(fill, 0, &params, out);
    } else {
        let bytes = (TASK * fill.dtype.size()) as usize;
        for_each_chunk(out, bytes, |index, out| fill_task(fill, index * TASK, &params, out));
    }
}

/// As [`fill()`], into a slice of f32.
///
/// # Errors
/// [`CpuError`]: the slice must hold as many elements as the fill has, and the fill be of F32.
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu};
/// let mut weights = [0.0; 4];
/// let uniform = Fill::new(Distribution::uniform(-1.0, 1.0)?, [2, 2]).with_seed(7);
/// cpu::fill_f32(&uniform, &mut weights)?;
/// assert!(weights.iter().all(|w| (-1.0..1.0).contains(w)));
/// let half = Fill::new(Distribution::uniform(-1.0, 1.0)?, [4]).with_dtype(wgpu_weights::Dtype::F16);
/// assert!(cpu::fill_f32(&half, &mut weights).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fill_f32(fill: &Fill, out: &mut [f32]) -> Result<(), CpuError> {
    if fill.dtype() != Dtype::F32 {
        return Err(CpuError::Dtype { needed: Dtype::F32, given: fill.dtype() });
    }
    self::fill(fill, bytemuck::cast_slice_mut(out))?;
    if cfg!(target_endian = "big") {
        for value in out {
            *value = f32::from_bits(value.to_bits().swap_bytes());
        }
    }
    Ok(())
}

/// Runs of this many elements or more are made one by one; shorter ones are gathered.
const LONG_RUN: u64 = 1 << 10;

for_every_vector_unit! {
    /// The elements of a fill from element `first` on, span by span.
    pub(super) fn fill_task(fill: &Fill, first: u64, params: &Params, out: &mut [u8]) {
        let draw = Draw::of(fill);
        let size = fill.dtype.size();
        let count = out.len() as u64 / size;
        let spans = fill.region.spans(first, count);
        if fill.region.runs().length < LONG_RUN && fill.region.place(first).in_run < count {
            return gather::fill_gathered(draw, fill.dtype, params, spans, out);
        }
        let mut rest = out;
        for (index, count) in spans {
            let (span, later) = rest.split_at_mut((count * size) as usize);
            fill_run(draw, fill.dtype, params, index, span);
            rest = later;
        }
    }
}

/// Elements from `start` on, batch by batch: whole ones in place, a cut first or last one by a copy.
#[inline(always)]
fn fill_run(draw: Draw, dtype: Dtype, params: &Params, start: u64, out: &mut [u8]) {
    let whole = batch::ELEMENTS * dtype.size() as usize;
    let mut block = start / 4;
    let mut skip = (start % 4 * dtype.size()) as usize;
    let mut cut = batch::ROOM;
    let mut rest = out;
    while !rest.is_empty() {
        let blocks = std::array::from_fn(|lane| block.wrapping_add(lane as u64));
        let (now, later) = rest.split_at_mut((whole - skip).min(rest.len()));
        if now.len() == whole {
            batch::draw(draw, dtype, &blocks, params, now);
        } else {
            batch::draw(draw, dtype, &blocks, params, &mut cut[..whole]);
            now.copy_from_slice(&cut[skip..][..now.len()]);
        }
        rest = later;
        skip = 0;
        block = block.wrapping_add(BATCH as u64);
    }
}
