//! What a file holds of a distribution, by the contract: values flushed, rounded, and within bounds.

use wgpu_weights::{FloatFormat, Kind};

use crate::narrowing::flushed::LEAST;

/// From values to those that are stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// The dtype's format.
    pub(super) format: FloatFormat,
    low: f64,
    high: f64,
}

impl Stored {
    /// What is stored of a distribution in a dtype.
    pub(super) fn new(format: FloatFormat, promised: Kind) -> Self {
        let (low, high) = match promised {
            // `high` is not reached and nothing is below `low`, whatever is rounded.
            Kind::Uniform { low, high } if low < high => {
                let high = format.below(high.into());
                ((-format.up_to(f64::from(-low))).min(high), high)
            }
            // Between subnormal bounds there is only the zero that stands for all of them.
            Kind::TruncatedNormal { low, high, .. }
                if f64::from(low.abs().max(high.abs())) < LEAST =>
            {
                (0.0, 0.0)
            }
            Kind::TruncatedNormal { low, high, .. } => {
                let high = format.up_to(high.into());
                ((-format.up_to(f64::from(-low))).min(high), high)
            }
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Self { format, low, high }
    }

    /// What is stored of a value.
    pub(super) fn stored(&self, value: f64) -> f64 {
        self.format.stored(value).max(self.low).min(self.high)
    }
}

#[cfg(test)]
mod tests {
    use wgpu_weights::{Distribution, Dtype, Fill, cpu};

    use super::*;
    use crate::safetensors::dtype::Decoder;

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
            let promised = distribution.kind();
            let [low, high] = match promised {
                Kind::Uniform { low, high } => [low, high].map(f64::from),
                Kind::TruncatedNormal { low, high, .. } => [low, high].map(f64::from),
                _ => unreachable!(),
            };
            for &dtype in Dtype::FLOATS {
                let fill = Fill::new(distribution, [1 << 16]).with_dtype(dtype);
                let mut bytes = vec![0; fill.bytes().unwrap() as usize];
                cpu::fill(&fill, &mut bytes).unwrap();
                let decoder = Decoder::of(dtype.name()).unwrap();
                let values = bytes.chunks_exact(decoder.size).map(|it| decoder.decode(it).0);
                let found = values
                    .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
                        [low.min(value), high.max(value)]
                    });
                let law = Stored::new(dtype.float_format().unwrap(), promised);
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
