//! Correlation of two sequences at all lags up to 4096, by Fourier transforms.
//!
//! Two sequences of a window each; of the first only the middle takes part, so that each of its
//! values meets the second's at every lag. Products of transforms are summed over many windows
//! and transformed back once. Mean and variance are the law's, not estimated: r·√n is standard
//! normal at each lag.

use std::sync::Arc;

use rayon::prelude::*;
use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex64};

use super::law::Law;

/// The largest lag, either way.
pub(crate) const LAGS: usize = 4096;
const WINDOW: usize = 1 << 16;
/// Values of the first sequence that take part.
pub(crate) const MIDDLE: usize = WINDOW - 2 * LAGS;
/// Windows whose transforms one thread sums; groups are merged in order.
const GROUP: u64 = 64;

/// r·√n from lag -4096 to 4096.
pub(crate) struct Lags(Vec<f64>);

impl Lags {
    /// The one furthest from 0, from this lag on, and the number of lags there.
    pub(crate) fn worst(&self, from: i64) -> (i64, f64, u64) {
        let lags = (-(LAGS as i64)..).zip(self.0.iter().copied()).filter(|&(lag, _)| lag >= from);
        let worst = lags.clone().max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()));
        let (lag, z) = worst.expect("from is a lag");
        (lag, z, lags.count() as u64)
    }
}

struct Sums {
    transform: Arc<dyn RealToComplex<f64>>,
    sums: Vec<Complex64>,
}

impl Sums {
    fn add(&mut self, mut first: Vec<f64>, mut second: Vec<f64>) {
        first[..LAGS].fill(0.0);
        first[WINDOW - LAGS..].fill(0.0);
        let spectra = [&mut first, &mut second].map(|values| {
            let mut spectrum = self.transform.make_output_vec();
            self.transform.process(values, &mut spectrum).expect("the lengths are the plan's");
            spectrum
        });
        for (sum, (a, c)) in self.sums.iter_mut().zip(spectra[0].iter().zip(&spectra[1])) {
            *sum += a.conj() * c;
        }
    }
}

/// Of values, and of their squares. `draw` fills the two sequences of a window.
pub(crate) fn correlations(
    law: Law,
    windows: u64,
    draw: impl Fn(u64, &mut [f32], &mut [f32]) + Sync,
) -> [Lags; 2] {
    let mut planner = RealFftPlanner::new();
    let (transform, inverse) = (planner.plan_fft_forward(WINDOW), planner.plan_fft_inverse(WINDOW));
    let group = |at: u64| {
        let empty = || Sums { transform: transform.clone(), sums: transform.make_output_vec() };
        let mut sums = [empty(), empty()];
        let mut drawn = [vec![0.0; WINDOW], vec![0.0; WINDOW]];
        for window in at * GROUP..windows.min((at + 1) * GROUP) {
            let [first, second] = &mut drawn;
            draw(window, first, second);
            let standard = |values: &[f32]| values.iter().map(|&x| law.standardised(x)).collect();
            let values: [Vec<f64>; 2] = [standard(first), standard(second)];
            let square =
                |values: &Vec<f64>| values.iter().map(|&x| law.standardised_square(x)).collect();
            let [first, second] = [square(&values[0]), square(&values[1])];
            sums[1].add(first, second);
            let [first, second] = values;
            sums[0].add(first, second);
        }
        sums.map(|it| it.sums)
    };
    let groups: Vec<[Vec<Complex64>; 2]> =
        (0..windows.div_ceil(GROUP)).into_par_iter().map(group).collect();
    [0, 1].map(|which| {
        let mut total = transform.make_output_vec();
        for group in &groups {
            total.iter_mut().zip(&group[which]).for_each(|(sum, more)| *sum += more);
        }
        let mut lags = inverse.make_output_vec();
        // Of a real sequence: what rounding left at the two ends goes.
        (total[0].im, total[WINDOW / 2].im) = (0.0, 0.0);
        inverse.process(&mut total, &mut lags).expect("the lengths are the plan's");
        let scale = WINDOW as f64 * (windows as f64 * MIDDLE as f64).sqrt();
        lags.rotate_right(LAGS);
        Lags(lags[..=2 * LAGS].iter().map(|sum| sum / scale).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_are_sums_of_products() {
        let value =
            |window: u64, at: usize| ((at as f32 + 1.0) * (window as f32 + 1.3)).sin() * 1.4;
        let second = |window: u64, at: usize| value(window, at).cos();
        let found = correlations(Law::Normal, 3, |window, a, c| {
            a.iter_mut().enumerate().for_each(|(at, x)| *x = value(window, at));
            c.iter_mut().enumerate().for_each(|(at, x)| *x = second(window, at));
        });
        for (which, square) in [false, true].into_iter().enumerate() {
            let seen = |x: f32| match square {
                false => f64::from(x),
                true => Law::Normal.standardised_square(f64::from(x)),
            };
            for lag in [-4096i64, -1, 0, 7, 4096] {
                let product = |window, at: usize| {
                    let other = (at as i64 + lag) as usize;
                    seen(value(window, at)) * seen(second(window, other))
                };
                let sum = |window| (LAGS..WINDOW - LAGS).map(move |at| product(window, at));
                let sum: f64 = (0..3).flat_map(sum).sum();
                let expected = sum / (3.0 * MIDDLE as f64).sqrt();
                let found = found[which].0[(lag + LAGS as i64) as usize];
                assert!((found - expected).abs() < 1e-9, "{lag}: {found}, {expected}");
            }
        }
    }
}
