//! What is likely wrong: the laws that the usual mistakes make, and which of them the values have.

use wgpu_weights::{Distribution, Fans, Kind, ParameterError};

use super::{chance, law::Law};
use crate::text;

/// What was found of values that are not as promised.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) dtype: &'a str,
    pub(super) n: u64,
    pub(super) mean: f64,
    /// About the mean.
    pub(super) std: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// Some of the values.
    pub(super) sample: &'a [f64],
}

/// What is known of the parameter and its model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) promised: Distribution,
    /// Its fans, else those of its shape; of a bias those of the weight beside it.
    pub(super) fans: Option<Fans>,
    /// Whether its scale came from them.
    pub(super) of_fans: bool,
    /// Layers of the model, and which of them this is of, from 0 on.
    pub(super) layers: u64,
    pub(super) layer: Option<u64>,
}

/// Values beyond these are no weights.
const NO_WEIGHT: f64 = 1e8;

/// Standard errors by which an explanation may fit worse than the best one and still be told.
const AS_WELL: f64 = 0.5;
/// Explanations that are told.
const EXPLANATIONS: usize = 3;

/// What is likely wrong, in words; none where no usual mistake makes such values.
pub(super) fn likely(found: &Found<'_>, context: &Context) -> Option<String> {
    // A NaN is no number either.
    let weights = found.min.abs() < NO_WEIGHT && found.max.abs() < NO_WEIGHT;
    if found.n == 0 || !weights {
        return Some("memory that was never written".into());
    }
    if found.min == found.max {
        return Some(one_value(found.min, context.promised.kind()));
    }
    let law = Law::of(context.promised.kind(), found.dtype);
    if let Some(said) = law.as_ref().and_then(|law| of_few(found, law)) {
        return Some(said);
    }
    let mut sorted = found.sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut fitting: Vec<(f64, String)> = Vec::new();
    for (law, said) in mistakes(context) {
        let Ok(law) = law else { continue };
        let Some(law) = Law::of(law.kind(), found.dtype) else { continue };
        let Some(score) = fits(found, &sorted, &law) else { continue };
        fitting.push((score, said));
    }
    // Those that explain it as well as the best does, in the order in which they are usual.
    let best = fitting.iter().map(|it| it.0).fold(f64::NEG_INFINITY, f64::max);
    fitting.retain(|(score, _)| *score > best - AS_WELL);
    fitting.truncate(EXPLANATIONS);
    let said = fitting.into_iter().map(|(_, said)| said).collect::<Vec<_>>().join("; or ");
    let said = Some(said).filter(|said| !said.is_empty());
    // About the promised mean, as the tests have it.
    let ratio = law.map(|law| found.std.hypot(found.mean - law.mean) / law.std);
    // What a ratio may be by chance is none to tell of.
    let chance = 5.0 / (2.0 * found.n as f64).sqrt();
    match (said, ratio) {
        (Some(said), Some(ratio)) if (ratio - 1.0).abs() > chance => {
            Some(format!("std is {} of the promised: {said}", text::number_of(ratio, 4)))
        }
        (Some(said), _) => Some(said),
        (None, Some(ratio)) if (ratio - 1.0).abs() > chance => {
            Some(format!("std is {} of the promised", text::number_of(ratio, 4)))
        }
        _ => None,
    }
}

/// All elements are this.
fn one_value(value: f64, promised: Kind) -> String {
    match (value, promised) {
        (1.0, Kind::Constant { value: 0.0 }) => {
            "1 where the layer computes 1 + weight, as of a norm that multiplies by the weight alone".into()
        }
        (0.0, Kind::Constant { value: 1.0 }) => {
            "0 where the layer multiplies by the weight, as of a norm that computes 1 + weight; or never initialised".into()
        }
        (0.0, _) => "all 0: never initialised, or zeroed".into(),
        _ => format!("the constant {} instead of a draw", text::number(value)),
    }
}

/// What a few values alone tell: some that are far away, or none below the mean.
fn of_few(found: &Found<'_>, law: &Law) -> Option<String> {
    /// Deviations that no draw reaches.
    const FAR: f64 = 8.0;
    // Of values that are all larger than promised none is far from the others.
    let z = |value: f64| (value - law.mean).abs() / law.std.max(found.std);
    let farthest = if z(found.min) > z(found.max) { found.min } else { found.max };
    let among = found.sample.iter().filter(|it| z(**it) > FAR).count();
    if z(farthest) > FAR && 100 * among < found.sample.len() {
        let [value, far] = [farthest, z(farthest)].map(|it| text::number_of(it, 3));
        return Some(format!(
            "single values far away, the farthest {value}, {far} deviations from the mean: changed after the draw, or trained"
        ));
    }
    let of_both_signs = law.below(0.0) > 0.01 && law.below(0.0) < 0.99;
    (of_both_signs && found.min >= 0.0 && found.max > 0.0 && found.mean > 0.7 * law.std)
        .then(|| "no value is negative: absolute values".into())
}

