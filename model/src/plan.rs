//! What every parameter of a model gets: template and recipe put together.

use std::{collections::HashMap, fmt::Write};

use wgpu_weights::{Distribution, Dtype, Fill, initialiser::Drawn, stream_of};

use crate::{
    error::{Context, Result, bail, ensure},
    narrowing::lost_in,
    note::Note,
    recipe::{Laid, Recipe, RecipeIdentity, Rule},
    safetensors::TensorInfo,
    template::Template,
    text,
};

/// A parameter and what it gets.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlannedParameter {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// The dtype that is drawn.
    pub dtype: Dtype,
    /// The bytes that it takes in that dtype.
    pub bytes: u64,
    /// What its values are drawn from, and the fans that its scale came from.
    pub drawn: Drawn,
    /// Its stream: the hash of its name.
    pub stream: u64,
    /// The pattern of the rule that decided.
    pub rule: String,
}

impl PlannedParameter {
    /// The fill that makes it from this seed.
    pub fn fill(&self, seed: u64) -> Fill {
        Fill::new(self.drawn.distribution, &self.shape)
            .with_seed(seed)
            .with_stream(self.stream)
            .with_dtype(self.dtype)
    }
}

/// What every parameter of a model gets, in the template's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    recipe: RecipeIdentity,
    parameters: Vec<PlannedParameter>,
    notes: Vec<Note>,
}

impl Plan {
    /// The parameters, in the template's order.
    pub fn parameters(&self) -> &[PlannedParameter] {
        &self.parameters
    }

    /// Name and fill of each parameter, in the template's order.
    pub fn fills(&self, seed: u64) -> impl Iterator<Item = (&str, Fill)> {
        self.parameters.iter().map(move |it| (it.name.as_str(), it.fill(seed)))
    }

    /// What should be known and is no error.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The recipe that it was made by.
    pub fn recipe(&self) -> &RecipeIdentity {
        &self.recipe
    }

    /// The bytes that all parameters take together.
    pub fn bytes(&self) -> u64 {
        self.parameters.iter().map(|it| it.bytes).sum()
    }
}

impl Recipe {
    /// Plans a model, in the template's order, in `dtype` if there is one instead of the template's.
    ///
    /// # Errors
    /// Parameters that cannot be drawn or that no rule matches, all of them; two on one stream; a rule
    /// that fails; more than a file can hold.
    ///
    /// ```
    /// use wgpu_weights_model::{Recipe, Template};
    /// let template = Template::new([("wte.weight", "F32", &[50257, 768][..]), ("ln_f.weight", "F32", &[768])])?;
    /// let plan = Recipe::built_in("gpt2")?.plan(&template, None)?;
    /// let laws: Vec<_> = plan.parameters().iter().map(|it| it.drawn.distribution.to_string()).collect();
    /// assert_eq!(laws, ["normal mean 0 std 0.02", "constant 1"]);
    /// # Ok::<(), wgpu_weights_model::Error>(())
    /// ```
    pub fn plan(&self, template: &Template, dtype: Option<Dtype>) -> Result<Plan> {
        let tensors = template.tensors();
        let laid = Laid::over(template);
        self.check_covers(&laid, dtype)?;
        let (mut streams, mut total) = (HashMap::new(), 0u64);
        let mut parameters = Vec::with_capacity(tensors.len());
        let mut notes = self.notes(&laid)?;
        let (mut omitted, mut flat, mut uncut) = (Vec::new(), Vec::new(), Vec::new());
        for tensor in tensors {
            let Some(rule) = self.rule(tensor, &laid)? else { continue };
            if rule.omits() {
                omitted.push(tensor.name.as_str());
                continue;
            }
            let Some(dtype) = drawn_in(tensor, dtype) else { continue };
            let stream = stream_of(&tensor.name);
            if let Some(other) = streams.insert(stream, &tensor.name) {
                bail!(
                    "parameters {other:?} and {:?} have the same stream {stream:#x} and would get the \
                     same numbers; rename one of them",
                    tensor.name
                );
            }
            let Some(drawn) = self.draw(rule, tensor, &laid)? else {
                continue;
            };
            if drawn.distribution.cuts_nothing() {
                uncut.push((tensor.name.as_str(), drawn.distribution));
            }
            if Note::is_of_one_dimension(&drawn, &tensor.shape) {
                flat.push(tensor.name.as_str());
            }
            let lost = lost_in(dtype, &drawn.distribution);
            if let Some(lost) = lost.with_context(|| self.place(rule, tensor))? {
                note_lost(&mut notes, &rule.pattern, dtype, lost, &tensor.name);
            }
            // The template was checked in its own dtype, which may be a smaller one.
            let bytes = tensor.numel.checked_mul(dtype.size());
            total = bytes
                .and_then(|bytes| total.checked_add(bytes))
                .filter(|&total| i64::try_from(total).is_ok())
                .with_context(|| {
                    format!(
                        "with parameter {:?} in {dtype} the data is 2^63 bytes or more; no file holds \
                         that",
                        tensor.name
                    )
                })?;
            parameters.push(PlannedParameter {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                dtype,
                bytes: tensor.numel * dtype.size(),
                drawn,
                stream,
                rule: rule.pattern.clone(),
            });
        }
        if let Some(first) = omitted.first() {
            notes.push(Note::Omitted { parameters: omitted.len(), first: (*first).into() });
        }
        if let Some(first) = flat.first() {
            notes.push(Note::OneDimension { parameters: flat.len(), first: (*first).into() });
        }
        if let Some(&(first, law)) = uncut.first() {
            notes.push(Note::CutsNothing { parameters: uncut.len(), first: first.into(), law });
        }
        if let Some(head) = self.stands_apart(&laid) {
            notes.push(Note::Tied { head: head.into() });
        }
        let told = laid.shared.told();
        if !told.is_empty() {
            notes.push(Note::Variables { recipe: self.name().into(), told });
        }
        ensure!(!parameters.is_empty(), "recipe {} leaves every parameter out", self.name());
        Ok(Plan { recipe: self.identity().clone(), parameters, notes })
    }

