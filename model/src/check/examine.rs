//! A checkpoint examined: drawn again where that can be, else every parameter held against its law, and all against each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use serde::Serialize;
use wgpu_weights::{Convention, Distribution, Fans, Fill, Kind, calc_fan_in_and_fan_out};

use super::{
    again::{Again, Differences, fill_of},
    diagnosis::{self, Context as Known},
    exact::{Exact, is_decided},
    judge::{self, Of, Test},
    law::Law,
    measure::{Measured, measure},
    repeats::{Repeat, Repeats},
    tally::Tally,
    whole,
};
use crate::{
    checkpoint,
    error::{Context, Result, bail, ensure},
    memory,
    plan::{Plan, PlannedParameter},
    provenance::Provenance,
    safetensors::{self, TensorInfo, dtype::Decoder},
    text,
};

/// The probability that a checkpoint that is as promised is said to be otherwise: of all its tests together.
pub const FALSE_ALARMS: f64 = 1e-6;

/// Bytes that are read at once: a multiple of every element's size.
const CHUNK: u64 = 4 << 20;

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
    /// Not at all: a dtype that is not read, or a tensor too large for a law that is judged as a whole.
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
    /// What it should be drawn from.
    pub law: Distribution,
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

/// A file that was opened.
struct Opened {
    path: PathBuf,
    tensors: Vec<TensorInfo>,
    file: File,
    data: u64,
    provenance: Provenance,
}

