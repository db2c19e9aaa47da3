//! What one dispatch is told: the layout that the WGSL, the CPU twin and any port share.

use bytemuck::{Pod, Zeroable};

use self::{affine::Affine, digits::Digits, tails::Tails};
use crate::Fill;

mod affine;
mod digits;
mod divisor;
mod tails;

/// The uniform buffer of a dispatch: `Params` in `shaders/params.wgsl`, field by field.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Params {
    /// First Philox block of granule 0, low word first.
    pub block: [u32; 2],
    /// The seed, low word first.
    pub key: [u32; 2],
    /// The stream, low word first.
    pub stream: [u32; 2],
    /// Granules of 16 output bytes in this dispatch; of a transposed one, invocations.
    pub granules: u32,
    /// Invocations in one row of the dispatch's two-dimensional grid.
    pub row: u32,
    /// `value = x·scale + offset`: the standard deviation, or (high - low)·2^-24.
    pub scale: f32,
    /// The mean, the lower bound or the constant.
    pub offset: f32,
    /// The largest value: of a uniform, in its dtype, the next one below `high`; of a truncated normal, `high`
    /// or the next one below.
    pub limit: f32,
    /// 0, or [`CAREFUL`](Self::CAREFUL) and the power of two that `scale`, `offset` and `limit` were scaled up by.
    pub down: u32,
    /// The first element of the dispatch that is stored.
    pub first: u32,
    /// The element after the last one stored.
    pub end: u32,
    /// Where granule 0 begins in the binding, in words of 4 bytes.
    pub word: u32,
    /// The word of its block that element 0 of granule 0 owns.
    pub phase: u32,
    /// Zero; the shaders take it for a number that could be anything.
    pub zero: u32,
    /// Elements in a run; 0 where elements are contiguous. With [`Store::Strided`](crate::kernel::Store::Strided) `block`
    /// is the index of a run's first element and `phase` the element of that run that element `first` is.
    pub run: u32,
    /// From one run to the next, in elements, low word first.
    pub stride: [u32; 2],
    /// A truncated normal's: the probabilities below `low` and above `limit`, scaled up by 2^`tail_shift`.
    pub tails: [f32; 2],
    /// A truncated normal's: the probability between the two, scaled up likewise, times 2^-33.
    pub width: f32,
    /// The least value of a uniform or a truncated normal, in its dtype.
    pub low: f32,
    /// A truncated normal's: words below twice this one make values below the mean.
    pub median: u32,
    /// A truncated normal's: the power of two that makes its tails ordinary numbers.
    pub tail_shift: u32,
    /// From one matrix to the next, in elements of the tensor, low word first; this and what follows is 0 except for
    /// [`Store::Transposed`](crate::kernel::Store::Transposed) and its aligned form. There `run` is the elements in a row of the buffer,
    /// `stride` what lies from one to the next in the tensor, `block` the index of the first element of the first
    /// row, and `phase` the elements of the first word before it.
    pub next: [u32; 2],
    /// Rows in a matrix.
    pub rows: u32,
    /// Blocks that reach into a matrix along one of its columns, at most.
    pub column_blocks: u32,
    /// The tap that is not 0; this and what follows is 0 except for [`Draw::Diagonal`](crate::kernel::Draw::Diagonal) and
    /// [`Draw::Sparse`](crate::kernel::Draw::Sparse).
    pub tap: [u32; 2],
    /// The size of an index' fastest digit, and what stands for its inverse (each low word first): the quotient of n is
    /// `(t + ((n - t) >> min(shift, 1))) >> max(shift - 1, 0)`, with t the upper half of the product of the two. A sparse one's is the columns of the matrix.
    pub fast: [u32; 4],
    /// The same of the middle digit.
    pub middle: [u32; 4],
    /// The same of the rows after which a diagonal begins anew.
    pub period: [u32; 4],
    /// The shifts of `fast`, `middle` and `period`, and which digit is what: the row is the slowest (0 with the tap as the
    /// fastest, 2 with the column) or the fastest (1); of a sparse one, whether lines are columns (0) or rows (1).
    pub shifts: [u32; 4],
    /// A sparse one's: elements and zeros in a line, and the two radices of a place in it.
    pub line: [u32; 4],
}

/// A field of [`Params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, here and in WGSL.
    pub name: &'static str,
    /// Its type in WGSL; all are little-endian.
    pub wgsl: &'static str,
    /// Where it begins, in bytes.
    pub offset: usize,
}

macro_rules! fields {
    ($($name:ident: $wgsl:literal),* $(,)?) => {
        &[$(Field { name: stringify!($name), wgsl: $wgsl, offset: std::mem::offset_of!(Params, $name) }),*]
    };
}

impl Params {
    /// The layout, for those who fill the uniform buffer without this crate.
    pub const FIELDS: &'static [Field] = fields! {
        block: "vec2<u32>",
        key: "vec2<u32>",
        stream: "vec2<u32>",
        granules: "u32",
        row: "u32",
        scale: "f32",
        offset: "f32",
        limit: "f32",
        down: "u32",
        first: "u32",
        end: "u32",
        word: "u32",
        phase: "u32",
        zero: "u32",
        run: "u32",
        stride: "vec2<u32>",
        tails: "vec2<f32>",
        width: "f32",
        low: "f32",
        median: "u32",
        tail_shift: "u32",
        next: "vec2<u32>",
        rows: "u32",
        column_blocks: "u32",
        tap: "vec2<u32>",
        fast: "vec4<u32>",
        middle: "vec4<u32>",
        period: "vec4<u32>",
        shifts: "vec4<u32>",
        line: "vec4<u32>",
    };

    /// Marks, in `down`, a distribution whose values may be subnormal or zero.
    pub const CAREFUL: u32 = 0x100;

    /// What a fill says of values; where they go is zero.
    pub(crate) fn of_values(fill: &Fill) -> Self {
        let affine = Affine::new(fill.distribution.kind(), fill.dtype);
        let tails = Tails::new(fill.distribution.kind());
        let digits = Digits::new(fill.distribution.kind());
        let [fast, middle, period] = digits.shifts;
        Self {
            key: words(fill.seed),
            stream: words(fill.stream),
            scale: affine.scale,
            offset: affine.offset,
            limit: affine.limit,
            down: affine.down,
            low: affine.low,
            tails: tails.tails,
            width: tails.width,
            median: tails.median,
            tail_shift: tails.shift,
            tap: digits.tap,
            fast: digits.fast,
            middle: digits.middle,
            period: digits.period,
            shifts: [fast, middle, period, digits.order],
            line: digits.line,
            ..Self::zeroed()
        }
    }

    /// With granule 0 beginning at this element, which may lie before the tensor (then none of
    /// the elements before it is stored).
    pub(crate) fn at_element(self, element: i128) -> Self {
        // Blocks are counted modulo 2^64, as the shader's sums are.
        let block = words(element.div_euclid(4) as u64);
        Self { block, phase: element.rem_euclid(4) as u32, ..self }
    }
}

/// Low word first.
pub(crate) const fn words(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_granule_may_begin_before_the_tensor() {
        let params = Params::zeroed().at_element(-3);
        assert_eq!((params.block, params.phase), ([u32::MAX; 2], 1));
        let params = Params::zeroed().at_element((1 << 34) + 5);
        assert_eq!((params.block, params.phase), ([1, 1], 1));
    }
}