/// How well the values go with a law; none where chance would have to be blamed for too much.
fn fits(found: &Found<'_>, sorted: &[f64], law: &Law) -> Option<f64> {
    /// ln 10^-6.
    const LEAST: f64 = -13.8;
    let m = sorted.len() as f64;
    let apart = sorted
        .iter()
        .enumerate()
        .step_by((sorted.len() / 2048).max(1))
        .map(|(at, value)| (law.below(*value) - (at as f64 + 0.5) / m).abs());
    let apart = apart.fold(0.0, f64::max);
    let shape = chance::distance(sorted.len() as u64, apart - 0.5 / m, law.slack + 1e-3);
    let inside = law.bounds().is_none_or(|[low, high]| low <= found.min && found.max <= high);
    // The cheap ones first: most mistakes are not this one.
    if shape < LEAST || !inside {
        return None;
    }
    let z = |value: f64| (value - law.mean) / law.std;
    let points: Vec<(f64, f64)> =
        law.points().iter().map(|(value, weight)| (z(*value), *weight)).collect();
    let squares = (found.std / law.std).powi(2) + z(found.mean).powi(2);
    let scale = chance::mean(&points, found.n, |z| z * z, squares);
    let mean = chance::mean(&points, found.n, |z| z, z(found.mean));
    let least = shape.min(scale).min(mean);
    // Among those that fit, the one whose scale is nearest in standard errors.
    let errors = (squares - 1.0).abs() * (found.n as f64).sqrt();
    (least > LEAST).then_some(-errors)
}

type Mistake = (Result<Distribution, ParameterError>, String);

/// The laws that the usual mistakes make of the one promised, each with what it is called. Where two make the same
/// values, the first is told.
fn mistakes(context: &Context) -> Vec<Mistake> {
    let kind = context.promised.kind();
    let mut mistakes: Vec<Mistake> = Vec::new();
    let mut add = |law, said: &str| mistakes.push((law, said.to_owned()));
    let deviation = match kind {
        Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
            Some((f64::from(mean), f64::from(std)))
        }
        Kind::TruncatedNormal { mean, .. } => {
            context.promised.std().map(|std| (f64::from(mean), std))
        }
        Kind::Uniform { low, high } => {
            let [low, high] = [low, high].map(f64::from);
            Some((0.5 * (low + high), (high - low) / 12f64.sqrt()))
        }
        _ => None,
    };
    if let Kind::TruncatedNormal { mean, std, low, high } = kind {
        let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
        let sigmas = 0.5 * (high - low) / std;
        if sigmas < 6.0 {
            let bound = text::number_of(sigmas, 3);
            add(
                Distribution::normal(mean, std),
                &format!("cut at ±{bound} absolute instead of {bound} sigma, which cuts nothing"),
            );
            if let Some(after) = context.promised.std() {
                let part = after / std;
                add(
                    Distribution::truncated_normal(
                        mean,
                        after,
                        mean - sigmas * after,
                        mean + sigmas * after,
                    ),
                    &format!(
                        "the std before the cut is what it is to be after it: not divided by {}",
                        text::number_of(part, 5)
                    ),
                );
                add(
                    Distribution::truncated_normal(
                        mean,
                        std / part,
                        mean - sigmas * std / part,
                        mean + sigmas * std / part,
                    ),
                    &format!(
                        "the std is that after the cut: divided by {}",
                        text::number_of(part, 5)
                    ),
                );
            }
        } else {
            add(
                Distribution::truncated_normal(mean, std, mean - 2.0 * std, mean + 2.0 * std),
                "cut at 2 sigma instead of absolute bounds",
            );
        }
    }
    if let Some((_, std)) = deviation {
        for (factor, said) in factors(context, std) {
            add(scaled(kind, factor), &said);
        }
    }
    if let Some((mean, std)) = deviation {
        let half = 3f64.sqrt() * std;
        let cut = std / 0.879_625_661_034_239_8;
        match kind {
            Kind::Uniform { .. } => {
                add(Distribution::normal(mean, std), "normal instead of uniform");
                add(
                    Distribution::uniform(mean - std, mean + std),
                    "the std taken for the bound: √3 missing",
                );
                add(
                    Distribution::uniform(mean, mean + half),
                    "[0, bound) instead of [-bound, bound)",
                );
                add(Distribution::uniform(0.0, 1.0), "[0, 1): torch.rand, not scaled");
            }
            _ => {
                add(Distribution::uniform(mean - half, mean + half), "uniform instead of normal");
                add(
                    Distribution::uniform(mean - std, mean + std),
                    "uniform within the std instead of normal",
                );
                add(Distribution::uniform(0.0, 1.0), "[0, 1): torch.rand, not scaled");
            }
        }
        if let Kind::Normal { .. } = kind {
            add(
                Distribution::truncated_normal(mean, std, mean - 2.0 * std, mean + 2.0 * std),
                "cut at 2 sigma where nothing was to be cut",
            );
            add(
                Distribution::truncated_normal(mean, cut, mean - 2.0 * cut, mean + 2.0 * cut),
                "cut at 2 sigma and corrected, where nothing was to be cut",
            );
        }
    }
    if let Some(Fans { fan_in, fan_out }) = context.fans {
        let [fan_in, fan_out] = [fan_in, fan_out].map(|it| it.max(1) as f64);
        let bound = 1.0 / fan_in.sqrt();
        add(
            Distribution::uniform(-bound, bound),
            "torch's own default for Linear and Conv, ±1/√fan_in: never initialised by the model",
        );
        add(Distribution::normal(0.0, bound), "1/√fan_in, LeCun's");
        add(Distribution::normal(0.0, (2.0 / fan_in).sqrt()), "√(2/fan_in), Kaiming's");
        add(
            Distribution::normal(0.0, (2.0 / (fan_in + fan_out)).sqrt()),
            "√(2/(fan_in + fan_out)), Xavier's",
        );
        let xavier = (6.0 / (fan_in + fan_out)).sqrt();
        add(Distribution::uniform(-xavier, xavier), "±√(6/(fan_in + fan_out)), Xavier's");
    }
    add(
        Distribution::normal(0.0, 0.02),
        "0.02, the usual default, instead of what the configuration says",
    );
    add(
        Distribution::normal(0.0, 1.0),
        "torch's own default for Embedding, std 1: never initialised by the model",
    );
    mistakes
}

