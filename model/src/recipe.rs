//! Recipes: ordered rules from parameters' names to initialisers.

mod built_in;
mod expression;
mod laid;
pub(crate) mod pattern;
mod rule;
pub(crate) mod rules_text;
mod variables;

pub use built_in::{BUILT_IN, BuiltIn};
pub(crate) use laid::Laid;
pub(crate) use rule::Rule;
pub(crate) use variables::Memo;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use wgpu_weights::{Convention, initialiser::Drawn};

use self::{
    rule::WrittenRule,
    variables::{Vars, Written},
};
#[cfg(feature = "files")]
use crate::template::Template;
use crate::{
    config::Config,
    digest,
    error::{Context, Error, Result, bail, ensure},
    note::Note,
    safetensors::TensorInfo,
    text,
};

/// A recipe as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecipe {
    extends: Option<Spanned<String>>,
    /// Read by [`BuiltIn::model_types`].
    #[serde(default, rename = "model_types")]
    _model_types: Vec<String>,
    convention: Option<Spanned<String>>,
    #[serde(default)]
    vars: BTreeMap<String, Written>,
    #[serde(default)]
    rule: Vec<WrittenRule>,
}

/// Ordered rules from parameters' names to initialisers: a built-in one, or TOML of the user's own.
///
/// [`BUILT_IN`] has those to start from. The language, [`Recipe::EXAMPLE`]:
///
/// ```toml
#[doc = include_str!("recipe/example.toml")]
/// ```
///
#[doc = include_str!("recipe/expressions.txt")]
///
/// Initialisers and their arguments are those of [`wgpu_weights::initialiser`].
///
/// ```
/// use wgpu_weights_model::{Recipe, Template};
/// let recipe = Recipe::parse("mine", r#"
///     [vars]
///     n_layers = { count = "h.*.mlp.c_proj.weight" }
///     [[rule]]
///     name = "*.c_proj.weight"
///     init = "normal"
///     std = "0.02 / sqrt(2 * n_layers)"
/// "#)?;
/// let template = Template::new([("h.0.mlp.c_proj.weight", "F32", &[3072, 768][..])])?;
/// let plan = recipe.plan(&template, None)?;
/// assert_eq!(plan.parameters()[0].drawn.distribution.to_string(), "normal mean 0 std 0.014142135");
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its name in messages: a built-in one's, or what its author calls it.
    name: String,
    identity: RecipeIdentity,
    toml_sha256: String,
    convention: Option<Convention>,
    vars: Vars,
    rules: Vec<Rule>,
}

/// The recipe of a name of its own: what transformers draws, whatever the model.
pub const HF: &str = "hf";

/// How many recipes may extend each other in a row.
const MAX_EXTENDS: usize = 8;

/// What tells a recipe from others: its content, wherever it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipeIdentity {
    /// The name of the built-in recipe of this content; none for one of the user's own.
    pub built_in: Option<&'static str>,
    /// Variables that were given another value.
    pub set: BTreeMap<String, String>,
    /// The SHA-256 of its text, and of what was set, in hexadecimal.
    pub sha256: String,
}

impl Recipe {
    /// A recipe that shows the language, with comments.
    pub const EXAMPLE: &str = include_str!("recipe/example.toml");
    /// What an expression may say.
    pub const EXPRESSIONS: &str = include_str!("recipe/expressions.txt");

    /// The built-in recipe of this name ([`BUILT_IN`] lists them).
    ///
    /// # Errors
    /// There is none of this name.
    pub fn built_in(name: &str) -> Result<Self> {
        Self::parse(name, BuiltIn::named(name)?.text)
    }

    /// The built-in recipe of what transformers draws for models of this configuration's `model_type`.
    ///
    /// # Errors
    /// No configuration, one without a `model_type`, or one that no recipe is for.
    ///
    /// ```
    /// use wgpu_weights_model::{Config, Recipe};
    /// let config = Config::parse(br#"{"model_type": "mistral", "initializer_range": 0.01}"#)?;
    /// assert_eq!(Recipe::hf(Some(&config))?.name(), "hf/llama");
    /// assert!(Recipe::hf(None).is_err());
    /// # Ok::<(), wgpu_weights_model::Error>(())
    /// ```
    pub fn hf(config: Option<&Config>) -> Result<Self> {
        let listed = "`wgpu-weights recipes` lists what there is";
        let Some(config) = config else {
            bail!(
                "recipe {HF} takes the rules of the model's configuration, and there is none: give config.json \
                 (--config FILE), a folder that has one, or a recipe by its own name; {listed}"
            );
        };
        let Some(model_type) = config.model_type() else {
            bail!(
                "recipe {HF} takes the rules of the configuration's `model_type`, which it does not say; give a recipe by \
                 its own name: {listed}"
            );
        };
        let types: Vec<_> = BUILT_IN.iter().map(|it| (it, it.model_types())).collect();
        let found = types.iter().find(|(_, types)| types.iter().any(|it| it == model_type));
        let Some((found, _)) = found else {
            let near =
                text::nearest(types.iter().flat_map(|it| &it.1).map(String::as_str), model_type);
            bail!(
                "recipe {HF} knows no model_type `{}`{near}; {HF}/base has transformers' default for Linear, Embedding and \
                 norms, which many models take unchanged: look whether this one's `_init_weights` says otherwise",
                text::short(model_type)
            );
        };
        Self::built_in(found.name)
    }

