//! Fills of host memory, on all cores.

use multiversion::multiversion;
use rayon::prelude::*;
use thiserror::Error;

use super::{bits, box_muller, constant, pack, uniform};
use crate::{Dtype, Fill, FillError, Params, kernel::Draw};

/// A fill that the host cannot make.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CpuError {
    /// The fill itself.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The slice is not as long as the window.
    #[error("the window takes {needed} bytes and the slice has {given}; they must be equal")]
    Size {
        /// Bytes that the fill takes.
        needed: u64,
        /// Bytes that were given.
        given: u64,
    },
}

/// Elements that one task makes; a multiple of the batch.
const TASK: u64 = 1 << 16;

/// Fills little-endian bytes, exactly as many as [`Fill::bytes`] says.
///
/// Work is spread over the threads of the current rayon pool; a short fill stays on the caller's
/// thread.
///
/// # Errors
/// [`CpuError`].
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu};
/// let whole = Fill::new(Distribution::normal(0.0, 1.0)?, 1000).seed(42);
/// let mut bytes = vec![0; whole.bytes()? as usize];
/// cpu::fill(&whole, &mut bytes)?;
///
/// let mut window = vec![0; 4 * 10];
/// cpu::fill(&whole.window(501, 10), &mut window)?;
/// assert_eq!(window, bytes[4 * 501..4 * 511]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fill(fill: &Fill, out: &mut [u8]) -> Result<(), CpuError> {
    let needed = fill.bytes()?;
    if needed != out.len() as u64 {
        return Err(CpuError::Size { needed, given: out.len() as u64 });
    }
    let params = Params::of_values(fill);
    let draw = Draw::of(&fill.distribution);
    let task = |index: usize, out: &mut [u8]| {
        fill_task(draw, fill.dtype, &params, fill.start + index as u64 * TASK, out);
    };
    if fill.count <= TASK {
        task(0, out);
    } else {
        let bytes = (TASK * fill.dtype.size()) as usize;
        out.par_chunks_mut(bytes).enumerate().for_each(|(index, out)| task(index, out));
    }
    Ok(())
}

/// As [`fill()`], into a slice of f32: `out.len()` elements from `start` of the tensor on.
///
/// # Errors
/// [`FillError`] where the window ends beyond 2^64 elements, or the distribution is `bits`.
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu};
/// let mut weights = [0.0; 4];
/// let fill = Fill::new(Distribution::uniform(-1.0, 1.0)?, 0).seed(7);
/// cpu::fill_f32(&fill, &mut weights)?;
/// assert!(weights.iter().all(|w| (-1.0..1.0).contains(w)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fill_f32(fill: &Fill, out: &mut [f32]) -> Result<(), FillError> {
    let window = fill.window(fill.start, out.len() as u64).dtype(Dtype::F32);
    match self::fill(&window, bytemuck::cast_slice_mut(out)) {
        Err(CpuError::Fill(error)) => return Err(error),
        Err(CpuError::Size { .. }) => unreachable!("the window was made as long as the slice"),
        Ok(()) => {}
    }
    if cfg!(target_endian = "big") {
        for value in out {
            *value = f32::from_bits(value.to_bits().swap_bytes());
        }
    }
    Ok(())
}

/// Elements from `start` on, batch by batch; a first or last batch that is cut is copied in part.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
    "x86_64+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
    "x86_64+sse4.2+popcnt",
    "aarch64+neon"
))]
fn fill_task(draw: Draw, dtype: Dtype, params: &Params, start: u64, out: &mut [u8]) {
    let size = dtype.size() as usize;
    let mut block = start / 4;
    let mut skip = (start % 4) as usize * size;
    let mut rest = out;
    let mut batch = [0; pack::ELEMENTS * 4];
    while !rest.is_empty() {
        let words = match draw {
            Draw::Bits => bits::draw(block, params),
            Draw::Constant => constant::draw(block, params),
            Draw::Uniform => uniform::draw(block, params),
            Draw::Normal => box_muller::draw(block, params),
        };
        let batch = &mut batch[..pack::ELEMENTS * size];
        match dtype {
            Dtype::F32 | Dtype::U32 => pack::pack_f32(&words, batch),
            Dtype::F16 => pack::pack_f16(&words, batch),
            Dtype::BF16 => pack::pack_bf16(&words, batch),
            Dtype::F8E4M3 => pack::pack_f8_e4m3(&words, batch),
            Dtype::F8E5M2 => pack::pack_f8_e5m2(&words, batch),
        }
        let whole = &batch[skip..];
        let (now, later) = rest.split_at_mut(whole.len().min(rest.len()));
        now.copy_from_slice(&whole[..now.len()]);
        rest = later;
        skip = 0;
        block = block.wrapping_add(super::BATCH as u64);
    }
}