/// The law with its scale multiplied, about its mean.
fn scaled(kind: Kind, factor: f64) -> Result<Distribution, ParameterError> {
    match kind {
        Kind::Uniform { low, high } => {
            let [low, high] = [low, high].map(f64::from);
            let (mean, half) = (0.5 * (low + high), 0.5 * factor * (high - low));
            Distribution::uniform(mean - half, mean + half)
        }
        Kind::TruncatedNormal { mean, std, low, high } => {
            let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
            // Bounds that cut nothing are absolute and stay.
            let [low, high] = match high - low > 12.0 * std {
                true => [low, high],
                false => [low, high].map(|it| mean + factor * (it - mean)),
            };
            Distribution::truncated_normal(mean, factor * std, low, high)
        }
        Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
            Distribution::normal(mean.into(), factor * f64::from(std))
        }
        _ => Distribution::constant(0.0),
    }
}

/// Factors by which scales are wrong, and why.
fn factors(context: &Context, std: f64) -> Vec<(f64, String)> {
    let mut factors = Vec::new();
    // A factor of 1 is no mistake.
    let mut add = |factor: f64, said: String| {
        if (factor - 1.0).abs() > 1e-3 {
            factors.push((factor, said));
        }
    };
    let root = 2f64.sqrt();
    add(root, "√2 too large: a gain, as ReLU's, L for 2L, or the fans of one of 2 shards".into());
    add(1.0 / root, "√2 too small: a gain missing, or fans of twice the size".into());
    let depth = context.layers as f64;
    if depth >= 1.0 {
        let all = context.layers;
        add((2.0 * depth).sqrt(), format!("1/√(2L) missing, L = {all}"));
        add(1.0 / (2.0 * depth).sqrt(), format!("1/√(2L) too much, L = {all}"));
        add(depth.sqrt(), format!("1/√L missing, L = {all}"));
        add(1.0 / depth.sqrt(), format!("1/√L too much, L = {all}"));
        if let Some(layer) = context.layer {
            let of_layer = 2.0 * (layer as f64 + 1.0);
            let at = layer + 1;
            add(
                (2.0 * depth / of_layer).sqrt(),
                format!("1/√(2l) by the layer's own depth, l = {at}, instead of 1/√(2L)"),
            );
            add(
                (of_layer / (2.0 * depth)).sqrt(),
                format!("1/√(2L) instead of the layer's own depth, l = {at}"),
            );
            add(1.0 / of_layer.sqrt(), format!("1/√(2l) too much, l = {at}"));
        }
    }
    if let (Some(Fans { fan_in, fan_out }), true) = (context.fans, context.of_fans) {
        let [fan_in, fan_out] = [fan_in, fan_out].map(|it| it.max(1) as f64);
        if fan_in != fan_out {
            let exchanged = "fan_in and fan_out exchanged";
            add((fan_in / fan_out).sqrt(), exchanged.into());
            add((fan_out / fan_in).sqrt(), exchanged.into());
            add(
                (2.0 * fan_in / (fan_in + fan_out)).sqrt(),
                "the mean of both fans instead of fan_in".into(),
            );
            add(
                ((fan_in + fan_out) / (2.0 * fan_in)).sqrt(),
                "fan_in instead of the mean of both fans".into(),
            );
        }
        for shards in [3u32, 4, 8, 16, 32, 64] {
            add(
                f64::from(shards).sqrt(),
                format!("fans of the shard, one of {shards}, not of the whole"),
            );
            let said = format!("fans of all {shards} together, stacked or fused, not of each");
            add(1.0 / f64::from(shards).sqrt(), said);
        }
        // Laws of both fans: Xavier's, whatever the gain.
        let gain = std * std * (fan_in + fan_out) / 2.0;
        let both =
            [1.0, 2.0, 0.5, 1.0 / 3.0, 25.0 / 9.0].iter().any(|it| (gain / it - 1.0).abs() < 1e-3);
        for slices in [2u32, 3, 4, 8].into_iter().filter(|_| both) {
            let (all, each) = (fan_in + fan_out, f64::from(slices));
            let said = |which| format!("{which} of one of {slices} slices, not of the whole");
            add((all / (fan_in + fan_out / each)).sqrt(), said("fan_out"));
            add((all / (fan_in / each + fan_out)).sqrt(), said("fan_in"));
        }
    }
    add(std, "the variance taken for the std, or the std twice".into());
    add(1.0 / std.sqrt(), "the std taken for the variance: its root drawn".into());
    add(2.0, "twice as large".into());
    add(0.5, "half as large".into());
    add(0.1, "a tenth".into());
    add(10.0, "ten times as large".into());
    factors
}

