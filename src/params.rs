//! What one dispatch is told: the layout that the WGSL, the CPU twin and any port share.

use bytemuck::{Pod, Zeroable};

use crate::{
    Dtype, Fill, Kind,
    cpu::{power_of_two, small_float::largest_below},
    distribution::MOST_SIGMAS,
    normal_tail::upper_tail,
};

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
    /// Granules of 16 output bytes in this dispatch.
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
    /// 0, or [`CAREFUL`](Self::CAREFUL) and the power of two that all three were scaled up by.
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
    /// Elements in a run; 0 except for [`Store::Strided`](crate::kernel::Store::Strided), where `block`
    /// is the index of a run's first element and `phase` the element of that run that element `first` is.
    pub run: u32,
    /// From one run to the next, in elements, low word first.
    pub stride: [u32; 2],
    /// A truncated normal's: the probabilities below `low` and above `limit`, scaled up by 2^`tail_shift`.
    pub tails: [f32; 2],
    /// A truncated normal's: the probability between the two, scaled up likewise, times 2^-33.
    pub width: f32,
    /// A truncated normal's least value.
    pub low: f32,
    /// A truncated normal's: words below twice this one make values below the mean.
    pub median: u32,
    /// A truncated normal's: the power of two that makes its tails ordinary numbers.
    pub tail_shift: u32,
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
        [$(Field { name: stringify!($name), wgsl: $wgsl, offset: std::mem::offset_of!(Params, $name) }),*]
    };
}

impl Params {
    /// The layout, for those who fill the uniform buffer without this crate.
    pub const FIELDS: [Field; 21] = fields! {
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
    };

    /// Marks, in `down`, a distribution whose values may be subnormal or zero.
    pub const CAREFUL: u32 = 0x100;

