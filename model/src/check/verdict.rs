//! Whether a tensor is what it was promised to be.

use wgpu_weights::{Dtype, Kind};

use super::{histogram::range, stored::Stored};
use crate::{narrowing::flushed::LEAST, text, truncated};

/// What was measured of a tensor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    /// Its dtype, by safetensors' name.
    pub(crate) dtype: &'a str,
    /// Its elements.
    pub(crate) n: u64,
    /// Those that are infinite.
    pub(crate) infinite: u64,
    /// Those that are NaN.
    pub(crate) nan: u64,
    /// Mean, standard deviation, lowest and highest of the others, if there are any.
    pub(crate) moments: Option<[f64; 4]>,
}

/// Moments of a distribution once it is rounded to a dtype.
#[derive(Default)]
struct Expected {
    mean: f64,
    std: f64,
    /// The standard errors of mean and std, times the square root of the number of values.
    errors: [f64; 2],
    /// The part of the values that is infinite.
    infinite: f64,
    /// The part that is not beyond the dtype's largest value.
    within: f64,
    /// How far the generator may be off, other than by the rounding of f32.
    off: f64,
}

/// Points at which a distribution is looked at.
const POINTS: u32 = 1 << 16;
/// Standard errors that chance is given.
const ERRORS: f64 = 6.0;

/// Whether a tensor is as promised, where moments tell: of what has its place in the tensor they tell only what is wrong.
pub(super) fn judged(promised: Kind, wrong: bool) -> Option<bool> {
    let placed = matches!(
        promised,
        Kind::Diagonal { .. } | Kind::Arange { .. } | Kind::Orthogonal { .. } | Kind::Formula(_)
    );
    (wrong || !placed).then_some(!wrong)
}

/// What of a tensor is not as promised; none where nothing is.
pub(super) fn wrong(found: &Found<'_>, promised: Kind) -> Option<String> {
    if found.nan > 0 {
        return Some(format!("{} of {} values are NaN", found.nan, found.n));
    }
    let dtype: Option<Dtype> = found.dtype.parse().ok();
    // What is stored as F64 are the values of F32.
    let dtype = if dtype == Some(Dtype::F64) { Some(Dtype::F32) } else { dtype };
    let whole = dtype.and_then(Dtype::integers).is_some();
    let Some(format) = dtype.and_then(Dtype::float_format) else {
        return match promised {
            Kind::Bits if dtype == Some(Dtype::U32) => words(found),
            Kind::Constant { value } if whole => {
                let [.., low, high] = found.moments?;
                let other = if low == f64::from(value) { high } else { low };
                (other != f64::from(value)).then(|| format!("{other} instead of {value}"))
            }
            Kind::Formula(_) if whole => None,
            Kind::Diagonal { .. } | Kind::Arange { .. } if whole => between(found, range(promised)),
            _ => Some(format!("{} is not the dtype of {promised}", found.dtype)),
        };
    };
    let plain = text::number;
    let law = Stored::new(format, promised);
    match promised {
        Kind::Bits => Some(format!("bits are U32 and not {}", found.dtype)),
        Kind::Constant { value } => {
            let value = law.stored(value.into());
            let all = if value.is_finite() { 0 } else { found.n };
            if found.infinite != all {
                return infinite(found);
            }
            let [.., low, high] = found.moments?;
            let other = if low == value { high } else { low };
            (other != value).then(|| format!("{} instead of {}", plain(other), plain(value)))
        }
        Kind::Uniform { low, high } => {
            let [low, high] = [low, high].map(f64::from);
            if let Some(outside) = outside(found, &law, low, high) {
                return Some(format!("{outside} is outside of [{}, {})", plain(low), plain(high)));
            }
            let points = (0..POINTS)
                .map(|at| (low + (high - low) * (f64::from(at) + 0.5) / f64::from(POINTS), 1.0));
            statistics(found, &law, &expected(&law, points))
        }
        Kind::TruncatedNormal { mean, std, low, high } => {
            let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
            if let Some(outside) = outside(found, &law, low, high) {
                return Some(format!("{outside} is outside of [{}, {}]", plain(low), plain(high)));
            }
            let (from, to) = truncated::support(mean, 8.0 * std, low, high);
            let nearest = if std > 0.0 { (mean.clamp(low, high) - mean) / std } else { 0.0 };
            let points = (0..POINTS).map(|at| {
                let value = from + (to - from) * (f64::from(at) + 0.5) / f64::from(POINTS);
                let z = if std > 0.0 { (value - mean) / std } else { 0.0 };
                (value, (0.5 * (nearest * nearest - z * z)).exp())
            });
            // The contract's bound on a quantile, and what its polynomial keeps further out.
            let bound = if nearest.abs() < 5.0 { 2f64.powi(-18) } else { 2f64.powi(-14) };
            let off = std * bound * nearest.abs().max(1.0);
            statistics(found, &law, &Expected { off, ..expected(&law, points) })
        }
        Kind::Diagonal { .. } | Kind::Arange { .. } => {
            let (low, high) = range(promised);
            between(found, (law.stored(low), law.stored(high)))
        }
        Kind::Formula(_) => None,
        Kind::Orthogonal { gain, .. } => {
            let gain = law.stored(gain.into());
            between(found, (-gain, gain))
        }
        Kind::Normal { .. } | Kind::Sparse { .. } => {
            let (mean, std, kept) = match promised {
                Kind::Normal { mean, std } => (mean, std, 1.0),
                Kind::Sparse { mean, std, zeros } => (mean, std, zeros.kept()),
                _ => return None,
            };
            let [mean, std] = [mean, std].map(f64::from);
            // The points' weights sum to this, and zeros to what makes their share of it.
            let all = f64::from(POINTS) / 16.0 * std::f64::consts::TAU.sqrt();
            let zeros = (kept < 1.0).then_some((0.0, all * (1.0 - kept)));
            let points = (0..POINTS).map(move |at| {
                let z = 16.0 * (f64::from(at) + 0.5) / f64::from(POINTS) - 8.0;
                (mean + std * z, kept * (-0.5 * z * z).exp())
            });
            let points = points.chain(zeros);
            statistics(found, &law, &expected(&law, points))
        }
    }
}