/// Examines a checkpoint: a safetensors file, an index of several, or a folder. `progress` is told how many bytes of how
/// many are done.
///
/// What this crate drew is drawn again from what the file says of itself, and compared bit for bit. Anything else is held
/// against the laws of a plan: elements that have their value one by one, draws by tests of mean, scale, shape, bounds,
/// zeros, correlations and width of the values, whose probabilities by chance are bounded for any number of values. All tests
/// of a checkpoint together raise a false alarm with a probability of [`FALSE_ALARMS`] at most. Values that stand in two
/// places are found wherever they lie.
///
/// # Errors
/// What is no checkpoint; a file without a provenance where there is no plan; a parameter that the plan has not; a file that
/// cannot be read; no memory.
///
/// ```
/// # use wgpu_weights_model::{CheckpointOptions, CheckpointWriter, Recipe, Template, check, draw::{ByteSource, CpuSource}};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("m.safetensors");
/// # let template = Template::new([("wte.weight", "F32", &[1000, 64][..])])?;
/// # let plan = Recipe::built_in("gpt2")?.plan(&template, None)?;
/// # let sources = || CpuSource::new().map(|cpu| vec![Box::new(cpu) as Box<dyn ByteSource>]);
/// # CheckpointWriter::new(&plan, CheckpointOptions::new(&path, 42))?.write(sources, |_| ())?;
/// // Ours: drawn again.
/// let found = check::examine(&path, &check::Against::itself(), |_done, _total| ())?;
/// assert!(!found.failed());
/// // Anyone's: against the laws of a recipe.
/// let wider = Recipe::built_in("gpt2")?.with_variable("initializer_range", "0.04")?;
/// let plan = wider.plan(&Template::read(&path)?, None)?;
/// let found = check::examine(&path, &check::Against::plan(&plan), |_done, _total| ())?;
/// assert_eq!(found.parameters[0].wrong.as_deref(), Some("the file says normal mean 0 std 0.02 of it"));
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
pub fn examine(
    path: &Path,
    against: &Against<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Examination> {
    let mut files = Vec::new();
    for path in checkpoint::files_of(path)? {
        let (header, file, data) = safetensors::open(&path)?;
        let named = || path.display().to_string();
        let provenance = Provenance::read(&header.metadata).with_context(named)?;
        provenance.check_contract().with_context(named)?;
        files.push(Opened { tensors: header.tensors, file, data, provenance, path });
    }
    let tensors = || files.iter().flat_map(|file| &file.tensors);
    let total: u64 = tensors().map(|it| it.bytes).sum();
    let model = Model::of(tensors(), against.plan);
    let values = tensors().map(|it| it.numel).sum();
    let missing = model.missing(tensors(), &files);
    let mut examiner = Examiner {
        against,
        model: &model,
        again: None,
        repeats: Repeats::of(values),
        names: Vec::new(),
        tests: 0,
        buffer: Vec::new(),
    };
    let (mut judged, mut measured, mut done) = (Vec::new(), Vec::new(), 0);
    for opened in &mut files {
        for tensor in &opened.tensors {
            let named = || format!("{}: tensor {:?}", opened.path.display(), tensor.name);
            let found = examiner.tensor(&mut opened.file, opened.data, tensor, &opened.provenance);
            let found = found.with_context(named)?;
            if against.histograms {
                measured.extend(measure(
                    &mut opened.file,
                    opened.data,
                    tensor,
                    Some(found.examined.law),
                )?);
            }
            judged.push(found);
            done += tensor.bytes;
            progress(done, total);
        }
    }
    let Examiner { tests, repeats, names, .. } = examiner;
    let parameters = judged.into_iter().map(|it| it.decide(tests)).collect();
    let findings = findings(repeats.find(), &names);
    Ok(Examination { parameters, findings, missing, tests, measured })
}

/// Whether all files of a checkpoint say what their tensors were drawn from.
///
/// # Errors
/// What is no checkpoint.
pub fn says_of_itself(path: &Path) -> Result<bool> {
    for path in checkpoint::files_of(path)? {
        let (header, ..) = safetensors::open(&path)?;
        let provenance = Provenance::read(&header.metadata);
        let laws = provenance.with_context(|| path.display())?.laws;
        if header.tensors.iter().any(|tensor| !laws.contains_key(&tensor.name)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is known of the whole model.
struct Model<'a> {
    planned: Option<BTreeMap<&'a str, &'a PlannedParameter>>,
    shapes: BTreeMap<String, Vec<u64>>,
    layers: u64,
}

/// The first component of a name that is all digits.
fn layer(name: &str) -> Option<u64> {
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').find(digits)?.parse().ok()
}

impl<'a> Model<'a> {
    fn of<'b>(
        tensors: impl Iterator<Item = &'b TensorInfo> + Clone,
        plan: Option<&'a Plan>,
    ) -> Self {
        let layers: BTreeSet<u64> = tensors.clone().filter_map(|it| layer(&it.name)).collect();
        let shapes = tensors.map(|it| (it.name.clone(), it.shape.clone())).collect();
        let planned =
            |plan: &'a Plan| plan.parameters().iter().map(|it| (it.name.as_str(), it)).collect();
        Self { planned: plan.map(planned), shapes, layers: layers.len() as u64 }
    }

    /// What is promised and not there.
    fn missing<'b>(
        &self,
        tensors: impl Iterator<Item = &'b TensorInfo>,
        files: &[Opened],
    ) -> Vec<String> {
        let has: BTreeSet<&str> = tensors.map(|it| it.name.as_str()).collect();
        let laws = files.iter().flat_map(|file| file.provenance.laws.keys().map(String::as_str));
        let planned = self.planned.iter().flat_map(|it| it.keys().copied());
        let promised: BTreeSet<&str> = laws.chain(planned).collect();
        promised.difference(&has).map(|it| (*it).to_owned()).collect()
    }

    /// What is known of a parameter.
    fn known(&self, tensor: &TensorInfo, promised: Distribution) -> Known {
        let planned = self.planned.as_ref().and_then(|it| it.get(tensor.name.as_str()));
        let own = planned.and_then(|it| it.drawn.fans);
        // A bias is scaled, and mistaken, by the weight beside it.
        let weight = tensor.name.rsplit_once('.').map(|(stem, _)| format!("{stem}.weight"));
        let beside = weight.and_then(|it| self.shapes.get(&it)).filter(|_| tensor.shape.len() < 2);
        let shape = beside.unwrap_or(&tensor.shape);
        let of_shape = || -> Option<Fans> {
            let convention =
                planned.and_then(|it| it.drawn.convention).unwrap_or(Convention::Torch);
            (shape.len() > 1).then(|| calc_fan_in_and_fan_out(shape, convention).ok()).flatten()
        };
        Known {
            promised,
            fans: own.or_else(of_shape),
            of_fans: own.is_some(),
            layers: self.layers,
            layer: layer(&tensor.name),
        }
    }
}

struct Examiner<'a> {
    against: &'a Against<'a>,
    model: &'a Model<'a>,
    again: Option<Again>,
    repeats: Repeats,
    /// Tensors whose repeats are looked for, by their numbers.
    names: Vec<String>,
    tests: u64,
    buffer: Vec<u8>,
}

