//! Where a fill's elements lie in the whole tensor: a box of it, and a window of that box.

use std::ops::Range;

use crate::{FillError, shard::ShardError};

/// A box of a tensor, one range in every dimension, and a flat window of the box, in row-major order of the box or,
/// where it is transposed, of the box with its last two dimensions exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    shape: Vec<u64>,
    /// By the tensor's dimensions.
    ranges: Vec<Range<u64>>,
    transposed: bool,
    runs: Runs,
    /// Elements of the box before the window.
    skip: u64,
    count: u64,
    windowed: bool,
}

/// A box as runs of `length` contiguous elements, the first from index `start` of the tensor on, each
/// `stride` after the one before: as many as make a slab of so many elements. Where slabs begin is told by
/// the outer levels, innermost first; without any there is one slab, which never ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runs {
    start: u64,
    pub(crate) length: u64,
    pub(crate) stride: u64,
    slab: u64,
    outer: Vec<Level>,
}

/// So many things, each `stride` elements of the tensor after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    count: u64,
    stride: u64,
}

/// Matrices of a transposed box, of two rows and two columns or more, one after another: element (row, column) of each
/// is `row + column * stride` elements of the tensor after its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrices {
    pub(crate) rows: u64,
    pub(crate) columns: u64,
    pub(crate) stride: u64,
    /// So many, each `next` elements of the tensor after the one before.
    pub(crate) count: u64,
    pub(crate) next: u64,
}

/// Where an element of the runs lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its index in the tensor.
    pub(crate) index: u64,
    /// Elements of its run before it.
    pub(crate) phase: u64,
    /// Elements of its run from it on.
    pub(crate) in_run: u64,
    /// Elements of its slab from it on.
    pub(crate) in_slab: u64,
}

/// Elements in a box; none at all where a dimension has none, whatever the others are.
pub(crate) fn product(sizes: impl Iterator<Item = u64> + Clone) -> Option<u64> {
    match sizes.clone().any(|size| size == 0) {
        true => Some(0),
        false => sizes.into_iter().try_fold(1u64, u64::checked_mul),
    }
}

impl Region {
    /// All of a tensor of this shape.
    pub(crate) fn new(shape: Vec<u64>) -> Self {
        let ranges = shape.iter().map(|&size| 0..size).collect();
        let count = product(shape.iter().copied()).unwrap_or(u64::MAX);
        Self {
            shape,
            ranges,
            transposed: false,
            runs: Runs::WHOLE,
            skip: 0,
            count,
            windowed: false,
        }
    }

    /// `range` of what the box has of dimension `dim`.
    pub(crate) fn shard(mut self, dim: usize, range: Range<u64>) -> Result<Self, ShardError> {
        self.refuse_window()?;
        self.narrow(dim, range)?;
        self.cut()
    }

    /// A range of what the box has of each dimension.
    pub(crate) fn region(mut self, ranges: &[Range<u64>]) -> Result<Self, ShardError> {
        self.refuse_window()?;
        if ranges.len() != self.ranges.len() {
            return Err(ShardError::Ranges { given: ranges.len(), shape: self.shape });
        }
        for (dim, range) in ranges.iter().enumerate() {
            self.narrow(dim, range.clone())?;
        }
        self.cut()
    }

    /// The same box with its last two dimensions exchanged.
    pub(crate) fn transposed(mut self) -> Result<Self, ShardError> {
        self.refuse_window()?;
        if self.shape.len() < 2 {
            return Err(ShardError::Matrix { shape: self.shape });
        }
        self.transposed = !self.transposed;
        self.cut()
    }

    /// The tensor's dimension that is dimension `dim` of what the fill has.
    fn dim_of(&self, dim: usize) -> usize {
        let last = self.shape.len().wrapping_sub(1);
        match self.transposed {
            true if dim == last => dim - 1,
            true if dim == last - 1 => last,
            _ => dim,
        }
    }

    /// `count` elements from element `start` of this region on.
    pub(crate) fn window(mut self, start: u64, count: u64) -> Result<Self, FillError> {
        self.check()?;
        if start.checked_add(count).is_none_or(|end| end > self.count) {
            return Err(FillError::Window { start, count, of: self.count });
        }
        self.skip += start;
        self.count = count;
        self.windowed = true;
        Ok(self)
    }

    /// A window's elements are in no box, so no range of a dimension can be taken of them.
    fn refuse_window(&self) -> Result<(), ShardError> {
        match self.windowed {
            true => Err(ShardError::Windowed { start: self.skip, count: self.count }),
            false => Ok(()),
        }
    }

    fn narrow(&mut self, dim: usize, Range { start, end }: Range<u64>) -> Result<(), ShardError> {
        let of_tensor = self.dim_of(dim);
        let Some(has) = self.ranges.get_mut(of_tensor) else {
            return Err(ShardError::Dimension { dim, shape: self.shape.clone() });
        };
        let size = has.end - has.start;
        if start > end || end > size {
            return Err(ShardError::Range { dim, size, start, end });
        }
        *has = has.start + start..has.start + end;
        Ok(())
    }

    /// With the runs and the count of its ranges.
    fn cut(mut self) -> Result<Self, ShardError> {
        if self.check().is_err() {
            return Err(ShardError::Overflow { shape: self.shape });
        }
        self.count = product(self.sizes()).unwrap_or(u64::MAX);
        self.runs = match self.count {
            0 => Runs::WHOLE,
            _ => Runs::of(&self.shape, &self.ranges, self.transposed),
        };
        Ok(self)
    }