/// What is below or above these, if anything is.
fn between(found: &Found<'_>, (low, high): (f64, f64)) -> Option<String> {
    let [.., min, max] = found.moments?;
    let outside = if min < low { Some(min) } else { (max > high).then_some(max) };
    let plain = text::number;
    outside.map(|it| format!("{} is outside of [{}, {}]", plain(it), plain(low), plain(high)))
}

/// The first of the smallest and the largest value that bounds, as stored, do not enclose.
fn outside(found: &Found<'_>, law: &Stored, low: f64, high: f64) -> Option<String> {
    let [.., min, max] = found.moments?;
    let lowest = if min < law.stored(low) { Some(min) } else { None };
    lowest.or((max > law.stored(high)).then_some(max)).map(text::number)
}

/// Values that are infinite and were not to be, or the reverse.
fn infinite(found: &Found<'_>) -> Option<String> {
    Some(format!("{} of {} values are infinite", found.infinite, found.n))
}

/// Uniform 32-bit words.
fn words(found: &Found<'_>) -> Option<String> {
    let [mean, std, ..] = found.moments?;
    let width = 2f64.powi(32);
    let expected_std = width / 12f64.sqrt();
    let root = (found.n as f64).sqrt();
    let tolerance = ERRORS * expected_std / root;
    differs("mean", mean, 0.5 * width, tolerance)
        .or_else(|| differs("std", std, expected_std, tolerance))
}

/// The moments of points with weights, each as it is stored.
fn expected(law: &Stored, points: impl Iterator<Item = (f64, f64)> + Clone) -> Expected {
    let stored = || points.clone().map(|(value, weight)| (law.stored(value), weight));
    let finite = || stored().filter(|(value, _)| value.is_finite());
    let all: f64 = stored().map(|(_, weight)| weight).sum();
    let total: f64 = finite().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return Expected { infinite: 1.0, ..Expected::default() };
    }
    let mean = finite().map(|(value, weight)| weight * value).sum::<f64>() / total;
    let moment = |power: i32| {
        finite().map(|(value, weight)| weight * (value - mean).powi(power)).sum::<f64>() / total
    };
    let (variance, fourth) = (moment(2), moment(4));
    let std = variance.sqrt();
    let of_std = if std > 0.0 { 0.5 * (fourth / variance - variance).max(0.0).sqrt() } else { 0.0 };
    let infinite = (1.0 - total / all).max(0.0);
    let inside = points.filter(|(value, _)| value.abs() <= law.format.largest());
    let within = inside.map(|(_, weight)| weight).sum::<f64>() / all;
    Expected { mean, std, errors: [std, of_std], infinite, within, off: 0.0 }
}

