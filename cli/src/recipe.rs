//! Recipes: ordered rules from parameters' names to initialisers.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use wgpu_weights::{Convention, calc_fan_in_and_fan_out};

use crate::{
    args::InitArguments,
    expression::{Number, Parsed},
    initialiser::{Drawn, Init},
    recipes, rules_file, table,
    template::Entry,
    vars::{Memo, Scope, Vars, Written},
};

/// A recipe as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecipe {
    convention: Option<String>,
    #[serde(default)]
    vars: BTreeMap<String, Written>,
    #[serde(default)]
    rule: Vec<WrittenRule>,
}

/// A rule as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    init: Init,
    convention: Option<String>,
    nonlinearity: Option<String>,
    mode: Option<String>,
    a: Option<Number>,
    gain: Option<Number>,
    mean: Option<Number>,
    std: Option<Number>,
    low: Option<Number>,
    high: Option<Number>,
    value: Option<Number>,
}

/// A recipe that was read.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// Its name, or its file.
    pub(crate) name: String,
    vars: Vars,
    rules: Vec<Rule>,
}

/// A rule that was read.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The pattern, as written.
    pub(crate) pattern: String,
    place: usize,
    glob: GlobMatcher,
    init: Init,
    /// The arguments that are names; the numbers are filled in for each parameter.
    named: InitArguments,
    numbers: Vec<(&'static str, Parsed)>,
}

/// Bytes of a pattern. globset panics where a pattern makes too large a regex.
const MAX_PATTERN: usize = 1000;
/// Braces of a pattern that are open at once. globset and regex go as deep as they.
const MAX_BRACES: usize = 8;

/// A pattern of names; `*` matches dots too.
///
/// # Errors
/// What globset cannot read or must not be given.
pub(crate) fn glob(pattern: &str) -> Result<GlobMatcher> {
    ensure!(
        pattern.len() <= MAX_PATTERN,
        "a pattern of {} bytes; at most {MAX_PATTERN} are taken",
        pattern.len()
    );
    let (mut open, mut deepest) = (0usize, 0);
    // Escaped ones count as well, and those in brackets: nobody writes so many.
    for byte in pattern.bytes() {
        match byte {
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    ensure!(
        deepest <= MAX_BRACES,
        "a pattern of braces nested {deepest} deep; at most {MAX_BRACES} levels are taken"
    );
    let glob = GlobBuilder::new(pattern)
        .literal_separator(false)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map_err(|error| {
            anyhow!("{error}; `*`, `?`, [abc] and {{a,b}} are special, `\\` escapes")
        })?;
    Ok(glob.compile_matcher())
}

impl Recipe {
    /// A built-in recipe, or a file.
    ///
    /// # Errors
    /// Neither, or a file that cannot be read.
    pub(crate) fn find(name: &str) -> Result<Self> {
        if let Some(text) = recipes::text(name) {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        if !path.exists() {
            let names: Vec<_> = recipes::names().collect();
            bail!(
                "recipe `{name}` is neither built in nor a file; built in are {}",
                names.join(", ")
            );
        }
        let text = rules_file::read(path).with_context(|| format!("recipe {}", path.display()))?;
        let json = path.extension().is_some_and(|extension| extension == "json");
        if json || text.trim_start().starts_with('{') {
            bail!(
                "recipe {name} is JSON; a recipe is TOML, as `wgpu-weights recipes gpt2` prints one"
            );
        }
        Self::parse(name, &text)
    }

    /// Reads a recipe.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let read = || {
            let written: WrittenRecipe = rules_file::parse(text)?;
            let convention = written.convention.as_deref().map(str::parse).transpose()?;
            let vars = Vars::new(written.vars)?;
            ensure!(!written.rule.is_empty(), "it has no [[rule]]");
            let rules = written
                .rule
                .into_iter()
                .enumerate()
                .map(|(at, rule)| {
                    let place = at + 1;
                    let context = format!("rule {place} (`{}`)", table::short(&rule.name));
                    Rule::new(place, rule, convention).context(context)
                })
                .collect::<Result<_>>()?;
            Ok(Self { name: name.into(), vars, rules })
        };
        read().with_context(|| format!("recipe {name}"))
    }

    /// The first rule that matches a name.
    pub(crate) fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.glob.is_match(name))
    }

    /// What a rule makes of a parameter; `shared` is of this template.
    ///
    /// # Errors
    /// A number of the rule that the parameter cannot have, or a shape without the fans needed.
    pub(crate) fn draw(
        &self,
        rule: &Rule,
        entry: &Entry,
        template: &[Entry],
        shared: &Memo,
    ) -> Result<Drawn> {
        let scope = Scope {
            vars: &self.vars,
            template,
            entry,
            convention: rule.named.convention.unwrap_or_default(),
            used_fans: Cell::new(false),
            shared,
            own: Memo::default(),
            pending: RefCell::default(),
        };
        rule.draw(&scope).with_context(|| self.place(rule, entry))
    }

    /// A rule and a parameter, as errors name them.
    pub(crate) fn place(&self, rule: &Rule, entry: &Entry) -> String {
        let (place, pattern) = (rule.place, table::short(&rule.pattern));
        format!(
            "recipe {}, rule {place} (`{pattern}`), parameter {:?} of shape {:?}",
            self.name, entry.name, entry.shape
        )
    }

    /// Rules that decide nothing: those that come too late, and in a file of the user's own those
    /// that match no name.
    pub(crate) fn notes(&self, entries: &[Entry]) -> Vec<String> {
        let own = recipes::text(&self.name).is_none();
        let mut notes = Vec::new();
        for rule in &self.rules {
            let matched: Vec<&str> = entries
                .iter()
                .map(|entry| entry.name.as_str())
                .filter(|name| rule.glob.is_match(name))
                .collect();
            let Rule { place, pattern, .. } = rule;
            let what = format!("recipe {}: rule {place} (`{pattern}`)", self.name);
            if matched.is_empty() {
                if own {
                    notes.push(format!("{what} matches no parameter"));
                }
                continue;
            }
            let mut earlier: Vec<&Rule> =
                matched.iter().filter_map(|name| self.rule(name)).collect();
            if earlier.iter().any(|earlier| earlier.place == *place) {
                continue;
            }
            earlier.sort_by_key(|rule| rule.place);
            earlier.dedup_by_key(|rule| rule.place);
            let earlier: Vec<_> = earlier
                .iter()
                .map(|rule| format!("rule {} (`{}`)", rule.place, rule.pattern))
                .collect();
            notes.push(match matched.len() {
                1 => format!(
                    "{what} decides nothing: the one parameter that it matches is taken by {}",
                    earlier.join(", ")
                ),
                count => format!(
                    "{what} decides nothing: all {count} parameters that it matches are taken by {}",
                    earlier.join(", ")
                ),
            });
        }
        notes
    }
}

