//! The verdict on a parameter, once it is known how many tests the checkpoint had.

use wgpu_weights::Distribution;

use super::{
    diagnosis::{self, Context, Found},
    examination::{Examined, FALSE_ALARMS, Method},
    judge::{Of, Test},
    sample::Sample,
    tally::Tally,
};
use crate::safetensors::TensorInfo;

/// A parameter before its verdict.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) examined: Examined,
    /// Those that may fail, however many there are.
    tests: Vec<Test>,
    cause: Option<Cause>,
}

/// What is known of values that are not as promised, to tell what made them.
#[derive(Debug)]
pub(super) enum Cause {
    /// Nothing.
    Unknown,
    /// A padding row that is not zero.
    Padding,
    /// Elements that each have their value, and have another.
    Decided(Sample, Context),
    /// Draws; and the rows of theirs that are zero.
    Draws(Box<Tally>, Context, Option<String>),
}

impl Judged {
    /// Of a parameter that nothing is known of yet.
    pub(super) fn new(tensor: &TensorInfo, law: Option<Distribution>) -> Self {
        let examined = Examined {
            name: tensor.name.clone(),
            dtype: tensor.dtype.clone(),
            shape: tensor.shape.clone(),
            law,
            method: Method::None,
            mean: None,
            std: None,
            wrong: None,
            chance: None,
            likely: None,
        };
        Self { examined, tests: Vec::new(), cause: None }
    }

    /// Something that is wrong for certain; the first of these is told.
    pub(super) fn is_wrong(&mut self, wrong: String) {
        if self.examined.wrong.is_none() {
            self.examined.wrong = Some(wrong);
            self.examined.chance = Some(0.0);
        }
    }

    /// Tests, and what may have made them fail. What passes by itself passes among others too, and is dropped with
    /// all that was gathered for it.
    pub(super) fn tested(&mut self, tests: Vec<Test>, cause: Cause) {
        let before = self.tests.len();
        self.tests.extend(tests.into_iter().filter(|it| it.chance < FALSE_ALARMS.ln()));
        if self.cause.is_none() && self.tests.len() > before {
            self.cause = Some(cause);
        }
    }

    /// With a verdict, `tests` being those of the whole checkpoint.
    pub(super) fn decide(self, tests: u64) -> Examined {
        let Self { mut examined, tests: own, cause } = self;
        let log = (tests.max(1) as f64).ln();
        let failed = own.into_iter().filter(|it| it.chance + log < FALSE_ALARMS.ln());
        // What is no number is told first; else what chance explains least, and bounds where nothing else tells what
        // moved them.
        let rank = |it: &Test| match it.of {
            Of::NotFinite => 0,
            Of::Bounds => 2,
            _ => 1,
        };
        let worst =
            failed.min_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.chance.total_cmp(&b.chance)));
        if let Some(worst) = worst {
            examined.likely = cause.and_then(|cause| cause.explain(&worst, &examined.dtype));
            examined.chance = Some((worst.chance + log).exp());
            examined.wrong = Some(worst.what);
        }
        examined
    }
}

impl Cause {
    /// What mistake makes a test fail so.
    fn explain(&self, worst: &Test, dtype: &str) -> Option<String> {
        let (tally, context, zero_rows) = match self {
            Self::Unknown => return None,
            Self::Padding => return Some("the padding row was not zeroed".into()),
            Self::Decided(sample, context) => {
                return diagnosis::likely(&sample.found(dtype), context);
            }
            Self::Draws(tally, context, zero_rows) => (tally, context, zero_rows.as_deref()),
        };
        let all_zero = tally.min == 0.0 && tally.max == 0.0;
        let of_rows = |rows: &str| {
            format!("{rows}: a padding row that the law has not, or rows that were never written")
        };
        let zero_rows = zero_rows.filter(|_| !all_zero);
        let likely = || diagnosis::likely(&found(tally, dtype), context);
        match (worst.of, zero_rows) {
            (Of::Whole, _) => None,
            (Of::NotFinite, _) => Some("memory that was never written, or an overflow".into()),
            (Of::Narrow, _) => {
                let narrow = tally.narrow().map_or("a narrower dtype", |it| it.name());
                Some(format!("drawn in {narrow} and widened, or rounded to it and back"))
            }
            (Of::Rows, _) => Some(
                "rows or columns that are not independent: repeated, or made of each other".into(),
            ),
            (Of::Zeros, Some(rows)) => Some(of_rows(rows)),
            (Of::Zeros, None) if !all_zero => {
                Some("a mask, an identity, or parts that were never written".into())
            }
            (_, Some(rows)) => {
                Some(likely().map_or_else(|| of_rows(rows), |it| format!("{it}; and {rows}")))
            }
            _ => likely(),
        }
    }
}

fn found<'a>(tally: &'a Tally, dtype: &'a str) -> Found<'a> {
    let about = tally.mean() - tally.law.mean;
    Found {
        dtype,
        n: tally.n,
        mean: tally.mean(),
        std: (tally.std().powi(2) - about * about).max(0.0).sqrt(),
        min: tally.min,
        max: tally.max,
        sample: &tally.sample,
    }
}
