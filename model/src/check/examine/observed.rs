//! A tensor as its values pass by: what is gathered of it for its law, and the tests that come of it.

use wgpu_weights::{Distribution, Kind};

use super::{
    diagnosis::Context,
    exact::{Exact, is_decided},
    examination::Method,
    judge::{self, Of, Test},
    judged::{Cause, Judged},
    law::Law,
    repeats::{Follower, Repeats},
    rows::Rows,
    sample::Sample,
    tally::Tally,
    whole,
};
use crate::{
    error::Result,
    memory,
    safetensors::{TensorInfo, dtype::Decoder},
};

/// What is gathered of a tensor.
#[derive(Debug)]
pub(super) struct Observed {
    /// The law without its zero rows.
    plain: Distribution,
    sparse: bool,
    rows: Rows,
    /// Where every element has its value.
    exact: Option<(Exact, Sample)>,
    /// Where the law has a distribution function.
    tally: Option<Box<Tally>>,
    /// All values, of a law that is judged of all of them together.
    kept: Option<Vec<f32>>,
    follower: Follower,
}

impl Observed {
    /// Nothing yet, of a tensor that should have this law and is the so many-th.
    pub(super) fn new(
        law: Distribution,
        tensor: &TensorInfo,
        decoder: Decoder,
        number: u32,
    ) -> Result<Self> {
        let plain = law.with_zero_rows(0..0);
        let kind = plain.kind();
        let decided = is_decided(&plain);
        let exact = || {
            Ok::<_, crate::Error>((Exact::new(law, tensor, decoder)?, Sample::new(tensor.numel)))
        };
        let columns = tensor.shape.last().copied().unwrap_or(1);
        let of_law = Law::of(kind, &tensor.dtype).filter(|_| !decided);
        let tally = of_law.map(|of_law| Tally::new(of_law, tensor.numel, columns, &tensor.dtype));
        let of_whole =
            matches!(kind, Kind::Orthogonal { .. } | Kind::Sparse { .. } | Kind::Formula(_));
        let mut kept = (of_whole && !decided && tensor.numel <= whole::MOST).then(Vec::new);
        if let Some(kept) = &mut kept {
            memory::reserve(kept, tensor.numel as usize)?;
        }
        let row = tensor.shape.get(1..).map_or(1, |inner| inner.iter().product::<u64>()).max(1);
        Ok(Self {
            plain,
            sparse: matches!(kind, Kind::Sparse { .. }),
            rows: Rows::new(law, row),
            exact: if decided { Some(exact()?) } else { None },
            tally: tally.transpose()?.map(Box::new),
            kept,
            follower: Repeats::follow(number, decoder.size as u64),
        })
    }

    /// How it is looked at.
    pub(super) fn method(&self) -> Method {
        match (&self.exact, &self.tally, &self.kept) {
            (Some(_), ..) => Method::Exact,
            (None, None, None) => Method::None,
            _ => Method::Statistics,
        }
    }

    /// The next values.
    pub(super) fn add(&mut self, values: &[(f64, u32)], repeats: &mut Repeats) -> Result<()> {
        if let Some((exact, sample)) = &mut self.exact {
            values.iter().for_each(|it| sample.add(it.0));
            return exact.add(values);
        }
        for &(value, bits) in values {
            let padding = self.rows.add(value);
            if let Some(kept) = &mut self.kept {
                kept.push(value as f32);
            }
            repeats.add(&mut self.follower, bits)?;
            let zeroed = padding || self.sparse && value == 0.0;
            if let Some(tally) = self.tally.as_mut().filter(|_| !zeroed) {
                tally.add(value);
            }
        }
        Ok(())
    }

    /// The tests of all that passed by, and how many there were.
    pub(super) fn finish(
        self,
        tensor: &TensorInfo,
        context: Context,
        judged: &mut Judged,
    ) -> Result<u64> {
        let sure = |what, of| vec![Test { what, chance: f64::NEG_INFINITY, of }];
        if tensor.numel == 0 {
            return Ok(0);
        }
        if let Some((exact, sample)) = self.exact {
            if let Some(what) = exact.said() {
                judged.tested(sure(what, Of::Shape), Cause::Decided(sample, context));
            }
            return Ok(1);
        }
        if let Some(what) = self.rows.padding() {
            judged.tested(sure(what, Of::Zeros), Cause::Padding);
        }
        let mut tests = Vec::new();
        let mut count = u64::from(self.kept.is_some());
        if let Some(kept) = &self.kept
            && let Some((what, chance)) =
                whole::judge(self.plain, &tensor.shape, &tensor.dtype, kept)?
        {
            tests.push(Test { what, chance, of: Of::Whole });
        }
        match self.tally {
            Some(tally) => {
                judged.examined.mean = (tally.n > 0).then(|| tally.mean());
                judged.examined.std = (tally.n > 0).then(|| tally.std());
                let of_draws = judge::tests(&tally);
                count += of_draws.len() as u64;
                tests.extend(of_draws);
                judged.tested(tests, Cause::Draws(tally, context, self.rows.zero()));
            }
            None => judged.tested(tests, Cause::Unknown),
        }
        Ok(count)
    }
}
