//! What every parameter of a model gets: template and recipe put together.

use std::{collections::HashMap, fmt::Write};

use anyhow::{Context, Result, bail};
use wgpu_weights::{Dtype, Fill, stream_of};

use crate::{
    describe::Described,
    initialiser::Drawn,
    narrow::Format,
    progress::say,
    recipe::Recipe,
    template::{Entry, Header},
    vars::Memo,
};

/// A parameter and what it gets.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// The parameter, with the bytes that it takes in the dtype that is drawn.
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
        Fill::new(self.drawn.distribution, &self.entry.shape)
            .with_seed(seed)
            .with_stream(self.stream)
            .with_dtype(self.dtype)
    }
}

/// Plans a model, in the template's order, in `dtype` if there is one instead of the template's, and
/// what should be noted about it.
///
/// # Errors
/// Parameters that cannot be drawn or that no rule matches, all of them; two on one stream; a rule
/// that fails; more than a file can hold.
pub(crate) fn plan(
    header: Header,
    recipe: &Recipe,
    dtype: Option<Dtype>,
) -> Result<(Vec<Planned>, Vec<String>)> {
    let mut problems = String::new();
    let undrawable = header.entries.iter().filter(|entry| drawn_in(entry, dtype).is_none());
    let drawn = Dtype::FLOATS.map(Dtype::name).join(", ");
    list(
        &mut problems,
        &format!(
            "have a dtype that is not drawn; {drawn} are, and with --dtype F64 becomes one of \
             them: take the others out of the template"
        ),
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

    let (mut streams, mut total, shared) = (HashMap::new(), 0u64, Memo::default());
    let mut planned = Vec::with_capacity(header.entries.len());
    let mut losses = Losses::default();
    for entry in &header.entries {
        let (Some(rule), Some(dtype)) = (recipe.rule(&entry.name), drawn_in(entry, dtype)) else {
            continue;
        };
        let stream = stream_of(&entry.name);
        if let Some(other) = streams.insert(stream, &entry.name) {
            bail!(
                "parameters {other:?} and {:?} have the same stream {stream:#x} and would get the \
                 same numbers; rename one of them",
                entry.name
            );
        }
        let drawn = recipe.draw(rule, entry, &header.entries, &shared)?;
        if let (Some(format), Some(described)) =
            (Format::of(dtype.name()), Described::of(&drawn.distribution))
        {
            let lost = format.loss(&described).with_context(|| recipe.place(rule, entry))?;
            if let Some(lost) = lost {
                losses.add(&rule.pattern, dtype, lost, &entry.name);
            }
        }
        // The template was checked in its own dtype, which may be a smaller one.
        let bytes = entry.numel.checked_mul(dtype.size());
        total = bytes
            .and_then(|bytes| total.checked_add(bytes))
            .filter(|&total| i64::try_from(total).is_ok())
            .with_context(|| {
                format!(
                    "with parameter {:?} in {dtype} the data is 2^63 bytes or more; no file holds \
                     that",
                    entry.name
                )
            })?;
        let entry = Entry { bytes: entry.numel * dtype.size(), ..entry.clone() };
        planned.push(Planned { entry, drawn, stream, dtype, rule: rule.pattern.clone() });
    }
    let mut notes = recipe.notes(&header.entries);
    notes.extend(losses.0.iter().map(Loss::text));
    Ok((planned, notes))
}

/// Says what [`plan`] has to say.
pub(crate) fn tell(notes: &[String]) {
    for note in notes {
        say(format_args!("note: {note}"));
    }
}

/// What is lost in dtypes, a line for each rule.
#[derive(Default)]
struct Losses(Vec<Loss>);

/// What a rule loses in a dtype.
struct Loss {
    rule: String,
    dtype: Dtype,
    /// What is lost of the first parameter.
    lost: String,
    parameters: usize,
    first: String,
}

impl Losses {
    fn add(&mut self, rule: &str, dtype: Dtype, lost: String, name: &str) {
        match self.0.iter_mut().find(|loss| loss.rule == rule && loss.dtype == dtype) {
            Some(loss) => loss.parameters += 1,
            None => self.0.push(Loss {
                rule: rule.into(),
                dtype,
                lost,
                parameters: 1,
                first: name.into(),
            }),
        }
    }
}

impl Loss {
    fn text(&self) -> String {
        let Self { rule, lost, parameters, first, .. } = self;
        let first = first.escape_debug();
        match parameters {
            1 => format!("{lost} (rule `{rule}`, parameter {first})"),
            _ => format!("{lost} (rule `{rule}`, {parameters} parameters, first {first})"),
        }
    }
}

/// The dtype that a parameter is drawn in; none where it is no weight.
fn drawn_in(entry: &Entry, wanted: Option<Dtype>) -> Option<Dtype> {
    let own = entry.dtype.parse().ok().filter(|own| Dtype::FLOATS.contains(own));
    match wanted {
        // An integer is no weight, whatever is wanted.
        Some(wanted) if own.is_some() || entry.dtype == "F64" => Some(wanted),
        Some(_) => None,
        None => own,
    }
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
