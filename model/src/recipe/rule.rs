//! A rule of a recipe: a pattern of names, an initialiser, and its arguments.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use globset::GlobMatcher;
use serde::Deserialize;
use toml::Spanned;
use wgpu_weights::{
    Convention, calc_fan_in_and_fan_out,
    initialiser::{Argument, ArgumentKind, Arguments, Drawn, Initialiser, Value},
};

use super::{
    expression::{Number, Parsed},
    pattern::glob,
    rules_text::line_of,
    variables::{Memo, Scope, Vars},
};
use crate::{
    error::{Context, Result, bail, ensure},
    safetensors::TensorInfo,
};

/// A rule as written in TOML: `name`, `init`, perhaps `convention`, and the arguments of the initialiser,
/// whatever they are called.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct WrittenRule(BTreeMap<Spanned<String>, Number>);

impl WrittenRule {
    /// The text of a key that is not an argument's, and where it stands.
    fn take(&mut self, key: &str, recipe: &str) -> Result<Option<(String, Line)>> {
        let Some((spanned, value)) = self.0.remove_entry(key) else { return Ok(None) };
        let at = Line(spanned.span().start);
        match value {
            Number::Expression(text) => Ok(Some((text, at))),
            Number::Literal(_) => {
                bail!("{}: `{key}` is a number; it must be text in quotes", at.of(recipe))
            }
        }
    }

    /// The pattern, as far as there is one.
    pub(super) fn pattern(&self) -> &str {
        match self.0.get("name") {
            Some(Number::Expression(pattern)) => pattern,
            _ => "",
        }
    }
}

/// The line of a byte of the recipe.
struct Line(usize);

impl Line {
    fn of(&self, text: &str) -> String {
        format!("line {}", line_of(text, self.0))
    }
}

/// A rule that was read.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The pattern, as written.
    pub(crate) pattern: String,
    /// Which rule it is, from 1 on.
    pub(crate) place: usize,
    pub(super) glob: GlobMatcher,
    init: &'static Initialiser,
    convention: Convention,
    /// The arguments that are names; the numbers are filled in for each parameter.
    names: Arguments,
    numbers: Vec<(&'static Argument, Parsed)>,
}

impl Rule {
    /// Reads a rule of this text.
    pub(super) fn new(
        place: usize,
        mut written: WrittenRule,
        convention: Option<Convention>,
        text: &str,
    ) -> Result<Self> {
        let (pattern, at) =
            written.take("name", text)?.context("it has no `name`, a pattern of names")?;
        let glob = glob(&pattern).with_context(|| at.of(text))?;
        let (init, at) =
            written.take("init", text)?.context("it has no `init`, an initialiser's name")?;
        let init = Initialiser::named(&init).with_context(|| at.of(text))?;
        let own = written.take("convention", text)?;
        ensure!(
            init.name != "bits",
            "`bits` are U32 words and no weights; take `fill` to write them"
        );
        let (mut names, mut numbers) = (Arguments::default(), Vec::new());
        for (key, written) in written.0 {
            let at = Line(key.span().start);
            let key = key.into_inner();
            let argument = init.argument(&key).with_context(|| at.of(text))?;
            match (argument.kind, written) {
                (ArgumentKind::Choice(_), Number::Expression(name)) => {
                    let value = argument.parse(&name).with_context(|| at.of(text))?;
                    names.set(argument, value)?;
                }
                (ArgumentKind::Choice(known), Number::Literal(_)) => {
                    let at = at.of(text);
                    bail!("{at}: `{key}` is a number; it must be one of {}", known.join(", "));
                }
                (_, number) => {
                    let parsed = Parsed::new(&number).with_context(|| format!("`{key}`"))?;
                    numbers.push((argument, parsed));
                }
            }
        }
        let takes = init.argument("convention");
        // An expression may ask for the fans whatever the initialiser, and so for a convention.
        let asks = numbers.iter().any(|(_, number)| !number.is_literal());
        if let (Some((_, at)), false) = (&own, asks) {
            takes.clone().with_context(|| at.of(text))?;
        }
        let convention = match own {
            Some((name, at)) => name.parse::<Convention>().with_context(|| at.of(text))?,
            None => convention.unwrap_or_default(),
        };
        if let Ok(argument) = takes {
            names.set(argument, Value::Name(convention.name()))?;
        }
        Ok(Self { place, glob, pattern, init, convention, names, numbers })
    }

    /// What the rule makes of a parameter of this template.
    pub(super) fn draw(
        &self,
        vars: &Vars,
        tensor: &TensorInfo,
        template: &[TensorInfo],
        shared: &Memo,
    ) -> Result<Drawn> {
        let scope = Scope {
            vars,
            template,
            tensor,
            convention: self.convention,
            used_fans: Cell::new(false),
            shared,
            own: Memo::default(),
            pending: RefCell::default(),
        };
        let mut given = self.names.clone();
        for (argument, number) in &self.numbers {
            let what = || format!("`{}` = {}", argument.key, number.text());
            let value = scope.value(number).with_context(what)?;
            let set = given.set(argument, Value::Number(value));
            // A literal says itself what is wrong with it.
            if number.is_literal() { set? } else { set.with_context(what)? }
        }
        let mut drawn = self.init.draw(&tensor.shape, &given)?;
        if scope.used_fans.get() {
            drawn.fans = Some(calc_fan_in_and_fan_out(&tensor.shape, self.convention)?);
            drawn.convention = Some(self.convention);
        }
        Ok(drawn)
    }
}
