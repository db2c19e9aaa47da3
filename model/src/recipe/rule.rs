//! A rule of a recipe: a pattern of names, an initialiser, and its arguments.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use globset::GlobMatcher;
use serde::Deserialize;
use wgpu_weights::{
    Convention, calc_fan_in_and_fan_out,
    initialiser::{Argument, ArgumentKind, Arguments, Drawn, Initialiser, Value},
};

use super::{
    expression::{Number, Parsed},
    pattern::glob,
    variables::{Memo, Scope, Vars},
};
use crate::{
    error::{Context, Result, bail, ensure},
    safetensors::TensorInfo,
};

/// A rule as written in TOML.
#[derive(Debug, Deserialize)]
pub(super) struct WrittenRule {
    pub(super) name: String,
    init: String,
    convention: Option<String>,
    /// Those of the initialiser, whatever they are called.
    #[serde(flatten)]
    arguments: BTreeMap<String, Number>,
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
    pub(super) fn new(
        place: usize,
        written: WrittenRule,
        convention: Option<Convention>,
    ) -> Result<Self> {
        let WrittenRule { name: pattern, init, convention: own, arguments } = written;
        let init = Initialiser::named(&init)?;
        ensure!(
            init.name != "bits",
            "`bits` are U32 words and no weights; take `fill` to write them"
        );
        let (mut names, mut numbers) = (Arguments::default(), Vec::new());
        for (key, written) in arguments {
            let argument = init.argument(&key)?;
            match (argument.kind, written) {
                (ArgumentKind::Choice(_), Number::Expression(name)) => {
                    names.set(argument, argument.parse(&name)?)?;
                }
                (ArgumentKind::Choice(known), Number::Literal(_)) => {
                    bail!("`{key}` is a number; it must be one of {}", known.join(", "));
                }
                (_, number) => {
                    let parsed = Parsed::new(&number).with_context(|| format!("`{key}`"))?;
                    numbers.push((argument, parsed));
                }
            }
        }
        let takes = init.argument("convention");
        // An expression may ask for the fans whatever the initialiser, and so for a convention.
        if own.is_some() && numbers.is_empty() {
            takes.clone()?;
        }
        let own = own.as_deref().map(str::parse).transpose()?;
        let convention = own.or(convention).unwrap_or_default();
        if let Ok(argument) = takes {
            names.set(argument, Value::Name(convention.name()))?;
        }
        Ok(Self { place, glob: glob(&pattern)?, pattern, init, convention, names, numbers })
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