/// A parameter before it is known how many tests there are.
struct Judged {
    examined: Examined,
    tests: Vec<Test>,
    likely: Option<Box<dyn FnOnce(&Test) -> Option<String>>>,
}

impl Judged {
    /// With a verdict, `tests` being those of the whole checkpoint.
    fn decide(self, tests: u64) -> Examined {
        let mut examined = self.examined;
        let log = (tests.max(1) as f64).ln();
        let failed = self.tests.into_iter().filter(|it| it.chance + log < FALSE_ALARMS.ln());
        // What cannot be is told first where it is no number; else what chance explains least, where bounds explain less
        // than what moved them.
        let rank = |it: &Test| match it.of {
            Of::NotFinite => (0, it.chance),
            Of::Bounds => (2, it.chance),
            _ => (1, it.chance),
        };
        let worst = failed
            .min_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
        if let Some(worst) = worst {
            examined.chance = Some((worst.chance + log).exp());
            examined.likely = self.likely.and_then(|likely| likely(&worst));
            examined.wrong = Some(worst.what);
        }
        examined
    }
}

impl Examiner<'_> {
    fn tensor(
        &mut self,
        file: &mut File,
        data: u64,
        tensor: &TensorInfo,
        provenance: &Provenance,
    ) -> Result<Judged> {
        let planned = match &self.model.planned {
            Some(planned) => {
                Some(*planned.get(tensor.name.as_str()).context("the plan has no such parameter")?)
            }
            None => None,
        };
        let own = provenance.laws.get(&tensor.name).copied();
        let law = match (planned, own) {
            (Some(planned), _) => planned.drawn.distribution,
            (None, Some(own)) => own,
            (None, None) => bail!(
                "the file does not say what it is drawn from; name a recipe (--recipe hf takes that of its config.json)"
            ),
        };
        let mut judged = Judged {
            examined: Examined {
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
            },
            tests: Vec::new(),
            likely: None,
        };
        let Some(decoder) = Decoder::of(&tensor.dtype) else { return Ok(judged) };
        if let (Some(own), true) = (own, self.against.seed.is_none()) {
            ensure!(
                planned.is_none() || !provenance.slices.contains_key(&tensor.name),
                "it is a slice, whose fans are not the whole's, so that no recipe tells its law; leave the recipe out, and it is \
                 drawn again from what its file says"
            );
            if own != law {
                // Whether it is drawn as it says makes no difference then.
                judged.examined.wrong = Some(format!("the file says {own} of it"));
                judged.examined.chance = Some(0.0);
            }
            let fill = fill_of(provenance, tensor, own)?;
            self.again(file, data, tensor, decoder, &fill, &mut judged.examined)?;
            return Ok(judged);
        }
        if let (Some(planned), Some(seed)) = (planned, self.against.seed) {
            ensure!(
                provenance.slices.get(&tensor.name).is_none(),
                "it is a slice, of which a plan says nothing; leave the seed out, and it is drawn as its file says"
            );
            let fill = planned.fill(seed).with_dtype(tensor.dtype.parse()?);
            self.again(file, data, tensor, decoder, &fill, &mut judged.examined)?;
            return Ok(judged);
        }
        self.judge(file, data, tensor, decoder, &mut judged)?;
        Ok(judged)
    }

    /// Bit for bit.
    fn again(
        &mut self,
        file: &mut File,
        data: u64,
        tensor: &TensorInfo,
        decoder: Decoder,
        fill: &Fill,
        examined: &mut Examined,
    ) -> Result<()> {
        let mut again = match self.again.take() {
            Some(again) => again,
            None => Again::new()?,
        };
        let mut differences = Differences::default();
        chunks(file, data, tensor, &mut self.buffer, |at, bytes| {
            again.compare(fill, at / decoder.size as u64, bytes, decoder, &mut differences)
        })?;
        self.again = Some(again);
        examined.method = Method::DrawnAgain;
        if let (None, Some(said)) = (&examined.wrong, differences.said(tensor.numel)) {
            examined.wrong = Some(said);
            examined.chance = Some(0.0);
        }
        Ok(())
    }

    /// By its law.
    fn judge(
        &mut self,
        file: &mut File,
        data: u64,
        tensor: &TensorInfo,
        decoder: Decoder,
        judged: &mut Judged,
    ) -> Result<()> {
        let law = judged.examined.law;
        let plain = law.with_zero_rows(0..0);
        let known = self.model.known(tensor, law);
        let tally = |n: u64| -> Result<Option<Tally>> {
            let columns = tensor.shape.last().copied().unwrap_or(1);
            let law = Law::of(plain.kind(), &tensor.dtype);
            law.map(|law| Tally::new(law, n, columns, &tensor.dtype)).transpose()
        };
        let decided = is_decided(&plain);
        let mut exact = if decided { Some(Exact::new(law, tensor, decoder)?) } else { None };
        // What is not as it is decided is looked at as draws are, to tell what made it.
        let mut statistics = if decided { None } else { tally(tensor.numel)? };
        let of_whole = matches!(
            plain.kind(),
            Kind::Orthogonal { .. } | Kind::Sparse { .. } | Kind::Formula(_)
        );
        let mut kept = Vec::new();
        let keep = of_whole && !decided && tensor.numel <= whole::MOST;
        if keep {
            memory::reserve(&mut kept, tensor.numel as usize)?;
        }
        judged.examined.method = match (decided, statistics.is_some() || keep) {
            (true, _) => Method::Exact,
            (false, true) => Method::Statistics,
            (false, false) => Method::None,
        };
        let row = tensor.shape.get(1..).map_or(1, |inner| inner.iter().product::<u64>()).max(1);
        let mut rows = Rows::new(law, row);
        let sparse = matches!(plain.kind(), Kind::Sparse { .. });
        let mut follower = None;
        if !decided {
            follower = Some(Repeats::follow(self.names.len() as u32, decoder.size as u64));
            self.names.push(tensor.name.clone());
        }
        let (repeats, mut values) = (&mut self.repeats, Vec::new());
        let mut sample = Sample::new(tensor.numel);
        chunks(file, data, tensor, &mut self.buffer, |_, bytes| {
            values.clear();
            memory::reserve(&mut values, bytes.len() / decoder.size)?;
            values.extend(bytes.chunks_exact(decoder.size).map(|it| decoder.decode(it)));
            if let Some(exact) = &mut exact {
                values.iter().for_each(|it| sample.add(it.0));
                return exact.add(&values);
            }
            for &(value, bits) in &values {
                let padding = rows.add(value);
                if keep {
                    kept.push(value as f32);
                }
                if let Some(follower) = &mut follower {
                    repeats.add(follower, bits)?;
                }
                if let Some(tally) =
                    statistics.as_mut().filter(|_| !padding && !(sparse && value == 0.0))
                {
                    tally.add(value);
                }
            }
            Ok(())
        })?;
        if tensor.numel == 0 {
            return Ok(());
        }
        if let Some(exact) = exact {
            self.tests += 1;
            if let Some(what) = exact.said() {
                judged.tests.push(Test { what, chance: f64::NEG_INFINITY, of: Of::Shape });
                let dtype = tensor.dtype.clone();
                judged.likely =
                    Some(Box::new(move |_| diagnosis::likely(&sample.found(&dtype), &known)));
            }
            return Ok(());
        }
        let sure = |what: String, of| Test { what, chance: f64::NEG_INFINITY, of };
        if let Some(what) = rows.padding() {
            judged.tests.push(sure(what, Of::Zeros));
            judged.likely = Some(Box::new(|_| Some("the padding row was not zeroed".into())));
        }
        // A row of zeros where every element is zero with a probability that is next to nothing.
        let zero_rows = rows.zero();
        self.tests += u64::from(keep);
        if keep
            && let Some((what, chance)) = whole::judge(plain, &tensor.shape, &tensor.dtype, &kept)?
        {
            judged.tests.push(Test { what, chance, of: Of::Shape });
        }
        let Some(tally) = statistics else { return Ok(()) };
        judged.examined.mean = (tally.n > 0).then(|| tally.mean());
        judged.examined.std = (tally.n > 0).then(|| tally.std());
        let tests = judge::tests(&tally);
        self.tests += tests.len() as u64;
        let padded = judged.likely.is_some();
        judged.tests.extend(tests);
        if !padded {
            let dtype = tensor.dtype.clone();
            judged.likely = Some(Box::new(move |worst| {
                explain(worst, &tally, &known, zero_rows.as_deref(), &dtype)
            }));
        }
        Ok(())
    }
}

