//! What every stack is asked: the known answers, 2^26 and more random addresses of each random
//! distribution, and windows of every shape.

use wgpu_weights::{
    Diagonal, Distribution, Dtype, Error, Fill, Line, ParameterError, Zeros, kernel::Draw,
};

use crate::answers;

/// Fills that lie one after another in one buffer.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) fills: Vec<Fill>,
    /// The digest of a known answer; without one, the CPU twin is held against.
    pub(crate) sha256: Option<String>,
}

impl Case {
    pub(crate) fn values(&self) -> u64 {
        self.fills.iter().map(Fill::count).sum()
    }
}

/// All of them, the same ones every time.
pub(crate) fn cases() -> Result<Vec<Case>, Box<dyn std::error::Error>> {
    let mut cases = known_answers();
    cases.extend(shapes()?);
    cases.extend(random()?);
    Ok(cases)
}

fn known_answers() -> Vec<Case> {
    let text = include_str!("../../tests/data/known_answers.txt");
    let case = |answer: answers::Answer| Case {
        name: answer.line,
        fills: vec![answer.fill],
        sha256: Some(answer.sha256),
    };
    answers::all(text).into_iter().map(case).collect()
}

/// Every distribution and dtype: aligned, cut, strided and transposed.
fn shapes() -> Result<Vec<Case>, Box<dyn std::error::Error>> {
    let zeros = Zeros { each: Line::Column, rows: 1505, columns: 77, zeros: 700 };
    let floats = [
        Distribution::constant(0.1)?,
        Distribution::uniform(-0.3, 0.7)?,
        Distribution::normal(0.0, 1.0)?,
        Distribution::truncated_normal(0.0, 1.0, -2.0, 2.0)?,
        Distribution::diagonal(0.3, Diagonal { period: 64, ..Diagonal::of_matrix(u64::MAX, 77) })?,
        Distribution::sparse(0.0, 1.0, zeros)?,
    ];
    let bits = [(Distribution::bits(), Dtype::U32)];
    let all = floats.iter().flat_map(|&it| Dtype::FLOATS.iter().map(move |&dtype| (it, dtype)));
    let mut cases = Vec::new();
    for (distribution, dtype) in bits.into_iter().chain(all) {
        let of = |shape: &[u64]| {
            let fill = Fill::new(distribution, shape).with_dtype(dtype);
            fill.with_seed(42).with_stream(0xaf63_dc4c_8601_ec8c)
        };
        let shapes = [
            of(&[1 << 16]),
            of(&[1 << 41]).window((1 << 40) + 1, 65_537)?,
            of(&[301, 5, 77]).shard(2, 3..50)?,
            of(&[512, 256]).transposed()?,
            of(&[3, 301, 77]).transposed()?,
        ];
        cases.extend(shapes.map(|fill| Case {
            name: name(&fill),
            fills: vec![fill],
            sha256: None,
        }));
    }
    Ok(cases)
}

fn name(fill: &Fill) -> String {
    let draw = Draw::of(fill);
    format!("{draw:?} {} of {:?} from {}", fill.dtype(), fill.sizes(), fill.index_of(0))
        .to_lowercase()
}

/// Addresses in a window, windows in a case, and cases of a distribution: 2^26 addresses.
const WINDOW: u64 = 1 << 16;
const WINDOWS: usize = 64;
const CASES: usize = 16;

/// Windows at random seeds, streams, indices and parameters: 2^26 addresses of bits and, as f32, of
/// uniform, normal and truncated normal; and for each other dtype 2^22 more.
fn random() -> Result<Vec<Case>, Error> {
    let mut random = Random(1);
    let mut cases = Vec::new();
    for draw in [Random::bits, Random::uniform, Random::normal, Random::truncated_normal] {
        let is_bits = draw(&mut random)? == Distribution::bits();
        let wide = if is_bits { Dtype::U32 } else { Dtype::F32 };
        let narrow = Dtype::FLOATS.iter().copied().filter(|&dtype| !is_bits && dtype != Dtype::F32);
        for dtype in std::iter::repeat_n(wide, CASES).chain(narrow) {
            let fills = (0..WINDOWS).map(|_| {
                let distribution = draw(&mut random)?;
                random.window(distribution, dtype)
            });
            let fills: Vec<Fill> = fills.collect::<Result<_, Error>>()?;
            let name = format!("random {}", name(&fills[0]));
            cases.push(Case { name, fills, sha256: None });
        }
    }
    Ok(cases)
}

/// SplitMix64: no part of what is checked.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// In (0, 1].
    fn fraction(&mut self) -> f64 {
        ((self.word() >> 11) + 1) as f64 * 0.5f64.powi(53)
    }

    fn bits(&mut self) -> Result<Distribution, ParameterError> {
        Ok(Distribution::bits())
    }

    fn uniform(&mut self) -> Result<Distribution, ParameterError> {
        let low = self.fraction() * 4.0 - 2.0;
        Distribution::uniform(low, low + self.fraction())
    }

    /// The plain one every other time.
    fn normal(&mut self) -> Result<Distribution, ParameterError> {
        match self.word() % 2 {
            0 => Distribution::normal(0.0, 1.0),
            _ => Distribution::normal(self.fraction() * 4.0 - 2.0, self.fraction()),
        }
    }

    /// Within two deviations every other time.
    fn truncated_normal(&mut self) -> Result<Distribution, ParameterError> {
        let (mean, std) = (self.fraction() * 4.0 - 2.0, self.fraction());
        let bounds = match self.word() % 2 {
            0 => [mean - 2.0 * std, mean + 2.0 * std],
            _ => [mean - 6.0 * std * self.fraction(), mean + 8.0 * std * self.fraction()],
        };
        Distribution::truncated_normal(mean, std, bounds[0], bounds[1])
    }

    /// Half of them begin at a block, where the fast road is taken.
    fn window(&mut self, distribution: Distribution, dtype: Dtype) -> Result<Fill, Error> {
        let (seed, stream, index) = (self.word(), self.word(), self.word());
        let index = if self.word().is_multiple_of(2) { index & !3 } else { index };
        let fill = Fill::new(distribution, [u64::MAX]).with_dtype(dtype);
        let fill = fill.with_seed(seed).with_stream(stream);
        Ok(fill.window(index.min(u64::MAX - WINDOW), WINDOW)?)
    }
}
