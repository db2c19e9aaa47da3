//! Orthogonal matrices, made on the host and whole: an element depends on all others.
//!
//! DESIGN.md, "Orthogonal", has the sequence of operations. What is here beside it changes no bit: how the matrix
//! lies in memory (`strips`), how wide vectors are (`reflectors`), what is done at the same time (`qr`).

mod qr;
#[cfg(test)]
#[allow(clippy::needless_range_loop, reason = "indices are those of the matrices")]
mod reference;
mod reflectors;
mod strips;

use thiserror::Error;

use self::qr::Room;
use super::{
    fill::fill_f32,
    threads::{for_each, threads},
};
use crate::{Distribution, Fill, ParameterError, stream_of};

/// A random matrix with orthonormal columns or rows, times a gain; or a batch of them.
///
/// With at least as many rows as columns, QᵀQ = gain²·I, else QQᵀ = gain²·I. It is distributed as Haar's measure has
/// it: uniformly, so that no rotation changes the law.
///
/// ```
/// use wgpu_weights::cpu::{Orthogonal, orthogonal};
/// let heads = Orthogonal::new(64, 768).with_batch(12).with_seed(42).with_name("attn.W_O");
/// assert_eq!((heads.rows(), heads.columns(), heads.count()?), (64, 768, 12 * 64 * 768));
/// # Ok::<(), wgpu_weights::cpu::OrthogonalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Orthogonal {
    rows: u64,
    columns: u64,
    batch: u64,
    gain: f64,
    seed: u64,
    stream: u64,
}

/// Orthogonal matrices that cannot be made.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OrthogonalError {
    /// The gain.
    #[error(transparent)]
    Gain(#[from] ParameterError),
    /// More elements, or bytes to make them in, than can be counted.
    #[error(
        "{batch} matrices of {rows} x {columns} take 2^64 bytes or more to make: take a smaller shape"
    )]
    Overflow {
        /// The number of matrices.
        batch: u64,
        /// The rows of each.
        rows: u64,
        /// The columns of each.
        columns: u64,
    },
    /// The slice is not as long as the matrices.
    #[error("the matrices have {needed} elements and the slice has {given}; they must be equal")]
    Size {
        /// Elements that the matrices have.
        needed: u64,
        /// Elements that were given.
        given: u64,
    },
    /// The system has not got the memory.
    #[error("{needed} bytes of memory are needed, beside the output, and cannot be had")]
    Memory {
        /// Bytes that are needed.
        needed: u64,
    },
}

impl Orthogonal {
    /// One matrix of this shape: gain 1, seed 0, stream 0.
    pub const fn new(rows: u64, columns: u64) -> Self {
        Self { rows, columns, batch: 1, gain: 1.0, seed: 0, stream: 0 }
    }

    /// So many matrices, each by itself: a tensor of the shape `[batch, rows, columns]`.
    #[must_use]
    pub const fn with_batch(self, batch: u64) -> Self {
        Self { batch, ..self }
    }

    /// What every element is multiplied by: zero or more.
    #[must_use]
    pub const fn with_gain(self, gain: f64) -> Self {
        Self { gain, ..self }
    }

    /// With this seed.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// On this stream.
    #[must_use]
    pub const fn with_stream(self, stream: u64) -> Self {
        Self { stream, ..self }
    }

    /// On the stream of a parameter's name ([`stream_of`]).
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        self.with_stream(stream_of(name))
    }

    /// The rows of a matrix.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns of a matrix.
    pub const fn columns(&self) -> u64 {
        self.columns
    }

    /// How many matrices there are.
    pub const fn batch(&self) -> u64 {
        self.batch
    }

    /// How many elements all matrices have.
    ///
    /// # Errors
    /// [`OrthogonalError::Overflow`] where they are 2^64 or more.
    pub fn count(&self) -> Result<u64, OrthogonalError> {
        // Without any element no product overflows.
        if [self.batch, self.rows, self.columns].contains(&0) {
            return Ok(0);
        }
        let count = self.rows.checked_mul(self.columns);
        count.and_then(|count| count.checked_mul(self.batch)).ok_or_else(|| self.overflow())
    }

    /// Bytes that making them takes beside the output; none where they cannot be counted.
    pub(crate) fn memory(&self) -> Option<u64> {
        let (rows, columns) = self.tall()?;
        let bytes = Room::bytes(rows, columns)?;
        let most = usize::try_from(self.batch).unwrap_or(usize::MAX);
        let side_by_side = if bytes <= SMALL { threads().min(most).max(1) } else { 1 };
        bytes.checked_mul(side_by_side)?.try_into().ok()
    }

    fn overflow(&self) -> OrthogonalError {
        let Self { batch, rows, columns, .. } = *self;
        OrthogonalError::Overflow { batch, rows, columns }
    }

    fn check_gain(&self) -> Result<(), ParameterError> {
        let (name, value) = ("gain", self.gain);
        if !(value as f32).is_finite() {
            return Err(ParameterError::NotFinite { name, value });
        }
        if value < 0.0 { Err(ParameterError::Negative { name, value }) } else { Ok(()) }
    }

    /// The longer and the shorter side of a matrix.
    fn tall(&self) -> Option<(usize, usize)> {
        let (rows, columns) = (self.rows.max(self.columns), self.rows.min(self.columns));
        Some((rows.try_into().ok()?, columns.try_into().ok()?))
    }
}