    /// What a fill says of values; where they go is zero.
    pub(crate) fn of_values(fill: &Fill) -> Self {
        let affine = Affine::new(fill.distribution.kind(), fill.dtype);
        Self {
            key: words(fill.seed),
            stream: words(fill.stream),
            scale: affine.scale,
            offset: affine.offset,
            limit: affine.limit,
            down: affine.down,
            low: affine.low,
            ..Tails::new(fill.distribution.kind()).into()
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

#[derive(Clone, Copy, Default)]
struct Affine {
    scale: f32,
    offset: f32,
    low: f32,
    limit: f32,
    down: u32,
}

impl Affine {
    fn new(kind: Kind, dtype: Dtype) -> Self {
        match kind {
            Kind::Bits => Self::default(),
            Kind::Constant { value } => {
                let offset = if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value };
                Self { offset, ..Self::default() }
            }
            Kind::Normal { mean, std } => {
                let everything = Self { limit: f32::INFINITY, ..Self::default() };
                Self { scale: std, offset: mean, ..everything }.scaled_up()
            }
            Kind::TruncatedNormal { mean, std, low, high } => {
                // Between subnormal bounds there is only the zero that stands for all of them.
                let nothing_else = low.abs().max(high.abs()) < f32::MIN_POSITIVE;
                let [low, high] = if nothing_else { [0.0; 2] } else { [low, high] };
                let limit = largest_up_to(dtype, high);
                // The least value from `low` on, unless the dtype has none between the two.
                let low = (-largest_up_to(dtype, -low)).min(limit) + 0.0;
                Self { scale: std, offset: mean, low, limit, down: 0 }.scaled_up()
            }
            Kind::Uniform { low, high } => {
                let limit =
                    if low < high { largest_below(dtype, high, next_below(high)) } else { low };
                let span = Self { scale: high - low, offset: low, low, limit, down: 0 }.scaled_up();
                Self { scale: span.scale * power_of_two(-24), ..span }
            }
        }
    }

    /// Keeps the arithmetic out of reach of the subnormal numbers; the careful kernels then round as
    /// binary32 rounds with them.
    ///
    /// The least |x| above zero is 2^-41 (a radius of 2^-17, a sine of 2^-24·π/4) or, for a uniform,
    /// 2^-24. From a scale of 2^-80 on no product is subnormal, and from an offset of 2^-100 on no sum is (it
    /// is a multiple of the offset's last bit). Below, all is scaled up by 2^96, unless the
    /// larger of the two is above 2^-16: beside that the other cannot be seen at all.
    fn scaled_up(self) -> Self {
        let Self { scale, offset, low, limit, .. } = self;
        let up = power_of_two(96);
        let tiny = |x: f32, bound: i32| x != 0.0 && x.abs() < power_of_two(bound);
        if scale == 0.0 && !tiny(offset, -100) {
            Self { down: Params::CAREFUL, ..self }
        } else if !tiny(scale, -80) && !tiny(offset, -100) && scale != 0.0 {
            self
        } else if scale.max(offset.abs()) < power_of_two(-16) {
            let [scale, offset, low, limit] = [scale, offset, low, limit].map(|x| x * up);
            Self { scale, offset, low, limit, down: Params::CAREFUL | 96 }
        } else if tiny(scale, -80) {
            Self { scale: 0.0, down: Params::CAREFUL, ..self }
        } else {
            // Seen only where x is 0.
            let offset = if offset.is_normal() { offset } else { 0.0 };
            Self { offset, down: Params::CAREFUL, ..self }
        }
    }
}

/// What a truncated normal leaves out, as the kernels take it.
struct Tails {
    below: f64,
    above: f64,
    width: f64,
    median: f64,
    shift: u32,
}

impl Tails {
    fn new(kind: Kind) -> Option<Self> {
        let Kind::TruncatedNormal { mean, std, low, high } = kind else { return None };
        // Without a deviation everything is the mean, which lies within the bounds.
        let sigmas = |x: f32, without: f64| {
            let distance = f64::from(x) - f64::from(mean);
            if std == 0.0 { without } else { distance / f64::from(std) }
        };
        // No truncation begins further out; what rounding to f32 made of a tiny deviation might.
        let low = sigmas(low, f64::NEG_INFINITY).min(MOST_SIGMAS + 1.0);
        let high = sigmas(high, f64::INFINITY).max(-MOST_SIGMAS - 1.0);
        // From the tail that both bounds lie in, where they do: differences of small numbers.
        let (below, above) = (upper_tail(-low), upper_tail(high));
        let (width, largest) = if low > 0.0 {
            (upper_tail(low) - above, upper_tail(low))
        } else if high < 0.0 {
            (upper_tail(-high) - below, upper_tail(-high))
        } else {
            (1.0 - above - below, 0.5)
        };
        // Far out, so that the largest is between a quarter and a half.
        let exponent = (largest.to_bits() >> 52) as u32;
        let shift = if largest < f64::from(power_of_two(-20)) { 1021 - exponent } else { 0 };
        let median = if low > 0.0 { 0.0 } else { ((0.5 - below) / width).clamp(0.0, 1.0) };
        Some(Self { below, above, width, median, shift })
    }
}

impl From<Option<Tails>> for Params {
    fn from(tails: Option<Tails>) -> Self {
        let Some(Tails { below, above, width, median, shift }) = tails else {
            return Self::zeroed();
        };
        let up = |x: f64| {
            // The half that is not used may be large, and nothing is subnormal.
            let scaled = (x * f64::from(power_of_two(shift as i32))).min(1.0) as f32;
            if scaled < power_of_two(-100) { 0.0 } else { scaled }
        };
        Self {
            tails: [up(below), up(above)],
            width: up(width) * power_of_two(-33),
            median: (median * f64::from(power_of_two(31))) as u32,
            tail_shift: shift,
            ..Self::zeroed()
        }
    }
}

/// The largest value of a dtype, among those of the contract, up to `high`.
fn largest_up_to(dtype: Dtype, high: f32) -> f32 {
    let high = if high.is_subnormal() { next_below(high) } else { high };
    largest_below(dtype, high.next_up(), high)
}

/// The next value below, among those of the contract: zero and the normal numbers.
fn next_below(value: f32) -> f32 {
    let below = value.next_down();
    if below.is_normal() {
        below
    } else if value > 0.0 {
        0.0
    } else {
        -f32::MIN_POSITIVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_below_skips_the_subnormal_numbers() {
        assert_eq!(next_below(1.0), 1.0 - power_of_two(-24));
        assert_eq!(next_below(f32::MIN_POSITIVE), 0.0);
        assert_eq!(next_below(0.0), -f32::MIN_POSITIVE);
        assert_eq!(next_below(-1.0), -1.0 - power_of_two(-23));
    }

    #[test]
    fn a_granule_may_begin_before_the_tensor() {
        let params = Params::zeroed().at_element(-3);
        assert_eq!((params.block, params.phase), ([u32::MAX; 2], 1));
        let params = Params::zeroed().at_element((1 << 34) + 5);
        assert_eq!((params.block, params.phase), ([1, 1], 1));
    }
}
