//! Tensor parallelism: each process's slice of every parameter.

use globset::GlobMatcher;
use serde::Deserialize;
use wgpu_weights::shard::chunk;

use crate::{
    error::{Context, Result, ensure},
    file_tensor::FileTensor,
    launch::Process,
    note::Note,
    plan::{Plan, PlannedParameter},
    provenance::Slice,
    recipe::{pattern::glob, rules_text},
    text,
};

/// Rules as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTensorParallel {
    #[serde(default)]
    rule: Vec<WrittenRule>,
}

/// A rule as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    dim: Option<usize>,
    parts: Option<u64>,
}

/// Ordered rules from parameters' names to the dimension that is split.
///
/// The first rule whose pattern matches a name decides; a parameter that none matches is replicated.
///
/// ```
/// use wgpu_weights_model::{Recipe, Template, TensorParallel, launch::Process};
/// let rules = TensorParallel::parse("mine", "[[rule]]\nname = \"*.weight\"\ndim = 0")?;
/// let template = Template::new([("h.0.mlp.c_fc.weight", "F32", &[10, 6][..])])?;
/// let plan = Recipe::built_in("gpt2")?.plan(&template, None)?;
/// let last = rules.slice(&plan.parameters()[0], Process { rank: 3, world_size: 4 }, 42)?;
/// assert_eq!((&last.shape[..], last.fill.index_of(0)), (&[1, 6][..], 9 * 6));
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorParallel {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    glob: GlobMatcher,
    /// None replicates.
    dim: Option<usize>,
    parts: u64,
}

impl TensorParallel {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// What is wrong, with its place.
    #[cfg(feature = "files")]
    pub fn read(path: &std::path::Path) -> Result<Self> {
        let file = path.display().to_string();
        let text = rules_text::read(path);
        Self::parse(&file, &text.with_context(|| format!("tensor-parallel rules {file}"))?)
    }

    /// Reads rules from TOML; `name` is what messages call them.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(name: &str, toml: &str) -> Result<Self> {
        let read = || {
            let written: WrittenTensorParallel = rules_text::parse(toml)?;
            ensure!(!written.rule.is_empty(), "it has no [[rule]]");
            let rule = |(at, rule): (usize, WrittenRule)| {
                let context = || format!("rule {} (`{}`)", at + 1, text::short(&rule.name));
                Rule::new(&rule).with_context(context)
            };
            written.rule.into_iter().enumerate().map(rule).collect::<Result<_>>()
        };
        let rules = read().with_context(|| format!("tensor-parallel rules {name}"))?;
        Ok(Self { name: name.into(), rules })
    }

    /// What messages call them.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The slice of a parameter that a process holds.
    ///
    /// # Errors
    /// A rule that asks for what the parameter does not have.
    pub fn slice(
        &self,
        parameter: &PlannedParameter,
        process: Process,
        seed: u64,
    ) -> Result<FileTensor> {
        let whole = FileTensor::whole(parameter, seed)?;
        let Some(at) = self.rules.iter().position(|rule| rule.glob.is_match(&whole.name)) else {
            return Ok(whole);
        };
        let rule = &self.rules[at];
        let context = || {
            format!(
                "tensor-parallel rules {}, rule {} (`{}`), parameter {:?} of shape {:?}",
                self.name,
                at + 1,
                rule.glob.glob(),
                parameter.name,
                parameter.shape,
            )
        };
        rule.slice(whole, process).with_context(context)
    }

    /// Whether any parameter of a plan is split.
    pub fn splits(&self, plan: &Plan) -> bool {
        plan.parameters().iter().any(|it| {
            let rule = self.rules.iter().find(|rule| rule.glob.is_match(&it.name));
            rule.is_some_and(|rule| rule.dim.is_some())
        })
    }

    /// Rules that match no parameter of a plan: they may be misspelt.
    pub fn notes(&self, plan: &Plan) -> Vec<Note> {
        self.rules
            .iter()
            .filter(|rule| !plan.parameters().iter().any(|it| rule.glob.is_match(&it.name)))
            .map(|rule| Note::IdleSplit { pattern: rule.glob.glob().glob().into() })
            .collect()
    }
}

impl Rule {
    fn new(written: &WrittenRule) -> Result<Self> {
        let parts = written.parts.unwrap_or(1);
        ensure!(parts > 0, "`parts` is 0; it must be 1 or more");
        ensure!(
            written.dim.is_some() || written.parts.is_none(),
            "`parts` needs a `dim` to divide; a rule without `dim` replicates"
        );
        Ok(Self { glob: glob(&written.name)?, dim: written.dim, parts })
    }

    fn slice(&self, whole: FileTensor, process: Process) -> Result<FileTensor> {
        let Some(dim) = self.dim else { return Ok(whole) };
        let parts = self.parts;
        let &size = whole
            .shape
            .get(dim)
            .with_context(|| format!("dimension {dim} does not exist; dimensions count from 0"))?;
        ensure!(
            size.is_multiple_of(parts),
            "dimension {dim} of size {size} is not divisible into {parts} equal parts"
        );
        let range = chunk(size / parts, process.rank, process.world_size)?;
        let mut shape = whole.shape.clone();
        shape[dim] = (range.end - range.start) * parts;
        let slice =
            Slice { dim, parts, range: [range.start, range.end], shape: whole.shape.clone() };
        let fill = slice
            .fill(whole.law)?
            .with_seed(whole.fill.seed())
            .with_stream(whole.fill.stream())
            .with_dtype(whole.dtype);
        Ok(FileTensor { shape, bytes: fill.bytes()?, fill, slice: Some(slice), ..whole })
    }
}
