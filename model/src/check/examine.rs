//! A checkpoint examined: drawn again where that can be, else every parameter held against its law, and all against each other.

mod again;
mod chance;
mod diagnosis;
mod exact;
mod examination;
mod judge;
mod judged;
mod known;
mod law;
mod observed;
mod repeats;
mod rows;
mod sample;
mod tally;
mod whole;

pub use self::examination::{Against, Examination, Examined, FALSE_ALARMS, Finding, Method};

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};

use wgpu_weights::{Distribution, Fill};

use self::{
    again::{Again, Differences, fill_of},
    judged::Judged,
    known::Model,
    observed::Observed,
    repeats::{Repeats, findings},
};
use super::{measure, pieces::pieces};
use crate::{
    checkpoint,
    error::{Context, Result, bail, ensure},
    memory,
    provenance::Provenance,
    safetensors::{self, TensorInfo, dtype::Decoder},
};

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
    let laws = files.iter().flat_map(|file| file.provenance.laws.keys().map(String::as_str));
    let missing = model.missing(tensors(), laws);
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
                    found.examined.law,
                )?);
            }
            judged.push(found);
            done += tensor.bytes;
            progress(done, total);
        }
    }
    let Examiner { tests, repeats, names, .. } = examiner;
    let parameters: Vec<_> = judged.into_iter().map(|it| it.decide(tests)).collect();
    let findings = findings(repeats.find(), &names);
    // A picture of a checkpoint shows these verdicts, which are stricter.
    let verdicts: HashMap<&str, &Examined> =
        parameters.iter().map(|it| (it.name.as_str(), it)).collect();
    for it in &mut measured {
        let Some(verdict) = verdicts.get(it.name.as_str()) else { continue };
        let shared = || findings.iter().find(|finding| finding.parameters.contains(&it.name));
        it.wrong = verdict.wrong.clone().or_else(|| shared().map(|finding| finding.wrong.clone()));
        it.as_promised = (verdict.method != Method::None).then_some(it.wrong.is_none());
    }
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

struct Examiner<'a> {
    against: &'a Against<'a>,
    model: &'a Model<'a>,
    again: Option<Again>,
    repeats: Repeats,
    /// Tensors whose repeats are looked for, by their numbers: names and elements.
    names: Vec<(String, u64)>,
    tests: u64,
    buffer: Vec<u8>,
}

impl Examiner<'_> {
    fn tensor(
        &mut self,
        file: &mut File,
        data: u64,
        tensor: &TensorInfo,
        provenance: &Provenance,
    ) -> Result<Judged> {
        let planned = self.model.planned.as_ref().map(|it| it.get(tensor.name.as_str()).copied());
        if planned == Some(None) {
            // The plan is of this very template: its recipe leaves the parameter out.
            return Ok(Judged::new(tensor, None));
        }
        let planned = planned.flatten();
        let own = provenance.laws.get(&tensor.name).copied();
        let Some(law) = planned.map(|it| it.drawn.distribution).or(own) else {
            bail!(
                "the file does not say what it is drawn from; name a recipe (--recipe hf takes that of its config.json)"
            )
        };
        let mut judged = Judged::new(tensor, Some(law));
        let Some(decoder) = Decoder::of(&tensor.dtype) else { return Ok(judged) };
        if let (Some(own), true) = (own, self.against.seed.is_none()) {
            ensure!(
                planned.is_none() || !provenance.slices.contains_key(&tensor.name),
                "it is a slice, whose fans are not the whole's, so that no recipe tells its law; leave the recipe out, and it is \
                 drawn again from what its file says"
            );
            if own != law {
                // Whether it is drawn as it says makes no difference then.
                judged.is_wrong(format!("the file says {own} of it"));
            }
            let fill = fill_of(provenance, tensor, own)?;
            self.again(file, data, tensor, decoder, &fill, &mut judged)?;
            return Ok(judged);
        }
        if let (Some(planned), Some(seed)) = (planned, self.against.seed) {
            ensure!(
                !provenance.slices.contains_key(&tensor.name),
                "it is a slice, of which a plan says nothing; leave the seed out, and it is drawn as its file says"
            );
            let fill = planned.fill(seed).with_dtype(tensor.dtype.parse()?);
            self.again(file, data, tensor, decoder, &fill, &mut judged)?;
            return Ok(judged);
        }
        self.judge(file, data, tensor, decoder, law, &mut judged)?;
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
        judged: &mut Judged,
    ) -> Result<()> {
        let mut again = match self.again.take() {
            Some(again) => again,
            None => Again::new()?,
        };
        let mut differences = Differences::default();
        pieces(file, data, tensor, &mut self.buffer, |at, bytes| {
            again.compare(fill, at / decoder.size as u64, bytes, decoder, &mut differences)
        })?;
        self.again = Some(again);
        judged.examined.method = Method::DrawnAgain;
        if let Some(said) = differences.said(tensor.numel) {
            judged.is_wrong(said);
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
        law: Distribution,
        judged: &mut Judged,
    ) -> Result<()> {
        let number = self.names.len() as u32;
        self.names.push((tensor.name.clone(), tensor.numel));
        let mut observed = Observed::new(law, tensor, decoder, number)?;
        judged.examined.method = observed.method();
        let (repeats, mut values) = (&mut self.repeats, Vec::new());
        pieces(file, data, tensor, &mut self.buffer, |_, bytes| {
            values.clear();
            memory::reserve(&mut values, bytes.len() / decoder.size)?;
            values.extend(bytes.chunks_exact(decoder.size).map(|it| decoder.decode(it)));
            observed.add(&values, repeats)
        })?;
        let context = self.model.known(tensor, law);
        self.tests += observed.finish(tensor, context, judged)?;
        Ok(())
    }
}