/// What a failed test of draws says of its cause.
fn explain(
    worst: &Test,
    tally: &Tally,
    known: &Known,
    zero_rows: Option<&str>,
    dtype: &str,
) -> Option<String> {
    let found = diagnosis::Found {
        dtype,
        n: tally.n,
        mean: tally.mean(),
        std: (tally.std().powi(2) - (tally.mean() - tally.law.mean).powi(2)).max(0.0).sqrt(),
        min: tally.min,
        max: tally.max,
        sample: &tally.sample,
    };
    let all_zero = tally.min == 0.0 && tally.max == 0.0;
    match worst.of {
        Of::NotFinite => Some("memory that was never written, or an overflow".into()),
        Of::Narrow => Some(format!(
            "drawn in {} and widened, or rounded to it and back",
            tally.narrow().map_or("a narrower dtype", |it| it.name())
        )),
        Of::Zeros if !all_zero => Some(match zero_rows {
            Some(rows) => format!(
                "{rows}: a padding row that the law has not, or rows that were never written"
            ),
            None => "parts that were never written, or a mask".into(),
        }),
        Of::Rows => {
            Some("rows or columns that are not independent: repeated, or made of each other".into())
        }
        _ => match (diagnosis::likely(&found, known), zero_rows) {
            (_, Some(rows)) if !all_zero => Some(format!(
                "{rows}: a padding row that the law has not, or rows that were never written"
            )),
            (likely, _) => likely,
        },
    }
}