/// Bytes of a matrix up to which a thread makes it alone: it stays in the thread's own cache.
const SMALL: usize = 1 << 20;

/// Makes the matrices, row-major and one after the other, **with the same bits on every CPU, for any number of
/// threads and any width of vectors**.
///
/// A matrix is the Q of a Gaussian one's QR decomposition, made unique, and with it Haar's, by a positive diagonal of R
/// (Stewart 1980; Mezzadri 2007), as `torch.nn.init.orthogonal_` makes it. The Gaussian one has the shape `[max, min]`
/// of rows and columns, and where there are fewer rows than columns Q is transposed: so a matrix and the one of
/// exchanged sides are transposes of each other, bit for bit. Its element (i, j) is the standard
/// [`normal`](Distribution::normal) at the index `matrix·rows·columns + i·min + j` of the seed's stream. Everything is
/// computed in f64 and rounded once, so that QᵀQ is within 1.2e-7·gain² of gain²·I (unless a gain below 1e-30 makes
/// values too small for f32). The contract (DESIGN.md, "Orthogonal") has each operation.
///
/// It takes `4·max·min² - 4/3·min³` operations of f64, over all threads of the current rayon pool. Beside the output it
/// takes 8 bytes for each element, min rounded up to a multiple of 8, and up to 512 bytes for each of max: 137 MB for
/// 4096 x 4096. Matrices of a batch that take less than 1 MiB are made side by side, one a thread, with as much memory
/// each; larger ones one after the other. A matrix is made whole: a shard of one costs as much.
///
/// # Errors
/// [`OrthogonalError`]. Memory is taken before anything is made; where the system says that it cannot be had, the
/// output is as it was.
///
/// ```
/// use wgpu_weights::cpu::{Orthogonal, orthogonal};
/// let (rows, columns) = (6, 4);
/// let recurrent = Orthogonal::new(rows, columns).with_gain(2.0).with_seed(42).with_name("rnn.W_hh");
/// let mut q = vec![0.0; recurrent.count()? as usize];
/// orthogonal(&recurrent, &mut q)?;
///
/// let dot = |a: usize, b: usize| (0..6).map(|i| q[i * 4 + a] * q[i * 4 + b]).sum::<f32>();
/// assert!((dot(1, 1) - 4.0).abs() < 1e-6 && dot(1, 2).abs() < 1e-6);
///
/// let mut transposed = vec![0.0; 24];
/// orthogonal(&Orthogonal::new(4, 6).with_gain(2.0).with_seed(42).with_name("rnn.W_hh"), &mut transposed)?;
/// assert_eq!(transposed[1 * 6 + 5], q[5 * 4 + 1]);
/// # Ok::<(), wgpu_weights::cpu::OrthogonalError>(())
/// ```
pub fn orthogonal(of: &Orthogonal, out: &mut [f32]) -> Result<(), OrthogonalError> {
    of.check_gain()?;
    let (needed, given) = (of.count()?, out.len() as u64);
    if needed != given {
        return Err(OrthogonalError::Size { needed, given });
    }
    if needed == 0 {
        return Ok(());
    }
    let (rows, columns) = of.tall().ok_or_else(|| of.overflow())?;
    let bytes = Room::bytes(rows, columns).ok_or_else(|| of.overflow())?;
    let matrices = out.len() / (rows * columns);
    let side_by_side = if bytes <= SMALL { threads().min(matrices) } else { 1 };

    let whole = bytes.checked_mul(side_by_side).ok_or_else(|| of.overflow())?;
    let memory = OrthogonalError::Memory { needed: whole as u64 };
    let each = matrices.div_ceil(side_by_side);
    let mut tasks = Vec::new();
    for (task, out) in out.chunks_mut(each * rows * columns).enumerate() {
        let room = Room::new(rows, columns).map_err(|_| memory.clone())?;
        tasks.push((task * each, out, room));
    }
    for_each(tasks, |(first, out, mut room)| {
        for (matrix, out) in out.chunks_exact_mut(rows * columns).enumerate() {
            make(of, (first + matrix) as u64, &mut room, out);
        }
    });
    Ok(())
}

/// One matrix of a batch.
fn make(of: &Orthogonal, matrix: u64, room: &mut Room, out: &mut [f32]) {
    gaussian(of, matrix, out);
    let (rows, columns) = room.shape();
    strips::take_up(out, columns, room.strips_mut());
    room.factor();
    room.form();
    let room = &*room;
    let finish = |column, q: f64| {
        let value = (q * room.sign(column) * of.gain) as f32;
        // As all of the contract's values: nothing subnormal, and no negative zero.
        if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value }
    };
    if of.rows < of.columns {
        strips::lay_down_transposed(room.strips(), rows, out, finish);
    } else {
        strips::lay_down(room.strips(), columns, out, finish);
    }
}

/// The matrix that is decomposed, in its tall form.
fn gaussian(of: &Orthogonal, matrix: u64, out: &mut [f32]) {
    let count = out.len() as u64;
    let normals = Distribution::normal(0.0, 1.0).map(|normal| {
        Fill::new(normal, [of.batch, count]).with_seed(of.seed).with_stream(of.stream)
    });
    let window = normals.ok().and_then(|normals| normals.window(matrix * count, count).ok());
    // A standard normal is one, and the matrix lies within the batch.
    let made = window.is_some_and(|window| fill_f32(&window, out).is_ok());
    debug_assert!(made, "the window is as long as the matrix");
}