impl Rule {
    fn new(place: usize, written: WrittenRule, convention: Option<Convention>) -> Result<Self> {
        let WrittenRule { name, init, a, gain, mean, std, low, high, value, .. } = written;
        let given = [
            ("a", a),
            ("gain", gain),
            ("mean", mean),
            ("std", std),
            ("low", low),
            ("high", high),
            ("value", value),
        ];
        let mut numbers = Vec::new();
        for (key, number) in given {
            if let Some(number) = number {
                numbers.push((key, Parsed::new(&number).with_context(|| format!("`{key}`"))?));
            }
        }
        let names = InitArguments {
            convention: written.convention.as_deref().map(str::parse).transpose()?,
            nonlinearity: written.nonlinearity.as_deref().map(str::parse).transpose()?,
            mode: written.mode.as_deref().map(str::parse).transpose()?,
            ..InitArguments::default()
        };
        // An expression may ask for the fans whatever the initialiser, and so for a convention.
        let given = names.given().filter(|&key| key != "convention" || numbers.is_empty());
        let given = given.chain(numbers.iter().map(|(key, _)| *key));
        if let Some(message) = init.refuses(given, "") {
            bail!(message);
        }
        ensure!(
            init != Init::Bits,
            "`bits` are U32 words and no weights; take `fill` to write them"
        );
        let named = InitArguments { convention: names.convention.or(convention), ..names };
        Ok(Self { place, glob: glob(&name)?, pattern: name, init, named, numbers })
    }

    fn draw(&self, scope: &Scope<'_>) -> Result<Drawn> {
        let mut arguments = self.named.clone();
        for (key, number) in &self.numbers {
            let context = || format!("`{key}` = {}", number.text());
            let value = scope.value(number).with_context(context)?;
            let scale = matches!(*key, "std" | "gain");
            ensure!(!scale || value >= 0.0, "{} is {value}; it must be zero or more", context());
            *match *key {
                "a" => &mut arguments.a,
                "gain" => &mut arguments.gain,
                "mean" => &mut arguments.mean,
                "std" => &mut arguments.std,
                "low" => &mut arguments.low,
                "high" => &mut arguments.high,
                _ => &mut arguments.value,
            } = Some(value);
        }
        let mut drawn = self.init.draw(&scope.entry.shape, &arguments)?;
        if scope.used_fans.get() {
            drawn.fans = Some(calc_fan_in_and_fan_out(&scope.entry.shape, scope.convention)?);
        }
        Ok(drawn)
    }
}
