//! What every parameter of a model gets: template and recipe put together.

use std::{collections::HashMap, fmt::Write};

use anyhow::{Result, bail};
use wgpu_weights::{Dtype, Fill, stream_of};

use crate::{
    initialiser::Drawn,
    recipe::Recipe,
    template::{Entry, Header},
};

/// The dtypes that a model is drawn in.
const DRAWN: [Dtype; 1] = [Dtype::F32];

/// A parameter and what it gets.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// The parameter.
    pub(crate) entry: Entry,
    /// What its values are drawn from.
    pub(crate) drawn: Drawn,
    /// Its stream.
    pub(crate) stream: u64,
    /// The dtype that is drawn.
    pub(crate) dtype: Dtype,
    /// The pattern of the rule that decided.
    pub(crate) rule: String,
}

impl Planned {
    /// The fill that makes it.
    pub(crate) fn fill(&self, seed: u64) -> Fill {
        Fill::new(self.drawn.distribution, self.entry.numel)
            .seed(seed)
            .stream(self.stream)
            .dtype(self.dtype)
    }
}

/// Plans a model, in the template's order.
///
/// # Errors
/// Parameters that cannot be drawn or that no rule matches, all of them; two on one stream; a rule
/// that fails.
pub(crate) fn plan(header: Header, recipe: &Recipe) -> Result<Vec<Planned>> {
    let mut problems = String::new();
    let undrawable = header.entries.iter().filter(|entry| dtype(entry).is_none());
    list(
        &mut problems,
        "have a dtype that is not drawn yet; F32 is",
        undrawable.map(|entry| format!("{} ({})", entry.name, entry.dtype)),
    );
    let unmatched = header.entries.iter().filter(|entry| recipe.rule(&entry.name).is_none());
    list(
        &mut problems,
        &format!("match no rule of recipe {}; add one, or take another recipe", recipe.name),
        unmatched.map(|entry| entry.name.clone()),
    );
    if !problems.is_empty() {
        bail!(problems);
    }

    let mut streams = HashMap::new();
    let mut planned = Vec::with_capacity(header.entries.len());
    for entry in &header.entries {
        let (Some(rule), Some(dtype)) = (recipe.rule(&entry.name), dtype(entry)) else { continue };
        let stream = stream_of(&entry.name);
        if let Some(other) = streams.insert(stream, &entry.name) {
            bail!(
                "parameters {other:?} and {:?} have the same stream {stream:#x} and would get the \
                 same numbers; rename one of them",
                entry.name
            );
        }
        let drawn = recipe.draw(rule, entry, &header.entries)?;
        let rule = rule.pattern.clone();
        planned.push(Planned { entry: entry.clone(), drawn, stream, dtype, rule });
    }
    Ok(planned)
}

/// The dtype that a parameter is drawn in; none where it is no weight, or not one yet.
fn dtype(entry: &Entry) -> Option<Dtype> {
    entry.dtype.parse().ok().filter(|dtype| DRAWN.contains(dtype))
}

/// One line for each of a problem's parameters.
fn list(problems: &mut String, what: &str, names: impl Iterator<Item = String>) {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        return;
    }
    if !problems.is_empty() {
        problems.push('\n');
    }
    let _ = write!(problems, "{} parameters {what}:", names.len());
    for name in names {
        let _ = write!(problems, "\n  {}", name.escape_debug());
    }
}