/// Mean and std against what is expected.
fn statistics(found: &Found<'_>, law: &Stored, expected: &Expected) -> Option<String> {
    let n = found.n as f64;
    let wanted = n * expected.infinite;
    let apart = ERRORS * (wanted * (1.0 - expected.infinite)).sqrt();
    let beyond = (found.infinite as f64 - wanted).abs() > apart + 10.0;
    if found.infinite > 0 && expected.infinite == 0.0 || beyond {
        return infinite(found);
    }
    if expected.within < 0.01 {
        // Hardly a point is left to tell of the values between the extremes.
        return None;
    }
    let [mean, std, ..] = found.moments?;
    // Of the values that are left.
    let n = n - found.infinite as f64;
    let root = n.sqrt();
    let [of_mean, of_std] = expected.errors;
    let scale = expected.mean.abs() + expected.std;
    // A few values more or less, where nearly all are stored as one; a bin of the points that lies
    // across a step; the sums' own rounding; and the generator's.
    let step = law.format.spacing(scale).max(LEAST);
    let few = (10.0 / n + 1e-3) * step + 1e-6 * scale + expected.off;
    let rounding = if found.dtype == "F32" { 0.0 } else { 0.02 * expected.std };
    let of_std = ERRORS * of_std / root + rounding + few;
    // About the mean that was promised: few values lie closer to their own.
    let about = std.hypot(mean - expected.mean);
    let far = (about - expected.std).abs() > of_std;
    differs("mean", mean, expected.mean, ERRORS * of_mean / root + few)
        .or_else(|| far.then(|| instead("std", std, expected.std)))
}

fn differs(what: &str, found: f64, expected: f64, tolerance: f64) -> Option<String> {
    // A sum's rounding is no number to be told.
    let expected = if expected.abs() < 1e-6 * tolerance { 0.0 } else { expected };
    let wrong = (found - expected).abs() > tolerance;
    wrong.then(|| instead(what, found, expected))
}