/// Some of a tensor's values and what they have together.
struct Sample {
    values: Vec<f64>,
    every: u64,
    n: u64,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Sample {
    fn new(n: u64) -> Self {
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

    fn add(&mut self, value: f64) {
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

    fn found<'a>(&'a self, dtype: &'a str) -> diagnosis::Found<'a> {
        let n = self.n.max(1) as f64;
        let mean = self.sum / n;
        let std = (self.squares / n - mean * mean).max(0.0).sqrt();
        let Self { values, min, max, .. } = self;
        diagnosis::Found { dtype, n: self.n, mean, std, min: *min, max: *max, sample: values }
    }
}

/// Rows of a tensor, slices along its first dimension: those that are zero, and those that should be.
struct Rows {
    should: std::ops::Range<u64>,
    row: u64,
    at: u64,
    /// Whether all of the row so far is zero.
    zero: bool,
    /// Rows that are zero and should not be: the first ones, and how many there are.
    found: Vec<u64>,
    count: u64,
    /// The first element that should be zero and is not.
    other: Option<(u64, f64)>,
}

impl Rows {
    fn new(law: Distribution, row: u64) -> Self {
        let should = law.zero_rows().map_or(0..0, |rows| rows.range());
        Self { should, row, at: 0, zero: true, found: Vec::new(), count: 0, other: None }
    }

    /// The next element; whether it is one that should be zero.
    fn add(&mut self, value: f64) -> bool {
        let row = self.at / self.row;
        let padding = self.should.contains(&row);
        if padding && value != 0.0 && self.other.is_none() {
            self.other = Some((row, value));
        }
        self.zero &= value == 0.0;
        self.at += 1;
        if self.at.is_multiple_of(self.row) {
            if self.zero && !padding && self.row > 1 {
                self.count += 1;
                if self.found.len() < 4 {
                    self.found.push(row);
                }
            }
            self.zero = true;
        }
        padding
    }

    fn padding(&self) -> Option<String> {
        let (row, value) = self.other?;
        Some(format!("row {row}, the padding row, has {} and should be 0", text::number(value)))
    }

    fn zero(&self) -> Option<String> {
        let listed: Vec<_> = self.found.iter().map(u64::to_string).collect();
        let more =
            if self.count > 4 { format!(" and {} more", self.count - 4) } else { String::new() };
        match self.count {
            0 => None,
            1 => Some(format!("row {} is 0", listed[0])),
            _ => Some(format!("rows {}{more} are 0", listed.join(", "))),
        }
    }
}

/// Hands on a tensor's bytes in pieces, each with where it begins.
fn chunks(
    file: &mut File,
    data: u64,
    tensor: &TensorInfo,
    buffer: &mut Vec<u8>,
    mut each: impl FnMut(u64, &[u8]) -> Result<()>,
) -> Result<()> {
    let from = data + tensor.offsets.map_or(0, |[begin, _]| begin);
    file.seek(SeekFrom::Start(from))?;
    let most = CHUNK.min(tensor.bytes) as usize;
    buffer.clear();
    memory::reserve(buffer, most)?;
    buffer.resize(most, 0);
    let mut at = 0;
    while at < tensor.bytes {
        let now = &mut buffer[..(tensor.bytes - at).min(CHUNK) as usize];
        file.read_exact(now)?;
        each(at, now)?;
        at += now.len() as u64;
    }
    Ok(())
}

/// What values in two places say; those of the same two parameters, or within one, once.
fn findings(repeats: Vec<Repeat>, names: &[String]) -> Vec<Finding> {
    /// Pairs that are listed each; more are counted.
    const LISTED: usize = 20;
    let mut met: BTreeMap<[u32; 2], (Repeat, usize)> = BTreeMap::new();
    for repeat in repeats {
        met.entry(repeat.tensors).or_insert((repeat, 0)).1 += 1;
    }
    let more = met.len().saturating_sub(LISTED);
    let mut findings: Vec<_> = met
        .into_values()
        .take(LISTED)
        .map(|(Repeat { tensors: [a, b], first: [from, to], count }, times)| {
            let name = |at: u32| names.get(at as usize).cloned().unwrap_or_default();
            let again = if times > 1 { format!(", and {} such runs more", times - 1) } else { String::new() };
            if a == b {
                let likely = "a block that repeats: slices or ranks drawn from one seed";
                let wrong = format!("about {count} values from element {from} on stand again {} elements later{again}", to - from);
                return Finding { parameters: vec![name(a)], wrong, likely: likely.into() };
            }
            let wrong = match from == to {
                true => format!("about {count} values are the same at the same places, from element {from} on{again}"),
                false => format!("about {count} values of the one from element {from} on are those of the other from element {to} on{again}"),
            };
            let likely = "one seed for both: ranks, layers or parameters that share it; or a tie that is stored twice";
            Finding { parameters: vec![name(a), name(b)], wrong, likely: likely.into() }
        })
        .collect();
    if more > 0 {
        let wrong = format!("{more} more pairs of parameters share values");
        findings.push(Finding { parameters: Vec::new(), wrong, likely: "as above".into() });
    }
    findings
}
