//! Fills that no kernel makes: of laws that are made whole, of numbers that are counted, in wide dtypes and integers.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    fill::{CpuError, TASK, fill_task},
    orthogonal::{Orthogonal, OrthogonalError, orthogonal},
    small_float::round,
    threads::for_each_chunk,
};
use crate::{
    Distribution, Dtype, Fill, FillError, Formula, Kind, Matrices, ParameterError, Params,
};

/// What a law needs to be made once, whatever part of the tensor is asked for: orthogonal matrices; nothing, for the others.
///
/// [`cpu::fill`](super::fill()) makes it anew in each call. Who fills a tensor in pieces makes it once.
///
/// ```
/// use wgpu_weights::{Distribution, Fill, Matrices, cpu};
/// let law = Distribution::orthogonal(1.0, Matrices::one(8, 8))?;
/// let whole = Fill::new(law, [8, 8]).with_seed(42);
/// let whole_law = cpu::Prepared::of(&whole)?;
/// let mut rows = vec![[0u8; 32]; 8];
/// for (row, out) in (0..8).zip(&mut rows) {
///     whole_law.fill(&whole.clone().shard(0, row..row + 1)?, out)?;
/// }
/// # Ok::<(), wgpu_weights::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared {
    seed: u64,
    stream: u64,
    made: Option<Made>,
}

#[derive(Clone, Debug)]
struct Made {
    gain: f32,
    matrices: Matrices,
    values: Vec<f32>,
}

impl Prepared {
    /// What the law of this fill needs.
    ///
    /// # Errors
    /// [`CpuError::Fill`] for a fill that no buffer holds, [`CpuError::Memory`].
    pub fn of(fill: &Fill) -> Result<Self, CpuError> {
        fill.bytes()?;
        let made = match fill.distribution.kind() {
            Kind::Orthogonal { gain, matrices } => Some(Made::new(fill, gain, matrices)?),
            _ => None,
        };
        Ok(Self { seed: fill.seed, stream: fill.stream, made })
    }

    /// Whether it is what this fill needs.
    pub fn serves(&self, fill: &Fill) -> bool {
        match (fill.distribution.kind(), &self.made) {
            (Kind::Orthogonal { gain, matrices }, Some(made)) => {
                (self.seed, self.stream) == (fill.seed, fill.stream)
                    && (gain, matrices) == (made.gain, made.matrices)
            }
            (Kind::Orthogonal { .. }, None) => false,
            _ => true,
        }
    }

    /// As [`cpu::fill`](super::fill()), of any part of the tensor. What it does not [serve](Self::serves) it makes anew.
    ///
    /// # Errors
    /// [`CpuError`].
    pub fn fill(&self, fill: &Fill, out: &mut [u8]) -> Result<(), CpuError> {
        let needed = fill.bytes()?;
        if needed != out.len() as u64 {
            return Err(CpuError::Size { needed, given: out.len() as u64 });
        }
        let drawn = fill.without_zero_rows();
        match (drawn.is_made_on_host(), self.serves(&drawn)) {
            (false, _) => super::fill(&drawn, out)?,
            (true, true) => make(&drawn, self.made.as_ref(), out)?,
            (true, false) => make(&drawn, Self::of(&drawn)?.made.as_ref(), out)?,
        }
        fill.zero_rows_in(out);
        Ok(())
    }
}

impl Made {
    fn new(fill: &Fill, gain: f32, matrices: Matrices) -> Result<Self, CpuError> {
        let Matrices { count, rows, columns, .. } = matrices;
        let of = Orthogonal::new(rows, columns).with_batch(count).with_gain(gain.into());
        let of = of.with_seed(fill.seed).with_stream(fill.stream);
        let overflow = || FillError::Overflow { shape: vec![count, rows, columns] };
        let needed = of.count().map_err(|_| overflow())?;
        // All of it before any of it is touched.
        let bytes = of.memory().and_then(|room| needed.checked_mul(4)?.checked_add(room));
        let memory = CpuError::Memory { needed: bytes.unwrap_or(u64::MAX) };
        let all = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let probe = all.and_then(|all| Vec::<u8>::new().try_reserve_exact(all).ok());
        probe.ok_or_else(|| memory.clone())?;
        let mut values = Vec::new();
        let length = usize::try_from(needed).map_err(|_| memory.clone())?;
        values.try_reserve_exact(length).map_err(|_| memory)?;
        values.resize(length, 0.0);
        orthogonal(&of, &mut values).map_err(|error| match error {
            OrthogonalError::Memory { needed } => CpuError::Memory { needed },
            // The gain is a distribution's and the slice as long as the matrices.
            _ => overflow().into(),
        })?;
        Ok(Self { gain, matrices, values })
    }

    /// The element of the tensor.
    fn value(&self, index: u64) -> f32 {
        let Some([matrix, row, column]) = self.matrices.place(index) else { return 0.0 };
        let Matrices { rows, columns, .. } = self.matrices;
        let at = (matrix * rows + row) * columns + column;
        self.values.get(at as usize).copied().unwrap_or(0.0)
    }
}

