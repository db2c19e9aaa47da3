//! What the generator takes for 0: results below 2^-126.

use wgpu_weights::Kind;

use crate::truncated;

/// The least magnitude above zero that is drawn, in every dtype.
pub(crate) const LEAST: f64 = f32::MIN_POSITIVE as f64;

/// The part of the values from which on it is worth a note.
const MANY: f64 = 0.25;

/// What of a distribution is lost so, in words; none where it is none or little.
pub(super) fn lost(kind: Kind) -> Option<String> {
    let part = part(kind);
    if part < MANY {
        return None;
    }
    if let Kind::Constant { .. } = kind {
        return Some(format!("{kind} is below 2^-126: it becomes 0"));
    }
    let many = match part {
        ..0.5 => "many",
        ..1.0 => "most",
        _ => "all",
    };
    // They become 0, or a bound beyond which no 0 is allowed.
    Some(format!("{kind}: {many} values are below 2^-126 and are lost"))
}

/// The part of a distribution's values that are below, and not 0.
fn part(kind: Kind) -> f64 {
    let constant = |value: f32| f64::from(value != 0.0 && f64::from(value).abs() < LEAST);
    let normal = |mean: f32, std: f32, low: f32, high: f32| {
        if std == 0.0 {
            return constant(mean);
        }
        let [mean, std, low, high] = [mean, std, low, high].map(f64::from);
        let [from, to, low, high] =
            [low.max(-LEAST), high.min(LEAST), low, high].map(|it| (it - mean) / std);
        if from < to { truncated::mass(from, to) / truncated::mass(low, high) } else { 0.0 }
    };
    match kind {
        Kind::Constant { value } | Kind::Diagonal { value, .. } => constant(value),
        Kind::Uniform { low, high } if low == high => constant(low),
        Kind::Uniform { low, high } => {
            let [low, high] = [low, high].map(f64::from);
            (high.min(LEAST) - low.max(-LEAST)).max(0.0) / (high - low)
        }
        Kind::Normal { mean, std } | Kind::Sparse { mean, std, .. } => {
            normal(mean, std, f32::NEG_INFINITY, f32::INFINITY)
        }
        Kind::TruncatedNormal { mean, std, low, high } => normal(mean, std, low, high),
        Kind::Orthogonal { .. } | Kind::Arange { .. } | Kind::Formula(_) | Kind::Bits => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use wgpu_weights::{Distribution, Fill, cpu};

    use super::*;

    #[test]
    fn as_many_become_zero_as_is_said() {
        let truncated = Distribution::truncated_normal;
        for (distribution, expected) in [
            (Distribution::normal(0.0, 1e-38), 0.7602),
            (Distribution::normal(1e-38, 1e-38), 0.5549),
            (Distribution::normal(0.0, 1e-30), 0.0),
            (Distribution::normal(1e-40, 0.0), 1.0),
            (Distribution::uniform(1e-39, 2e-39), 1.0),
            (Distribution::uniform(0.0, 2e-38), 0.5877),
            (Distribution::uniform(-1.0, 1.0), 0.0),
            (Distribution::constant(-1e-40), 1.0),
            (truncated(0.0, 1e-38, -2e-38, 2e-38), 0.7965),
            (truncated(0.0, 1.0, 11.0, 12.0), 0.0),
        ] {
            let distribution = distribution.unwrap();
            let part = part(distribution.kind());
            assert!((part - expected).abs() < 1e-4, "{part} of {distribution:?}");
            let mut values = [1.0; 40_000];
            cpu::fill_f32(&Fill::new(distribution, [40_000]), &mut values).unwrap();
            let zeros = values.iter().filter(|&&value| value == 0.0).count() as f64 / 40_000.0;
            assert!((zeros - part).abs() < 0.015, "{zeros} of {distribution:?}");
        }
    }

    #[test]
    fn zero_itself_is_no_loss() {
        for it in [
            Kind::Constant { value: 0.0 },
            Kind::Normal { mean: 0.0, std: 0.0 },
            Kind::Uniform { low: 0.0, high: 0.0 },
            Kind::Normal { mean: 1.0, std: 1e-40 },
            Kind::TruncatedNormal { mean: 0.0, std: 0.0, low: 0.0, high: 1e-40 },
        ] {
            assert_eq!(lost(it), None);
        }
    }
}