    /// The recipe of a name as a command line has it: [`hf`](Self::hf) for this template's configuration, a built-in
    /// recipe, or else the file of this name.
    ///
    /// # Errors
    /// None of these, or a file that cannot be read.
    #[cfg(feature = "files")]
    pub fn find_for(name: &str, template: &Template) -> Result<Self> {
        if name == HF { Self::hf(template.config()) } else { Self::find(name) }
    }

    /// A built-in recipe, or else the file of this name.
    ///
    /// # Errors
    /// Neither, or a file that cannot be read.
    #[cfg(feature = "files")]
    pub fn find(name: &str) -> Result<Self> {
        ensure!(
            name != HF,
            "recipe {HF} is of a model's configuration: `Recipe::find_for` takes its template"
        );
        if BUILT_IN.iter().any(|it| it.name == name) {
            return Self::built_in(name);
        }
        let path = std::path::Path::new(name);
        ensure!(
            path.exists() && !path.is_dir(),
            "recipe `{name}` is neither built in nor a file{}; `wgpu-weights recipes` lists those that are built in",
            text::nearest(BUILT_IN.iter().map(|it| it.name), name)
        );
        let text = rules_text::read(path).with_context(|| format!("recipe {name}"))?;
        let json = path.extension().is_some_and(|extension| extension == "json");
        if json || text.trim_start().starts_with('{') {
            bail!(
                "recipe {name} is JSON; a recipe is TOML, as `wgpu-weights recipes gpt2` prints one"
            );
        }
        Self::parse(name, &text)
    }