    /// Whether indices of the tensor are 64-bit numbers.
    pub(crate) fn check(&self) -> Result<(), FillError> {
        match product(self.shape.iter().copied()) {
            Some(_) => Ok(()),
            None => Err(FillError::Overflow { shape: self.shape.clone() }),
        }
    }

    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The box's dimensions.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u64> + Clone {
        (0..self.ranges.len()).map(|dim| {
            let range = &self.ranges[self.dim_of(dim)];
            range.end - range.start
        })
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// What there is to transpose, if anything: the innermost matrices of the box.
    pub(crate) fn matrices(&self) -> Option<Matrices> {
        let Runs { length: 1, stride, slab: columns, outer, .. } = &self.runs else { return None };
        let Some(&Level { count: rows, stride: 1 }) = outer.first() else { return None };
        let &Level { count, stride: next } = outer.get(1).unwrap_or(&Level { count: 1, stride: 0 });
        Some(Matrices { rows, columns: *columns, stride: *stride, count, next })
    }

    /// First and end, of the region's elements, of those whose indices in the tensor are these: whole rows of its first
    /// dimension. None where others lie among them.
    pub(crate) fn positions(&self, indices: Range<u64>) -> Option<[u64; 2]> {
        let row = product(self.shape.iter().skip(1).copied()).filter(|&row| row > 0)?;
        let has = self.ranges.first()?;
        let rows = [indices.start / row, indices.end / row];
        let [first, end] = rows.map(|at| at.clamp(has.start, has.end) - has.start);
        let all = first == end || (first, end) == (0, has.end - has.start);
        if self.transposed && self.shape.len() == 2 && !all {
            return None;
        }
        let of_row = product(self.ranges.iter().skip(1).map(|range| range.end - range.start))?;
        let at = |row: u64| (row * of_row).saturating_sub(self.skip).min(self.count);
        Some([at(first), at(end)])
    }

    /// Elements of the box before an element of the region.
    pub(crate) fn position(&self, element: u64) -> u64 {
        self.skip.wrapping_add(element)
    }

    /// Where an element of the region lies.
    #[inline]
    pub(crate) fn place(&self, element: u64) -> Place {
        self.runs.place(self.position(element))
    }

    /// `count` elements from element `first` on, as contiguous spans: each one's first index in the tensor and
    /// how many elements it has.
    #[inline]
    pub(crate) fn spans(&self, first: u64, count: u64) -> Spans<'_> {
        let at = self.skip + first;
        Spans { runs: &self.runs, at, end: at + count, place: self.runs.place(at) }
    }
}

impl Runs {
    /// One run that never ends.
    const WHOLE: Self = Self::one(0);

    const fn one(start: u64) -> Self {
        Self { start, length: u64::MAX, stride: 0, slab: u64::MAX, outer: Vec::new() }
    }

    /// A box that has elements, of a tensor whose indices are 64-bit numbers: so no product overflows.
    fn of(shape: &[u64], ranges: &[Range<u64>], transposed: bool) -> Self {
        let (mut start, mut stride) = (0, 1);
        // Innermost first.
        let mut dims = Vec::with_capacity(shape.len());
        for (size, range) in shape.iter().zip(ranges).rev() {
            start += range.start * stride;
            dims.push(Level { count: range.end - range.start, stride });
            stride *= size;
        }
        if transposed && dims.len() > 1 {
            dims.swap(0, 1);
        }
        let (mut level, mut levels) = (Level { count: 1, stride: 1 }, Vec::new());
        for dim in dims.into_iter().filter(|dim| dim.count > 1) {
            if level.count * level.stride == dim.stride {
                // The next one is where this level would go on: as where all of a dimension is taken.
                level.count *= dim.count;
            } else {
                levels.push(std::mem::replace(&mut level, dim));
            }
        }
        levels.push(level);
        match levels[..] {
            [run, rows, ref outer @ ..] => Self {
                start,
                length: run.count,
                stride: rows.stride,
                slab: if outer.is_empty() { u64::MAX } else { run.count * rows.count },
                outer: outer.to_vec(),
            },
            // All of it is contiguous, which has a faster road.
            _ => Self::one(start),
        }
    }

    #[inline]
    fn place(&self, position: u64) -> Place {
        let (mut start, mut within) = (self.start, position);
        if !self.outer.is_empty() {
            let mut slab = position / self.slab;
            within = position % self.slab;
            for level in &self.outer {
                start = start.wrapping_add((slab % level.count).wrapping_mul(level.stride));
                slab /= level.count;
            }
        }
        let (run, phase) = (within / self.length, within % self.length);
        Place {
            index: start.wrapping_add(run.wrapping_mul(self.stride)).wrapping_add(phase),
            phase,
            in_run: self.length - phase,
            in_slab: self.slab - within,
        }
    }
}

/// Contiguous spans, one after another: from run to run of a slab without a division.
#[derive(Debug)]
pub(crate) struct Spans<'a> {
    runs: &'a Runs,
    at: u64,
    end: u64,
    /// Of the element `at`.
    place: Place,
}

impl Iterator for Spans<'_> {
    type Item = (u64, u64);

    #[inline(always)]
    fn next(&mut self) -> Option<(u64, u64)> {
        let Place { index, phase, in_run, in_slab } = self.place;
        let count = in_run.min(self.end - self.at);
        if count == 0 {
            return None;
        }
        self.at += count;
        self.place = if in_slab > in_run {
            Place {
                index: index.wrapping_sub(phase).wrapping_add(self.runs.stride),
                phase: 0,
                in_run: self.runs.length,
                in_slab: in_slab - in_run,
            }
        } else {
            self.runs.place(self.at)
        };
        Some((index, count))
    }
}
