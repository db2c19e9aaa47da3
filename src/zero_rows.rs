//! Rows that are zero whatever the law: a padding token's embedding, the rows that a padded vocabulary has too many.

use std::{borrow::Cow, fmt, ops::Range};

#[cfg(feature = "serde")]
use crate::Kind;
use crate::{Distribution, Fill};

/// Indices `first..end` along a tensor's first dimension whose elements are 0, whatever the others are drawn from.
///
/// ```
/// use wgpu_weights::{Distribution, Fill, cpu};
/// // torch's nn.Embedding(4, 2, padding_idx=1)
/// let law = Distribution::normal(0.0, 1.0)?.with_zero_rows(1..2);
/// assert_eq!(law.to_string(), "normal mean 0 std 1, row 1 zero");
/// let mut weight = [1.0; 8];
/// cpu::fill_f32(&Fill::new(law, [4, 2]), &mut weight)?;
/// assert!(weight.iter().enumerate().all(|(at, value)| (*value == 0.0) == (2..4).contains(&at)));
/// # Ok::<(), wgpu_weights::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZeroRows {
    first: u64,
    end: u64,
}

impl ZeroRows {
    /// These rows; none where there are none.
    pub(crate) const fn new(Range { start, end }: Range<u64>) -> Option<Self> {
        if start < end { Some(Self { first: start, end }) } else { None }
    }

    /// The rows.
    pub const fn range(self) -> Range<u64> {
        self.first..self.end
    }

    /// The indices of a tensor of this shape that they take: none of a scalar, nor of rows that it has not.
    fn elements(self, shape: &[u64]) -> Range<u64> {
        let Some((&rows, inner)) = shape.split_first() else { return 0..0 };
        // The product of a shape that was checked, or one that no fill is made of.
        let row = crate::region::product(inner.iter().copied()).unwrap_or(0);
        let at = |it: u64| it.min(rows).saturating_mul(row);
        at(self.first)..at(self.end)
    }
}

impl fmt::Display for ZeroRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, end } = self;
        match (end - first, *end) {
            (1, _) => write!(f, "row {first} zero"),
            (_, u64::MAX) => write!(f, "rows from {first} on zero"),
            _ => write!(f, "rows {first} to {} zero", end - 1),
        }
    }
}

impl Fill {
    /// Indices of the tensor whose elements are zero, as far as the law has such rows.
    fn zero_elements(&self) -> Option<Range<u64>> {
        let elements = self.distribution.zero_rows()?.elements(self.shape());
        (!elements.is_empty()).then_some(elements)
    }

    /// The fill without its zero rows.
    pub(crate) fn without_zero_rows(&self) -> Cow<'_, Self> {
        match self.distribution.zero_rows() {
            None => Cow::Borrowed(self),
            Some(_) => Cow::Owned(self.of(self.distribution.with_zero_rows(0..0))),
        }
    }

    /// Zeroes the bytes that zero rows take of what the fill makes.
    pub(crate) fn zero_rows_in(&self, out: &mut [u8]) {
        let Some(zero) = self.zero_elements() else { return };
        let size = self.dtype.size();
        let mut at = 0;
        for (index, count) in self.region.spans(0, self.count()) {
            let from = zero.start.clamp(index, index + count) - index;
            let to = zero.end.clamp(index, index + count) - index;
            let bytes = ((at + from) * size) as usize..((at + to) * size) as usize;
            if let Some(bytes) = out.get_mut(bytes) {
                bytes.fill(0);
            }
            at += count;
        }
    }

    /// The fill as parts that each have one law, one after another: before the zero rows, these, and after them. None
    /// where they lie among others, as of a matrix that is transposed.
    pub(crate) fn parts_of_one_law(&self) -> Option<Vec<Cow<'_, Self>>> {
        let Some(zero) = self.zero_elements() else { return Some(vec![self.without_zero_rows()]) };
        let [first, end] = self.region.positions(zero)?;
        let plain = self.without_zero_rows();
        let zeros = self.of(Distribution::constant(0.0).ok()?);
        let part = |of: &Self, from: u64, to: u64| of.clone().window(from, to - from).ok();
        let parts =
            [part(&plain, 0, first)?, part(&zeros, first, end)?, part(&plain, end, self.count())?];
        Some(parts.into_iter().filter(|part| part.count() > 0).map(Cow::Owned).collect())
    }

    /// The same elements, of another law.
    fn of(&self, distribution: Distribution) -> Self {
        Self { distribution, ..self.clone() }
    }
}

/// A law as it is written: its [`Kind`], and the rows that are zero.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Written {
    #[serde(flatten)]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zero_rows: Option<[u64; 2]>,
}

#[cfg(feature = "serde")]
impl From<Distribution> for Written {
    fn from(law: Distribution) -> Self {
        let zero_rows = law.zero_rows().map(|ZeroRows { first, end }| [first, end]);
        Self { kind: law.kind(), zero_rows }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Written> for Distribution {
    type Error = crate::ParameterError;

    fn try_from(Written { kind, zero_rows }: Written) -> Result<Self, Self::Error> {
        let [first, end] = zero_rows.unwrap_or_default();
        Ok(Self::try_from(kind)?.with_zero_rows(first..end))
    }
}
