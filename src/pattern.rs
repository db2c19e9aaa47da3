//! Patterns: what a tensor's index stands for where its elements are not all alike: on a diagonal, in a line with zeros, in a matrix.

/// The diagonal of a matrix, or of each matrix of a stack, at one tap of a kernel.
///
/// An index is read as a row, a column and a tap; it is on the diagonal where the tap is [`tap`](Self::tap) and the column is the
/// row modulo [`period`](Self::period). A period of all rows is the identity of one matrix; of one matrix' rows, that of each
/// matrix of a stack, or of each group of a grouped convolution.
///
/// ```
/// use wgpu_weights::{Diagonal, Distribution, Fill, cpu};
/// let eye = Distribution::diagonal(1.0, Diagonal::of_matrix(2, 3))?;
/// let mut values = [0.0; 6];
/// cpu::fill_f32(&Fill::new(eye, [2, 3]), &mut values)?;
/// assert_eq!(values, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
/// # Ok::<(), wgpu_weights::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Diagonal {
    /// In which order the three are counted.
    pub layout: Layout,
    /// Rows, of the whole stack.
    pub rows: u64,
    /// Columns.
    pub columns: u64,
    /// Taps of a kernel; 1 of a matrix.
    pub taps: u64,
    /// The tap that is not 0.
    pub tap: u64,
    /// Rows after which the diagonal begins anew.
    pub period: u64,
}

/// The order in which rows (outputs), columns (inputs) and taps of a kernel lie in memory, the slowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Layout {
    /// torch's: `[out, in, field...]`.
    #[default]
    OutInField,
    /// JAX's and Keras': `[field..., in, out]`.
    FieldInOut,
    /// MLX': `[out, field..., in]`.
    OutFieldIn,
}

impl Diagonal {
    /// The diagonal of a matrix.
    pub const fn of_matrix(rows: u64, columns: u64) -> Self {
        Self { layout: Layout::OutInField, rows, columns, taps: 1, tap: 0, period: rows }
    }

    /// The sizes of the fastest and of the middle digit of an index.
    pub(crate) const fn digits(&self) -> [u64; 2] {
        match self.layout {
            Layout::OutInField => [self.taps, self.columns],
            Layout::FieldInOut => [self.rows, self.columns],
            Layout::OutFieldIn => [self.columns, self.taps],
        }
    }

    /// How many elements of a tensor are on the diagonal, and how many there are; as many as f64 can count.
    pub(crate) fn share(&self) -> [f64; 2] {
        let period = self.period.max(1);
        let (whole, rest) = (self.rows / period, self.rows % period);
        let most = |rows: u64| rows.min(self.columns) as f64;
        let on = whole as f64 * most(period) + most(rest);
        let on = if self.tap < self.taps { on } else { 0.0 };
        [on, self.rows as f64 * self.columns as f64 * self.taps as f64]
    }
}

/// Zeros, as many in each column of a matrix, or in each row, at random places.
///
/// Which these are is a function of the seed, the stream, the line (a column, or a row) and the place in it: a keyed
/// permutation of the places, of which the first [`zeros`](Self::zeros) are 0. DESIGN.md, "Sparse", has it. (A normal of
/// mean 0 is itself 0 about once in 2^24 values, and in a small dtype more often.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Zeros {
    /// In which lines zeros are counted.
    pub each: Line,
    /// Rows of the matrix.
    pub rows: u32,
    /// Columns of the matrix.
    pub columns: u32,
    /// Zeros in each line.
    pub zeros: u32,
}

/// The lines of a matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Line {
    /// Columns, as torch and Flux have it.
    #[default]
    Column,
    /// Rows, as MLX has it.
    Row,
}

impl Line {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Column, Self::Row];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Row => "row",
        }
    }
}

crate::names::from_str_by_name!(Line, "line");

impl Zeros {
    /// Elements in a line.
    pub const fn length(&self) -> u32 {
        match self.each {
            Line::Column => self.rows,
            Line::Row => self.columns,
        }
    }

    /// The part of the elements that is not 0.
    pub fn kept(&self) -> f64 {
        1.0 - f64::from(self.zeros) / f64::from(self.length().max(1))
    }

    /// The two radices in which a place is permuted: their product is the length, or little more.
    pub(crate) fn radices(&self) -> [u32; 2] {
        let length = self.length().max(1);
        let root = length.isqrt();
        let high = if root * root < length { root + 1 } else { root };
        [high, length.div_ceil(high)]
    }
}

/// Where orthogonal matrices lie in a tensor: so many, one after another, from an element on; what is around them is 0.
///
/// Within a matrix, columns come one after another in each row; or, with an [`inner`](Self::inner) other than 1, so many
/// rows lie side by side in each column, as where a shape's columns are not its last axis.
///
/// ```
/// use wgpu_weights::Matrices;
/// // [4, 3, 2], of which axis 1 has the columns: rows are axes 0 and 2.
/// let along_axis_1 = Matrices { inner: 2, ..Matrices::one(8, 3) };
/// assert_eq!(along_axis_1.place(2 * 6 + 1 * 2 + 1), Some([0, 5, 1])); // of matrix 0, row 5, column 1
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Matrices {
    /// Elements before the first matrix.
    pub first: u64,
    /// How many matrices there are.
    pub count: u64,
    /// Rows of each.
    pub rows: u64,
    /// Columns of each.
    pub columns: u64,
    /// Rows that lie side by side in each column: a divisor of `rows`.
    pub inner: u64,
}

impl Matrices {
    /// One matrix, row by row.
    pub const fn one(rows: u64, columns: u64) -> Self {
        Self { first: 0, count: 1, rows, columns, inner: 1 }
    }

    /// The matrix, row and column of an element of the tensor; none where it is in no matrix.
    pub const fn place(&self, index: u64) -> Option<[u64; 3]> {
        let Some(size) = self.rows.checked_mul(self.columns) else { return None };
        let Some(at) = index.checked_sub(self.first) else { return None };
        if size == 0 || self.inner == 0 || at / size >= self.count {
            return None;
        }
        let (matrix, at) = (at / size, at % size);
        let (at, inner) = (at / self.inner, at % self.inner);
        let (outer, column) = (at / self.columns, at % self.columns);
        Some([matrix, outer * self.inner + inner, column])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_fit_their_radices() {
        for length in (0..3000).chain([65_535, 65_536, 65_537, u32::MAX - 1, u32::MAX]) {
            let zeros = Zeros { each: Line::Column, rows: length, columns: 1, zeros: 0 };
            let [high, low] = zeros.radices().map(u64::from);
            assert!(high <= 1 << 16 && low <= 1 << 16);
            assert!(high * low >= length.into() && high * low < u64::from(length.max(1)) + high);
        }
    }
}