/// Bytes of a fill that no kernel makes, chunk by chunk.
fn make(fill: &Fill, made: Option<&Made>, out: &mut [u8]) -> Result<(), CpuError> {
    let (dtype, kind) = (fill.dtype, fill.distribution.kind());
    let size = dtype.size();
    // The first element of which a formula makes no number; chunks are made in any order.
    let wrong = AtomicU64::new(u64::MAX);
    let chunk = |first: u64, out: &mut [u8]| {
        let count = out.len() as u64 / size;
        let spans = fill.region.spans(first, count);
        let indices =
            spans.flat_map(|(index, count)| (0..count).map(move |at| index.wrapping_add(at)));
        let elements = out.chunks_exact_mut(size as usize);
        match (kind, made) {
            (Kind::Orthogonal { .. }, Some(made)) => {
                elements
                    .zip(indices)
                    .for_each(|(out, index)| store(dtype, made.value(index).into(), out));
            }
            (Kind::Arange { start, step, period }, _) => {
                let period = period.max(1);
                let value = |index: u64| start + step * (index % period) as f64;
                elements.zip(indices).for_each(|(out, index)| store(dtype, value(index), out));
            }
            (Kind::Formula(formula), _) => {
                let draws = Draws::of(fill, &formula, first, count);
                for ((at, out), index) in elements.enumerate().zip(indices) {
                    let value = draws.value(&formula, index, at);
                    // In f32, where it is stored as that.
                    let whole = dtype.integers().is_some() && value.is_finite();
                    if !whole && !(value as f32).is_finite() {
                        wrong.fetch_min(index, Ordering::Relaxed);
                    }
                    store(dtype, value, out);
                }
            }
            _ => {
                // As the kernels draw it, and widened or converted, both exactly.
                let drawn = drawn(&fill.clone().with_dtype(Dtype::F32), first, count);
                for (out, drawn) in elements.zip(drawn.as_chunks().0) {
                    store(dtype, f32::from_le_bytes(*drawn).into(), out);
                }
            }
        }
    };
    if fill.count() <= TASK {
        chunk(0, out);
    } else {
        for_each_chunk(out, (TASK * size) as usize, |index, out| chunk(index * TASK, out));
    }
    match (kind, wrong.into_inner()) {
        (Kind::Formula(formula), index) if index < u64::MAX => {
            let one = Fill::new(fill.distribution, fill.shape());
            let one = one.with_seed(fill.seed).with_stream(fill.stream).window(index, 1)?;
            let value = Draws::of(&one, &formula, 0, 1).value(&formula, index, 0);
            let formula = formula.to_string();
            Err(CpuError::NotFinite { formula, value: format!("{value:e}"), index })
        }
        _ => Ok(()),
    }
}

/// Bytes of elements in f32, as the kernels draw them.
fn drawn(fill: &Fill, first: u64, count: u64) -> Vec<u8> {
    let mut drawn = vec![0; 4 * count as usize];
    fill_task(fill, first, &Params::of_values(fill), &mut drawn);
    drawn
}

/// The draws that a formula is a function of, for some elements.
struct Draws {
    uniform: Vec<u8>,
    normal: Vec<u8>,
}

impl Draws {
    fn of(fill: &Fill, formula: &Formula, first: u64, count: u64) -> Self {
        let of = |uses: bool, law: Result<Distribution, ParameterError>| match law {
            Ok(distribution) if uses => {
                drawn(&Fill { distribution, ..fill.clone().with_dtype(Dtype::F32) }, first, count)
            }
            _ => Vec::new(),
        };
        Self {
            uniform: of(formula.uses_u(), Distribution::uniform(0.0, 1.0)),
            normal: of(formula.uses_z(), Distribution::normal(0.0, 1.0)),
        }
    }

    /// The value of an element of the tensor, the so many-th of these.
    fn value(&self, formula: &Formula, index: u64, at: usize) -> f64 {
        let draw =
            |drawn: &[u8]| drawn.as_chunks().0.get(at).map_or(0.0, |it| f32::from_le_bytes(*it));
        formula.value(index, draw(&self.uniform).into(), draw(&self.normal).into())
    }
}

/// The bytes of a value: rounded to f32, with zero for what is below 2^-126, and to the dtype; or a whole number.
fn store(dtype: Dtype, value: f64, out: &mut [u8]) {
    let narrow = value as f32;
    let narrow = if narrow.abs() < f32::MIN_POSITIVE { 0.0 } else { narrow };
    match dtype {
        Dtype::F64 => out.copy_from_slice(&f64::from(narrow).to_le_bytes()),
        Dtype::I64 => out.copy_from_slice(&(value.round_ties_even() as i64).to_le_bytes()),
        Dtype::I32 => out.copy_from_slice(&(value.round_ties_even() as i32).to_le_bytes()),
        Dtype::U8 => out.copy_from_slice(&[value.round_ties_even() as u8]),
        Dtype::Bool => out.copy_from_slice(&[u8::from(value.round_ties_even() >= 1.0)]),
        _ => {
            let bytes = round(dtype, narrow.to_bits()).to_le_bytes();
            out.copy_from_slice(&bytes[..out.len()]);
        }
    }
}
