//! How likely a deviation is by chance: bounds that hold for any number of values, small ones too, as natural logarithms.
//!
//! Each is Chernoff's bound `P(mean of f >= x) <= exp(-n·sup(t·x - ln E exp(t·f)))`, which is above the exact probability by a factor
//! of a few: what it calls impossible is. Twice that is the bound on both sides.

use std::f64::consts::LN_2;

/// Points that stand for a distribution: values and weights.
pub(super) type Points = [(f64, f64)];

/// `k` of `n` values where each is one with probability `p`, or one that is `slack` off at most.
///
/// Source: Hoeffding, "Probability inequalities for sums of bounded random variables" (1963), theorem 1.
pub(super) fn binomial(n: u64, k: u64, p: f64, slack: f64) -> f64 {
    let (n, found) = (n as f64, k as f64 / n as f64);
    let p = found.clamp(p - slack, p + slack).clamp(0.0, 1.0);
    let part = |found: f64, p: f64| match () {
        () if found <= 0.0 => 0.0,
        () if p <= 0.0 => f64::INFINITY,
        () => found * (found / p).ln(),
    };
    (LN_2 - n * (part(found, p) + part(1.0 - found, 1.0 - p))).min(0.0)
}

/// The largest distance between the distribution function found of `n` values and the true one, but for `slack`.
///
/// Source: Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality" (1990).
pub(super) fn distance(n: u64, found: f64, slack: f64) -> f64 {
    let apart = (found - slack).max(0.0);
    (LN_2 - 2.0 * n as f64 * apart * apart).min(0.0)
}

/// The same between two samples: both are as far from the true one at most as this allows.
pub(super) fn distance_of_two(n: u64, m: u64, found: f64) -> f64 {
    // Where the distance is shared so that both bounds are equal.
    let [n, m] = [n, m].map(|it| (it as f64).sqrt());
    let apart = found * n * m / (n + m);
    (2.0 * LN_2 - 2.0 * apart * apart).min(0.0)
}

/// A mean of `n` values of `f`, which has this mean over the points.
pub(super) fn mean(points: &Points, n: u64, f: impl Fn(f64) -> f64, found: f64) -> f64 {
    let values: Vec<(f64, f64)> =
        points.iter().map(|(value, weight)| (f(*value), *weight)).collect();
    let total: f64 = values.iter().map(|it| it.1).sum();
    let mean = values.iter().map(|(value, weight)| value * weight).sum::<f64>() / total;
    let spread =
        values.iter().map(|(value, weight)| weight * (value - mean).powi(2)).sum::<f64>() / total;
    let (spread, apart) = (spread.sqrt(), found - mean);
    if spread <= 0.0 || !found.is_finite() {
        return if (apart.abs() <= 1e-9 * mean.abs()) && found.is_finite() {
            0.0
        } else {
            f64::NEG_INFINITY
        };
    }
    // In units of the spread and towards the side that it is off to, so that t and x are positive.
    let sign = apart.signum();
    let values = || {
        values.iter().map(move |(value, weight)| (sign * (value - mean) / spread, weight / total))
    };
    let (x, n) = (apart.abs() / spread, n as f64);
    if x * n.sqrt() < 3.0 {
        return 0.0;
    }
    let most = values().map(|it| it.0).fold(f64::NEG_INFINITY, f64::max);
    if x > most * (1.0 + 1e-9) {
        return f64::NEG_INFINITY;
    }
    // ln E exp(t·y) and its derivative, whose zero at x is sought: it grows with t.
    let generating = |t: f64| {
        let (sum, slope) = values().fold((0.0, 0.0), |(sum, slope), (value, weight)| {
            let term = weight * (t * (value - most)).exp();
            (sum + term, slope + term * value)
        });
        (sum.ln() + t * most, slope / sum)
    };
    let (mut low, mut high) = (0.0, x.max(1e-3));
    for _ in 0..60 {
        if generating(high).1 >= x {
            break;
        }
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if generating(middle).1 < x { low = middle } else { high = middle }
    }
    // Any t gives a bound.
    (LN_2 - n * (low * x - generating(low).0)).min(0.0)
}

/// A sum of `k` squares of standard normals, or of what has lighter tails, that is this or larger.
pub(super) fn squares(k: u64, found: f64) -> f64 {
    let k = k as f64;
    if found <= k { 0.0 } else { -0.5 * (found - k - k * (found / k).ln()) }
}

/// A mean of `n` products of two independent standard normals, or of what has lighter tails.
pub(super) fn products(n: u64, found: f64) -> f64 {
    let x = found.abs();
    if x <= 0.0 {
        return 0.0;
    }
    // The t where the derivative of -ln(1 - t²)/2, t/(1 - t²), is x.
    let t = ((1.0 + 4.0 * x * x).sqrt() - 1.0) / (2.0 * x);
    (LN_2 - n as f64 * (t * x + 0.5 * (1.0 - t * t).ln())).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal() -> Vec<(f64, f64)> {
        (-4000..=4000).map(|at| f64::from(at) / 500.0).map(|z| (z, (-0.5 * z * z).exp())).collect()
    }

    /// The bounds lie above the exact probabilities and not far above.
    #[test]
    fn bounds_are_above_and_near() {
        // A mean of 100 normals at 6 standard errors: 2·Q(6) is 1.97e-9.
        let bound = mean(&normal(), 100, |z| z, 0.6).exp();
        assert!((1.97e-9..4e-8).contains(&bound), "{bound}");
        // Mean of 10 squares, 5: chi squared of 10 above 50 is 2.7e-7.
        let bound = mean(&normal(), 10, |z| z * z, 5.0).exp();
        assert!((2.7e-7..2e-5).contains(&bound), "{bound}");
        let one_sided = squares(10, 50.0).exp();
        assert!((2.7e-7..1e-5).contains(&one_sided), "{one_sided}");
        // None of 300 where each is one of 20: 0.95^300 is 2.07e-7.
        let bound = binomial(300, 0, 0.05, 0.0).exp();
        assert!((2.07e-7..5e-7).contains(&bound), "{bound}");
        // Six of 1000 where 50 are expected; exactly 1.5e-14.
        assert!((1e-14..2e-12).contains(&binomial(1000, 6, 0.05, 0.0).exp()));
        // Their mean of 10 000 products: a normal of deviation 0.01.
        let bound = products(10_000, -0.06).exp();
        assert!((1.97e-9..4e-8).contains(&bound), "{bound}");
    }

    #[test]
    fn what_is_likely_is_not_called_rare() {
        assert_eq!(mean(&normal(), 100, |z| z, 0.1), 0.0);
        assert_eq!(binomial(100, 50, 0.5, 0.0), 0.0);
        assert_eq!(binomial(100, 52, 0.5, 0.02), 0.0);
        assert_eq!(distance(100, 0.05, 0.0), 0.0);
        assert_eq!(squares(10, 9.0), 0.0);
        assert_eq!(products(100, 0.0), 0.0);
        // Impossible: above the largest point.
        assert_eq!(mean(&normal(), 100, |z| z, 9.0), f64::NEG_INFINITY);
    }
}
