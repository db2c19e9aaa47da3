//! What a checkpoint is held against, and what was found of it.

use serde::Serialize;
use wgpu_weights::Distribution;

use crate::{check::Measured, plan::Plan};

/// The probability that a checkpoint that is as promised is said to be otherwise: of all its tests together.
pub const FALSE_ALARMS: f64 = 1e-6;

/// How a parameter was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// Drawn again, and compared bit for bit.
    DrawnAgain,
    /// Every element against its own value.
    Exact,
    /// By statistics.
    Statistics,
    /// Not at all: what the recipe leaves out, a dtype that is not read, or a tensor too large for a law that is judged as a
    /// whole.
    None,
}

/// A parameter that was examined.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Examined {
    /// Its name.
    pub name: String,
    /// Its dtype.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// What it should be drawn from; none where the recipe leaves it out.
    pub law: Option<Distribution>,
    /// How it was looked at.
    pub method: Method,
    /// Mean and standard deviation of what was judged by statistics: that about the promised mean.
    pub mean: Option<f64>,
    /// As above.
    pub std: Option<f64>,
    /// What is wrong with it; none where nothing is.
    pub wrong: Option<String>,
    /// A bound on the probability that a checkpoint as promised deviates as much anywhere; 0 for what cannot be.
    pub chance: Option<f64>,
    /// What mistake makes such values.
    pub likely: Option<String>,
}

/// Something that only several parameters, or several parts of one, tell together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The parameters.
    pub parameters: Vec<String>,
    /// What is wrong.
    pub wrong: String,
    /// What mistake makes it so.
    pub likely: String,
}

/// What was found of a checkpoint.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Examination {
    /// The parameters, in the order of the files and their headers.
    pub parameters: Vec<Examined>,
    /// What is wrong between them.
    pub findings: Vec<Finding>,
    /// Parameters that are promised and not there.
    pub missing: Vec<String>,
    /// How many tests were made.
    pub tests: u64,
    /// Histograms and moments of each tensor, where they were asked for.
    #[serde(skip)]
    pub measured: Vec<Measured>,
}

impl Examination {
    /// Whether anything is wrong.
    pub fn failed(&self) -> bool {
        let wrong = self.parameters.iter().any(|it| it.wrong.is_some());
        wrong || !self.findings.is_empty() || !self.missing.is_empty()
    }
}

/// What a checkpoint is held against.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Against<'a> {
    /// The laws that its parameters should have; none: those that its files say of themselves.
    pub plan: Option<&'a Plan>,
    /// The seed that it should be drawn from, by the plan; none: that of its files, if they have one.
    pub seed: Option<u64>,
    /// Whether to make histograms too, which costs another look at the files.
    pub histograms: bool,
}

impl<'a> Against<'a> {
    /// Against what the files say of themselves.
    pub fn itself() -> Self {
        Self::default()
    }

    /// Against a plan's laws.
    pub fn plan(plan: &'a Plan) -> Self {
        Self { plan: Some(plan), ..Self::default() }
    }

    /// The same, drawn from this seed: bit for bit.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }
}