    /// A head that the configuration ties to the embedding and the template has beside it.
    fn stands_apart<'a>(&self, laid: &Laid<'a>) -> Option<&'a str> {
        /// What transformers calls heads that it ties.
        const HEADS: [&str; 5] = ["lm_head", "proj_out", "embed_out", "decoder", "output"];
        let ties = laid.config?.number("tie_word_embeddings", None).ok()?? != 0.0;
        let is_head = |it: &&TensorInfo| {
            let module =
                it.name.strip_suffix(".weight").map(|it| it.rsplit('.').next().unwrap_or(it));
            it.shape.len() == 2 && module.is_some_and(|module| HEADS.contains(&module))
        };
        let head = laid.tensors.iter().find(is_head).filter(|_| ties)?;
        let other = |it: &TensorInfo| {
            it.name != head.name && it.shape == head.shape && it.name.contains("emb")
        };
        laid.tensors.iter().any(other).then_some(head.name.as_str())
    }

    /// Whether every parameter can be drawn and has a rule; all that do not are in the error.
    fn check_covers(&self, laid: &Laid<'_>, dtype: Option<Dtype>) -> Result<()> {
        let mut problems = String::new();
        let drawn = [Dtype::FLOATS, &[Dtype::F64]].concat();
        let drawn = drawn.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ");
        let tensors = laid.tensors;
        let rules = tensors.iter().map(|tensor| self.rule(tensor, laid));
        let rules: HashMap<&str, Option<&Rule>> = tensors
            .iter()
            .map(|it| it.name.as_str())
            .zip(rules.collect::<Result<Vec<_>>>()?)
            .collect();
        let rule = |tensor: &TensorInfo| rules.get(tensor.name.as_str()).copied().flatten();
        let drawable = |tensor: &TensorInfo| match drawn_in(tensor, dtype) {
            // What no weight is drawn as: whole numbers, where the rule makes them.
            Some(own) if own.integers().is_some() => rule(tensor).is_some_and(|rule| {
                let drawn = self.draw(rule, tensor, laid);
                // What is wrong with a rule is told where it draws.
                drawn.map_or(true, |drawn| drawn.is_none_or(|it| goes(&it.distribution, own)))
            }),
            dtype => dtype.is_some(),
        };
        let undrawable: Vec<_> = tensors
            .iter()
            .filter(|it| !drawable(it) && !rule(it).is_some_and(Rule::omits))
            .collect();
        let unmatched: Vec<_> =
            tensors.iter().filter(|it| rule(it).is_none() && drawable(it)).collect();
        if undrawable.is_empty() && unmatched.is_empty() {
            return Ok(());
        }
        let remedy = format!(
            "take them out of the template, give those that are integers whole numbers (\"zeros\", \"arange\"), or leave them out by rules \
             with init = \"omit\", first in the recipe, for the names {}",
            patterns(&undrawable)
        );
        list(
            &mut problems,
            ["has", "have"],
            &format!("a dtype that is not drawn ({drawn} are)"),
            &remedy,
            &undrawable,
            |tensor| format!("{} ({})", tensor.name, tensor.dtype),
        );
        let idle = self.notes(laid)?;
        let idle = idle.iter().filter(|note| matches!(note, Note::IdleRule { .. }));
        let idle: String = idle.map(|note| format!("\n{note}: is it misspelt?")).collect();
        list(
            &mut problems,
            ["matches", "match"],
            &format!("no rule of recipe {}; add one, or take another recipe", self.name()),
            &match self.identity().built_in {
                None => format!(
                    "rules for them, last in the recipe, with the law that they should have, are for the names {}{idle}",
                    patterns(&unmatched)
                ),
                Some(name) => format!(
                    "a recipe of your own adds rules: a TOML file of `extends = \"{name}\"` and, with the law that they should \
                     have, a [[rule]] for the names {}",
                    patterns(&unmatched)
                ),
            },
            &unmatched,
            |tensor| tensor.name.clone(),
        );
        bail!("{problems}")
    }
}

