//! What the sliders say, and the weight that it means.

use wgpu_weights::{Distribution, Error, Fill};

/// The weight, [in, out]: a row of the heat map each row.
pub const SHAPE: [u64; 2] = [64, 96];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    Normal,
    Uniform,
    Truncated,
}

impl Law {
    pub const ALL: [Self; 3] = [Self::Normal, Self::Uniform, Self::Truncated];

    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Uniform => "uniform",
            Self::Truncated => "truncated normal",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Controls {
    pub law: Law,
    pub seed: u64,
    /// The parameter's name.
    pub name: String,
    /// The standard deviation (of the normal that is truncated).
    pub scale: f64,
    /// How many of them from zero a truncated normal ends.
    pub cut: f64,
}

impl Default for Controls {
    fn default() -> Self {
        Self { law: Law::Normal, seed: 42, name: "blocks.0.mlp.W_in".into(), scale: 0.02, cut: 2.0 }
    }
}

impl Controls {
    /// # Errors
    /// For scales that no distribution has.
    pub fn fill(&self) -> Result<Fill, Error> {
        let end = self.end();
        let law = match self.law {
            Law::Normal => Distribution::normal(0.0, self.scale)?,
            Law::Uniform => Distribution::uniform(-end, end)?,
            Law::Truncated => Distribution::truncated_normal(0.0, self.scale, -end, end)?,
        };
        Ok(Fill::new(law, SHAPE).with_seed(self.seed).with_name(&self.name))
    }

    /// No value is farther from zero.
    fn end(&self) -> f64 {
        match self.law {
            Law::Normal => f64::INFINITY,
            // Uniforms as wide as this have the scale as their standard deviation.
            Law::Uniform => 3f64.sqrt() * self.scale,
            Law::Truncated => self.cut * self.scale,
        }
    }

    /// The law's density, but for a factor.
    pub fn density(&self, value: f64) -> f64 {
        match self.law {
            _ if value.abs() > self.end() => 0.0,
            Law::Uniform => 1.0,
            Law::Normal | Law::Truncated => (-0.5 * (value / self.scale).powi(2)).exp(),
        }
    }

    /// The value at which the colours end.
    pub fn reach(&self) -> f32 {
        3.0 * self.scale as f32
    }
}