    /// Reads a recipe from TOML; `name` is what messages call it.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(name: &str, toml: &str) -> Result<Self> {
        Self::parse_within(name, toml, MAX_EXTENDS)
    }

    /// As [`parse`](Self::parse), of a recipe that so many may stand above.
    fn parse_within(name: &str, toml: &str, above: usize) -> Result<Self> {
        let read = || {
            let written: WrittenRecipe = rules_text::parse(toml)?;
            let convention = written.convention.map(|written| {
                let line = rules_text::line_of(toml, written.span().start);
                written.get_ref().parse::<Convention>().with_context(|| format!("line {line}"))
            });
            let convention = convention.transpose()?;
            let parent = written.extends.map(|extends| {
                let line = rules_text::line_of(toml, extends.span().start);
                let parent = match above.checked_sub(1) {
                    Some(above) => BuiltIn::named(extends.get_ref())
                        .and_then(|it| Self::parse_within(it.name, it.text, above)),
                    None => Err(Error::new(format_args!(
                        "more than {MAX_EXTENDS} recipes extend each other in a row"
                    ))),
                };
                parent.with_context(|| format!("line {line}: `extends`"))
            });
            let parent = parent.transpose()?;
            let convention = convention.or(parent.as_ref().and_then(|it| it.convention));
            let mut vars = Vars::new(written.vars)?;
            ensure!(!written.rule.is_empty() || parent.is_some(), "it has no [[rule]]");
            let mut rules: Vec<Rule> = written
                .rule
                .into_iter()
                .enumerate()
                .map(|(at, rule)| {
                    let place = at + 1;
                    let context = format!("rule {place} (`{}`)", text::short(rule.pattern()));
                    Rule::new(place, rule, convention, toml).context(context)
                })
                .collect::<Result<_>>()?;
            let built_in = BUILT_IN.iter().find(|it| it.text == toml).map(|it| it.name);
            let mut sha256 = digest::of(toml.as_bytes());
            if let Some(parent) = parent {
                sha256 = digest::of((sha256 + &parent.toml_sha256).as_bytes());
                vars = vars.over(parent.vars);
                let own = rules.len();
                rules.extend(parent.rules.into_iter().map(|rule| rule.inherited(own)));
            }
            let set = BTreeMap::new();
            let identity = RecipeIdentity { built_in, set, sha256: sha256.clone() };
            Ok(Self { name: name.into(), identity, toml_sha256: sha256, convention, vars, rules })
        };
        read().with_context(|| format!("recipe {name}"))
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What tells it from others.
    pub fn identity(&self) -> &RecipeIdentity {
        &self.identity
    }

    /// With another value of one of its variables: a number, or an expression over the others. It is another recipe
    /// then, in what files say.
    ///
    /// # Errors
    /// It has no variable of this name; text that is no expression.
    ///
    /// ```
    /// use wgpu_weights_model::{Recipe, Template};
    /// let wider = Recipe::built_in("gpt2")?.with_variable("initializer_range", "0.04")?;
    /// let template = Template::new([("wte.weight", "F32", &[100, 8][..])])?;
    /// let plan = wider.plan(&template, None)?;
    /// assert_eq!(plan.parameters()[0].drawn.distribution.to_string(), "normal mean 0 std 0.04");
    /// assert!(Recipe::built_in("gpt2")?.with_variable("initialiser_range", "0.04").is_err());
    /// # Ok::<(), wgpu_weights_model::Error>(())
    /// ```
    pub fn with_variable(mut self, name: &str, value: &str) -> Result<Self> {
        self.vars.set(name, value).with_context(|| format!("recipe {}", self.name))?;
        self.identity.set.insert(name.into(), value.trim().into());
        let set = self.identity.set.iter().map(|(name, value)| format!("{name} = {value}\n"));
        self.identity.sha256 =
            digest::of((self.toml_sha256.clone() + &set.collect::<String>()).as_bytes());
        Ok(self)
    }

    /// The first rule that is for a parameter.
    ///
    /// # Errors
    /// A condition that has no value.
    pub(crate) fn rule(&self, tensor: &TensorInfo, laid: &Laid<'_>) -> Result<Option<&Rule>> {
        for rule in &self.rules {
            if self.matches(rule, tensor, laid)? {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    fn matches(&self, rule: &Rule, tensor: &TensorInfo, laid: &Laid<'_>) -> Result<bool> {
        let matches = rule.matches(&self.vars, tensor, laid);
        matches.with_context(|| self.place(rule, tensor))
    }

    /// What a rule makes of a parameter.
    ///
    /// # Errors
    /// A number of the rule that the parameter cannot have, or a shape without the fans needed.
    pub(crate) fn draw(
        &self,
        rule: &Rule,
        tensor: &TensorInfo,
        laid: &Laid<'_>,
    ) -> Result<Option<Drawn>> {
        let drawn = rule.draw(&self.vars, tensor, laid);
        drawn.with_context(|| self.place(rule, tensor))
    }

    /// A rule and a parameter, as errors name them.
    pub(crate) fn place(&self, rule: &Rule, tensor: &TensorInfo) -> String {
        let (place, pattern) = (rule.place, text::short(&rule.pattern));
        format!(
            "recipe {}, rule {place} (`{pattern}`), parameter {:?} of shape {:?}",
            self.name, tensor.name, tensor.shape
        )
    }

    /// Rules that decide nothing: those that come too late, and in a file of the user's own those
    /// that match no name.
    ///
    /// # Errors
    /// A condition that has no value.
    pub(crate) fn notes(&self, laid: &Laid<'_>) -> Result<Vec<Note>> {
        let own = self.identity.built_in.is_none();
        let mut notes = Vec::new();
        for rule in &self.rules {
            let (mut matched, mut earlier) = (0, BTreeMap::new());
            for tensor in laid.tensors {
                if self.matches(rule, tensor, laid)? {
                    matched += 1;
                    let decides = self.rule(tensor, laid)?;
                    earlier.extend(decides.map(|it| (it.place, it.pattern.clone())));
                }
            }
            let (recipe, place, pattern) = (self.name.clone(), rule.place, rule.pattern.clone());
            if matched == 0 {
                if own && !rule.inherited {
                    notes.push(Note::IdleRule { recipe, place, pattern });
                }
                continue;
            }
            if !earlier.contains_key(&place) {
                // A built-in one is for many models, of which some have no use for a rule.
                if !own {
                    continue;
                }
                // What a recipe changes of another's is meant.
                let takes =
                    |place: &usize| self.rules.get(place - 1).is_some_and(|it| !it.inherited);
                if rule.inherited && earlier.keys().all(takes) {
                    continue;
                }
                let (parameters, earlier) = (matched, earlier.into_iter().collect());
                notes.push(Note::LateRule { recipe, place, pattern, parameters, earlier });
            } else if let Some(text) = &rule.note {
                notes.push(Note::OfRule { recipe, pattern, text: text.clone() });
            }
        }
        Ok(notes)
    }
}