/// Notes what is lost in a dtype, once for each rule.
fn note_lost(notes: &mut Vec<Note>, rule: &str, in_dtype: Dtype, lost: String, name: &str) {
    for note in notes.iter_mut() {
        match note {
            Note::Lost { pattern, dtype, parameters, .. }
                if pattern == rule && *dtype == in_dtype =>
            {
                *parameters += 1;
                return;
            }
            _ => {}
        }
    }
    let (pattern, first) = (rule.into(), name.into());
    notes.push(Note::Lost { lost, pattern, dtype: in_dtype, parameters: 1, first });
}

/// The dtype that a parameter is drawn in; none where it is no weight.
fn drawn_in(tensor: &TensorInfo, wanted: Option<Dtype>) -> Option<Dtype> {
    let own: Dtype = tensor.dtype.parse().ok().filter(|&own| own != Dtype::U32)?;
    // An integer is no weight, whatever is wanted.
    Some(wanted.filter(|_| own.integers().is_none()).unwrap_or(own))
}

/// Whether the dtype has what the law makes, of whatever shape.
fn goes(law: &Distribution, dtype: Dtype) -> bool {
    Fill::new(*law, []).with_dtype(dtype).bytes().is_ok()
}

/// Names that are listed of a problem's parameters; more would hide what is to be done.
const LISTED: usize = 8;

/// A problem's parameters, those of one kind once, and the rule that would end it.
fn list(
    problems: &mut String,
    [singular, plural]: [&str; 2],
    what: &str,
    remedy: &str,
    tensors: &[&TensorInfo],
    name: impl Fn(&TensorInfo) -> String,
) {
    if tensors.is_empty() {
        return;
    }
    if !problems.is_empty() {
        problems.push('\n');
    }
    let verb = if tensors.len() == 1 { singular } else { plural };
    let _ = write!(problems, "{} {verb} {what}:", text::count(tensors.len(), "parameter"));
    for tensor in tensors.iter().take(LISTED) {
        let _ = write!(problems, "\n  {}", text::short(&name(tensor)).escape_debug());
    }
    if tensors.len() > LISTED {
        let _ = write!(problems, "\n  and {} more", tensors.len() - LISTED);
    }
    let _ = write!(problems, "\n{remedy}");
}

/// Patterns that the rule for these parameters may have: the last two words of each name, as few as they are.
fn patterns(tensors: &[&TensorInfo]) -> String {
    let mut patterns = Vec::new();
    for tensor in tensors {
        let is_word = |part: &&str| !part.is_empty() && !part.bytes().all(|it| it.is_ascii_digit());
        let words: Vec<_> = tensor.name.split('.').filter(is_word).collect();
        let pattern = match words[..] {
            [.., before, last] if tensor.name.ends_with(&format!("{before}.{last}")) => {
                format!("{before}.{last}")
            }
            [.., last] => last.to_owned(),
            [] => tensor.name.clone(),
        };
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    let more = patterns.len().saturating_sub(3);
    patterns.truncate(3);
    let shown = patterns.iter().map(|it| format!("{:?}", format!("*{}", text::short(it))));
    let shown = shown.collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