fn instead(what: &str, found: f64, expected: f64) -> String {
    format!("{what} {} instead of {}", text::number(found), text::number(expected))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};
    use wgpu_weights::{Distribution, Dtype, Fill, cpu};

    use super::*;
    use crate::safetensors::dtype::Decoder;

    fn verdict(dtype: &str, moments: [f64; 4], promised: Kind) -> String {
        let found = Found { dtype, n: 10_000, infinite: 0, nan: 0, moments: Some(moments) };
        wrong(&found, promised).unwrap_or_default()
    }

    #[test]
    fn six_standard_errors_and_no_more() {
        let normal = Kind::Normal { mean: 1.0, std: 2.0 };
        // Standard errors of 0.02 and 0.01414.
        assert_eq!(verdict("F32", [1.119, 2.08, -7.0, 8.0], normal), "");
        assert_eq!(verdict("F32", [1.121, 2.0, -7.0, 8.0], normal), "mean 1.121 instead of 1");
        assert_eq!(verdict("F32", [1.0, 2.086, -7.0, 8.0], normal), "std 2.086 instead of 2");
        assert_eq!(verdict("BF16", [1.0, 2.11, -7.0, 8.0], normal), "");
        let uniform = Kind::Uniform { low: 0.0, high: 1.0 };
        let std = 12f64.sqrt().recip();
        assert_eq!(verdict("F32", [0.5, std, 0.0, 0.9], uniform), "");
        // What would be rounded to 1 takes the value below.
        assert_eq!(verdict("F8_E4M3", [0.498, std, 0.0, 0.9375], uniform), "");
        assert_eq!(verdict("F8_E4M3", [0.5, std, 0.0, 1.0], uniform), "1 is outside of [0, 1)");
        assert_eq!(verdict("F32", [0.5, std, -0.1, 0.9], uniform), "-0.1 is outside of [0, 1)");
        assert!(verdict("F32", [0.52, std, 0.0, 0.9], uniform).starts_with("mean"));
        let truncated = Kind::TruncatedNormal { mean: 0.0, std: 1.0, low: -2.0, high: 2.0 };
        assert_eq!(verdict("F32", [0.0, 0.879_626, -2.0, 2.0], truncated), "");
        assert_eq!(
            verdict("F32", [0.0, 0.88, -2.0, 2.01], truncated),
            "2.01 is outside of [-2, 2]"
        );
        assert!(verdict("F32", [0.0, 1.0, -2.0, 2.0], truncated).starts_with("std"));
    }

    #[test]
    fn values_below_the_least_are_zero() {
        let normal = Kind::Normal { mean: 0.0, std: 1e-38 };
        // The deviation that is left, and the one that no flushed file has.
        for dtype in ["F32", "BF16"] {
            assert_eq!(verdict(dtype, [0.0, 8.425e-39, -4e-38, 4e-38], normal), "");
            let unflushed = verdict(dtype, [0.0, 1e-38, -4e-38, 4e-38], normal);
            assert!(unflushed.starts_with("std 1e-38 instead of 8.42"), "{unflushed}");
            let uniform = Kind::Uniform { low: 1e-39, high: 2e-39 };
            assert_eq!(verdict(dtype, [0.0; 4], uniform), "");
            let kept = [1.5e-39, 2.9e-40, 1e-39, 2e-39];
            assert_eq!(verdict(dtype, kept, uniform), "2e-39 is outside of [1e-39, 2e-39)");
        }
        let std = |std| Kind::Normal { mean: 0.0, std };
        assert_eq!(verdict("F32", [0.0; 4], std(1e-39)), "");
        assert!(verdict("F32", [0.0; 4], std(1e-37)).starts_with("std 0 instead of 9.99"));
        let constant = |value| Kind::Constant { value };
        assert_eq!(verdict("F32", [0.0; 4], constant(1e-40)), "");
        assert_eq!(verdict("F32", [1e-40; 4], constant(1e-40)), "1e-40 instead of 0");
        // A bound that is drawn itself.
        let least = f64::from(f32::MIN_POSITIVE);
        let truncated = Kind::TruncatedNormal { mean: 0.0, std: 1.0, low: 1e-45, high: 9.0 };
        assert_eq!(verdict("F32", [0.798, 0.603, least, 4.0], truncated), "");
        assert_eq!(
            verdict("F32", [0.798, 0.603, 0.0, 4.0], truncated),
            "0 is outside of [1.4013e-45, 9]"
        );
    }

    #[test]
    fn constants_are_compared_after_rounding() {
        let tenth = Kind::Constant { value: 0.1 };
        let in_e4m3 = 13.0 / 128.0;
        assert_eq!(verdict("F8_E4M3", [in_e4m3, 0.0, in_e4m3, in_e4m3], tenth), "");
        assert_eq!(verdict("F8_E4M3", [0.1, 0.1, 0.0, in_e4m3], tenth), "0 instead of 0.101562");
    }

    #[test]
    fn what_is_not_finite_must_have_been_promised() {
        let found = Found { dtype: "F16", n: 10, infinite: 1, nan: 0, moments: Some([0.0; 4]) };
        let normal = |std| Kind::Normal { mean: 0.0, std };
        assert!(wrong(&found, normal(1.0)).is_some_and(|it| it.contains("1 of 10")));
        let half = Found { n: 1000, infinite: 512, ..found };
        let said = wrong(&half, normal(1e5)).unwrap_or_default();
        assert!(!said.contains("infinite"), "{said}");
        let nan = Found { nan: 2, ..found };
        assert!(wrong(&nan, normal(1e5)).is_some_and(|it| it.contains("NaN")));
    }

    /// What is found of these values.
    fn found<'a>(dtype: &'a str, values: &[f64]) -> Found<'a> {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let (n, count) = (values.len() as u64, finite().count() as f64);
        let mean = finite().sum::<f64>() / count;
        let squares: f64 = finite().map(|value| (value - mean).powi(2)).sum();
        let min = finite().fold(f64::INFINITY, f64::min);
        let max = finite().fold(f64::NEG_INFINITY, f64::max);
        let moments = (count > 0.0).then_some([mean, (squares / count).sqrt(), min, max]);
        Found { dtype, n, infinite: n - count as u64, nan: 0, moments }
    }

    /// The same cases each time: chance has six standard errors, and no build fails by it.
    fn cases() -> ProptestConfig {
        ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(30) }
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn what_is_drawn_is_as_promised(
            kind in 0..3,
            power in -150..127i32,
            [mean, std, low] in [-1.0..1.0f64, 0.0..1.0f64, -9.0..9.0f64],
            width in 0.0..4.0f64,
            n in 1..5000u64,
            seed: u64,
        ) {
            let scale = 2f64.powi(power);
            let [mean, std, width] = [mean, std, width].map(|it| it * scale);
            let low = mean + std * low;
            let distribution = match kind {
                0 => Distribution::normal(if seed % 2 == 0 { 0.0 } else { mean }, std),
                1 => Distribution::uniform(mean, mean + std),
                _ => Distribution::truncated_normal(mean, std, low, low + width),
            };
            let Ok(distribution) = distribution else { return Ok(()) };
            let promised = distribution.kind();
            for &dtype in Dtype::FLOATS {
                let fill = Fill::new(distribution, [n]).with_seed(seed).with_dtype(dtype);
                let mut bytes = vec![0; fill.bytes().unwrap() as usize];
                cpu::fill(&fill, &mut bytes).unwrap();
                let decoder = Decoder::of(dtype.name()).unwrap();
                let values: Vec<f64> = bytes.chunks_exact(decoder.size).map(|it| decoder.decode(it).0).collect();
                let found = found(dtype.name(), &values);
                prop_assert_eq!(wrong(&found, promised), None, "{:?} {:?}", found, promised);
            }
        }
    }
}
