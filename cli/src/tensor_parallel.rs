//! Tensor parallelism: each process's slice of every parameter.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use globset::GlobMatcher;
use serde::Deserialize;
use wgpu_weights::{Fill, launch::Process, shard::chunk};

use crate::{
    model_plan::Planned,
    piece::{Piece, Slice},
    recipe::glob,
    rules_file, table,
};

/// Rules as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRules {
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
#[derive(Debug)]
pub(crate) struct Rules {
    file: String,
    rules: Vec<Rule>,
}

/// How the names of a rank's files begin.
pub(crate) fn stem(Process { rank, world_size }: Process) -> String {
    format!("model-rank-{rank:05}-of-{world_size:05}")
}

/// Whether a file's name is one of another rank of the same world.
pub(crate) fn is_sibling(name: &str, process: Process) -> bool {
    let rank = name.strip_prefix("model-rank-").and_then(|rest| rest.split_once('-'));
    let Some(rank) = rank.and_then(|(rank, _)| rank.parse().ok()) else { return false };
    let begins = stem(Process { rank, ..process });
    let rest = name.strip_prefix(&begins).unwrap_or_default();
    rank != process.rank && rest.starts_with(['-', '.'])
}

#[derive(Debug)]
struct Rule {
    glob: GlobMatcher,
    /// None replicates.
    dim: Option<usize>,
    parts: u64,
}

impl Rules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let text = rules_file::read(path);
        Self::parse(&file, &text.with_context(|| format!("tensor-parallel rules {file}"))?)
    }

    /// Reads rules.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self> {
        let read = || {
            let written: WrittenRules = rules_file::parse(text)?;
            ensure!(!written.rule.is_empty(), "it has no [[rule]]");
            let rule = |(at, rule): (usize, WrittenRule)| {
                let context = || format!("rule {} (`{}`)", at + 1, table::short(&rule.name));
                Rule::new(&rule).with_context(context)
            };
            written.rule.into_iter().enumerate().map(rule).collect::<Result<_>>()
        };
        let rules = read().with_context(|| format!("tensor-parallel rules {file}"))?;
        Ok(Self { file: file.into(), rules })
    }

    /// The slice of a parameter that a process holds.
    ///
    /// # Errors
    /// A rule that asks for what the parameter does not have.
    pub(crate) fn slice(&self, planned: &Planned, process: Process, seed: u64) -> Result<Piece> {
        let whole = Piece::whole(planned, seed)?;
        let Some(at) = self.rules.iter().position(|rule| rule.glob.is_match(&whole.name)) else {
            return Ok(whole);
        };
        let rule = &self.rules[at];
        let context = || {
            format!(
                "tensor-parallel rules {}, rule {} (`{}`), parameter {:?} of shape {:?}",
                self.file,
                at + 1,
                rule.glob.glob(),
                planned.entry.name,
                planned.entry.shape,
            )
        };
        rule.slice(whole, process).with_context(context)
    }

    /// Whether any of these parameters is split.
    pub(crate) fn splits(&self, planned: &[Planned]) -> bool {
        planned.iter().any(|it| {
            let rule = self.rules.iter().find(|rule| rule.glob.is_match(&it.entry.name));
            rule.is_some_and(|rule| rule.dim.is_some())
        })
    }

    /// The patterns that match none of these parameters, which may be misspelt.
    pub(crate) fn idle<'a>(&'a self, planned: &'a [Planned]) -> impl Iterator<Item = &'a str> {
        self.rules
            .iter()
            .filter(|rule| !planned.iter().any(|it| rule.glob.is_match(&it.entry.name)))
            .map(|rule| rule.glob.glob().glob())
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

    fn slice(&self, whole: Piece, process: Process) -> Result<Piece> {
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
        // Seen as [.., parts, size / parts, ..], the slice is a shard along one dimension, and its
        // row-major order is that of the pieces of every part one after the other.
        let mut seen = whole.shape.clone();
        seen.splice(dim..=dim, [parts, size / parts]);
        let fill = Fill::new(whole.fill.distribution(), seen)
            .with_seed(whole.fill.seed())
            .with_stream(whole.fill.stream())
            .with_dtype(whole.fill.dtype())
            .shard(dim + 1, range.clone())?;
        let mut shape = whole.shape.clone();
        shape[dim] = (range.end - range.start) * parts;
        let slice =
            Slice { dim, parts, range: [range.start, range.end], shape: whole.shape.clone() };
        Ok(Piece { shape, bytes: fill.bytes()?, fill, slice: Some(slice), ..whole })
    }
}
