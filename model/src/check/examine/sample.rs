//! Some of a tensor's values, for who asks what made them.

use super::diagnosis::Found;

/// Some of a tensor's values and what they have together.
#[derive(Debug)]
pub(super) struct Sample {
    values: Vec<f64>,
    every: u64,
    n: u64,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Sample {
    pub(super) fn new(n: u64) -> Self {
        let every = (n >> 16).max(1);
        Self {
            values: Vec::new(),
            every,
            n: 0,
            sum: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }

    pub(super) fn add(&mut self, value: f64) {
        if self.n.is_multiple_of(self.every) && self.values.len() < 1 << 16 {
            self.values.push(value);
        }
        self.n += 1;
        self.sum += value;
        self.squares += value * value;
        // NaN stays and is told by what has no size.
        self.min = if value < self.min || value.is_nan() { value } else { self.min };
        self.max = self.max.max(value);
    }

    pub(super) fn found<'a>(&'a self, dtype: &'a str) -> Found<'a> {
        let n = self.n.max(1) as f64;
        let mean = self.sum / n;
        let std = (self.squares / n - mean * mean).max(0.0).sqrt();
        let Self { values, min, max, .. } = self;
        Found { dtype, n: self.n, mean, std, min: *min, max: *max, sample: values }
    }
}