#[cfg(test)]
mod tests {
    use wgpu_weights::{Fill, cpu};

    use super::*;

    fn said(drawn: Distribution, context: Context) -> String {
        let mut values = vec![0f32; 1 << 14];
        cpu::fill_f32(&Fill::new(drawn, [1 << 14]).with_seed(3), &mut values).unwrap();
        let sample: Vec<f64> = values.iter().map(|it| f64::from(*it)).collect();
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let std = (sample.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / n).sqrt();
        let min = sample.iter().copied().fold(f64::INFINITY, f64::min);
        let max = sample.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let found = Found { dtype: "F32", n: n as u64, mean, std, min, max, sample: &sample };
        likely(&found, &context).unwrap_or_default()
    }

    #[test]
    fn mistakes_are_named() {
        let normal = |std| Distribution::normal(0.0, std).unwrap();
        let uniform = |bound: f64| Distribution::uniform(-bound, bound).unwrap();
        let cut =
            |std: f64| Distribution::truncated_normal(0.0, std, -2.0 * std, 2.0 * std).unwrap();
        let fans = Some(Fans { fan_in: 128, fan_out: 512 });
        let context =
            |promised| Context { promised, fans, of_fans: true, layers: 4, layer: Some(1) };
        for (promised, drawn, words) in [
            (cut(0.02), normal(0.02), "cut at ±2 absolute instead of 2 sigma"),
            (normal(0.02), normal(0.02 * 2f64.sqrt()), "√2 too large"),
            (normal(0.02 / 8f64.sqrt()), normal(0.02), "1/√(2L) missing, L = 4"),
            (normal(0.1), normal(0.05), "fan_in and fan_out exchanged"),
            (normal(0.1), uniform(0.1 * 3f64.sqrt()), "uniform instead of normal"),
            (uniform(0.1), normal(0.1 / 3f64.sqrt()), "normal instead of uniform"),
            (uniform(0.1), uniform(0.1 / 3f64.sqrt()), "√3 missing"),
            (normal(0.3), uniform(1.0 / 128f64.sqrt()), "torch's own default for Linear"),
            (normal(0.3), normal(1.0), "torch's own default for Embedding"),
            (normal(0.3), normal(0.09), "variance taken for the std"),
            (normal(0.1), normal(0.1 * 4.0), "one of 16"),
        ] {
            let said = said(drawn, context(promised));
            assert!(said.contains(words), "{drawn} for {promised}: {said}");
        }
        assert_eq!(said(normal(0.02), context(normal(0.0123))).split(": ").count(), 2);
        assert_eq!(said(normal(0.0137), context(normal(0.0123))), "std is 1.112 of the promised");
    }
}
