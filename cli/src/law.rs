//! What a file holds of a distribution, by the contract: values flushed, rounded, and within bounds.

use crate::{describe::Described, flushed::LEAST, narrow::Format};

/// From values to those that are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Law<'a> {
    /// The dtype.
    pub(crate) format: &'a Format,
    low: f64,
    high: f64,
}

impl<'a> Law<'a> {
    /// That of a distribution in a dtype.
    pub(crate) fn new(format: &'a Format, promised: &Described) -> Self {
        let (low, high) = match *promised {
            // `high` is not reached, whatever is rounded.
            Described::Uniform { low, high } if low < high => {
                (f64::NEG_INFINITY, format.below(high))
            }
            // Between subnormal bounds there is only the zero that stands for all of them.
            Described::TruncatedNormal { low, high, .. } if low.abs().max(high.abs()) < LEAST => {
                (0.0, 0.0)
            }
            Described::TruncatedNormal { low, high, .. } => {
                let high = format.up_to(high);
                ((-format.up_to(-low)).min(high), high)
            }
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Self { format, low, high }
    }

    /// What is stored of a value.
    pub(crate) fn stored(&self, value: f64) -> f64 {
        self.format.stored(value).max(self.low).min(self.high)
    }
}

#[cfg(test)]
mod tests {
    use wgpu_weights::{Distribution, Dtype, Fill, cpu};

    use super::*;
    use crate::dtype;

    /// The extremes that are drawn are those of the law, where both are drawn for certain.
    #[test]
    fn bounds_are_those_that_are_drawn() {
        for distribution in [
            Distribution::uniform(1.005, 1.006),
            Distribution::uniform(0.9, 1.2),
            Distribution::uniform(-3.1, -2.9),
            Distribution::uniform(-1e-38, 1e-38),
            Distribution::uniform(1e-39, 1.2e-38),
            Distribution::uniform(-2e-38, -1e-39),
            Distribution::uniform(5.0, 5.0),
            Distribution::uniform(-1e6, 1e6),
            Distribution::truncated_normal(0.0, 1.0, 0.9, 1.2),
            Distribution::truncated_normal(1.0, 1.0, 1.005, 1.006),
            Distribution::truncated_normal(-1.0, 1.0, -1.006, -1.005),
            Distribution::truncated_normal(0.0, 1.0, -1.01, -1e-45),
            Distribution::truncated_normal(0.0, 1e-38, -2e-38, 1e-38),
            Distribution::truncated_normal(0.0, 1e-38, 1e-45, 2e-38),
            Distribution::truncated_normal(0.0, 1e6, -1e6, 1e6),
        ] {
            let distribution = distribution.unwrap();
            let promised = Described::of(&distribution).unwrap();
            let [low, high] = match promised {
                Described::Uniform { low, high } => [low, high],
                Described::TruncatedNormal { low, high, .. } => [low, high],
                _ => unreachable!(),
            };
            for dtype in Dtype::FLOATS {
                let fill = Fill::new(distribution, [1 << 16]).with_dtype(dtype);
                let mut bytes = vec![0; fill.bytes().unwrap() as usize];
                cpu::fill(&fill, &mut bytes).unwrap();
                let (size, decode) = dtype::decoder(dtype.name()).unwrap();
                let values = bytes.chunks_exact(size).map(|bytes| decode(bytes).0);
                let found = values
                    .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
                        [low.min(value), high.max(value)]
                    });
                let format = Format::of(dtype.name()).unwrap();
                let law = Law::new(&format, &promised);
                let bounds = [low, high].map(|it| law.stored(it));
                // Near a bound there may be more values than are drawn here.
                let room = 1e-3 * (high - low);
                let near =
                    |(found, bound): (&f64, &f64)| found == bound || (found - bound).abs() <= room;
                let within = bounds[0] <= found[0] && found[1] <= bounds[1];
                let reached = found.iter().zip(&bounds).all(near);
                assert!(within && reached, "{promised:?} {dtype} {found:?} {bounds:?}");
            }
        }
    }
}
