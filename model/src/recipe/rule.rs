//! A rule of a recipe: a pattern of names, an initialiser, and its arguments.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::Range,
};

use globset::GlobMatcher;
use serde::Deserialize;
use toml::Spanned;
use wgpu_weights::{
    Convention, Expression, calc_fan_in_and_fan_out,
    initialiser::{Argument, ArgumentKind, Arguments, Drawn, Initialiser, Value},
};

use super::{
    expression::{Number, Parsed},
    laid::Laid,
    pattern::glob,
    rules_text::line_of,
    variables::{Memo, Scope, Vars},
};
use crate::{
    error::{Context, Error, Result, bail, ensure},
    safetensors::{ByName, TensorInfo},
    text,
};

/// The `init` of parameters that are left out of the checkpoint.
const OMIT: &str = "omit";

/// A rule as written in TOML: `name`, `init`, perhaps `convention`, `fans_of`, `dims`, `dims_of_fans`, `beside`, `when`, `padding_idx`,
/// `rows` and `note`, and the arguments of the initialiser, whatever they are called.
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

    /// The number or expression of a key that is not an argument's.
    fn take_number(&mut self, key: &str, recipe: &str) -> Result<Option<Parsed>> {
        let Some((spanned, value)) = self.0.remove_entry(key) else { return Ok(None) };
        let at = Line(spanned.span().start);
        let parsed = Parsed::new(&value);
        Ok(Some(parsed.with_context(|| format!("{}: `{key}`", at.of(recipe)))?))
    }

    /// The number of a key that is not an argument's.
    fn take_count(&mut self, key: &str, recipe: &str) -> Result<Option<usize>> {
        let Some((spanned, value)) = self.0.remove_entry(key) else { return Ok(None) };
        let at = Line(spanned.span().start);
        match value {
            Number::Literal(number) if number.fract() == 0.0 && (0.0..=64.0).contains(&number) => {
                Ok(Some(number as usize))
            }
            _ => bail!("{}: `{key}` must be a number of dimensions, 0 to 64", at.of(recipe)),
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

/// The parameter of a name in which `{}` is another's without its last component.
fn of_stem<'a>(name: &str, tensor: &TensorInfo, by_name: &ByName<'a>) -> Option<&'a TensorInfo> {
    let stem = tensor.name.rsplit_once('.').map_or("", |(stem, _)| stem);
    // Of a parameter without a stem, `{}.weight` is `weight`.
    by_name.get(name.replace("{}", stem).trim_start_matches('.')).copied()
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
    /// Only for parameters of so many dimensions.
    dims: Option<usize>,
    /// Whose fans are asked for: a name, in which `{}` is the parameter's own without its last component.
    fans_of: Option<String>,
    /// Only where that one has so many dimensions.
    dims_of_fans: Option<usize>,
    /// Only where this is not 0.
    when: Option<Parsed>,
    /// A row that is 0, counted from the end where it is negative.
    padding_idx: Option<Parsed>,
    /// The row from which on all are 0.
    rows: Option<Parsed>,
    /// Whether it is of a recipe that this one extends.
    pub(super) inherited: bool,
    /// Only where the template has this parameter too.
    beside: Option<String>,
    /// What a user should know where it decides.
    pub(super) note: Option<String>,
    /// None leaves the parameter out.
    init: Option<&'static Initialiser>,
    convention: Convention,
    /// The arguments that are names; the numbers are filled in for each parameter.
    names: Arguments,
    numbers: Vec<(&'static Argument, Parsed)>,
    /// What each element is, which variables are filled in too.
    expressions: Vec<(&'static Argument, Expression)>,
}

impl Rule {
    /// Reads a rule of this text.
    pub(super) fn new(
        place: usize,
        mut written: WrittenRule,
        convention: Option<Convention>,
        toml: &str,
    ) -> Result<Self> {
        let (pattern, at) = written.take("name", toml)?.with_context(|| {
            let keys = written.0.keys().map(|key| format!("`{}`", key.get_ref()));
            let keys = keys.collect::<Vec<_>>().join(", ");
            format!("it has no `name`, a pattern of names; it has {keys}")
        })?;
        let glob = glob(&pattern).with_context(|| at.of(toml))?;
        let (init, at) =
            written.take("init", toml)?.context("it has no `init`, an initialiser's name")?;
        let init = match init.as_str() {
            OMIT => None,
            "bits" => bail!("`bits` are U32 words and no weights; take `fill` to write them"),
            init => {
                let named = Initialiser::named(init).map_err(|error| {
                    let known = Initialiser::ALL.iter().map(|it| it.name).chain([OMIT]);
                    let near = text::nearest(known, init);
                    Error::new(format_args!("{error}, {OMIT}{near}"))
                });
                Some(named.with_context(|| at.of(toml))?)
            }
        };
        let own = written.take("convention", toml)?;
        let note = written.take("note", toml)?.map(|(note, _)| note);
        let fans_of = written.take("fans_of", toml)?.map(|(name, _)| name);
        let dims = written.take_count("dims", toml)?;
        let dims_of_fans = written.take_count("dims_of_fans", toml)?;
        let beside = written.take("beside", toml)?.map(|(name, _)| name);
        let when = written.take_number("when", toml)?;
        let padding_idx = written.take_number("padding_idx", toml)?;
        let rows = written.take_number("rows", toml)?;
        ensure!(
            padding_idx.is_none() || rows.is_none(),
            "it has `padding_idx` and `rows`; one range of rows can be zero: take one of them"
        );
        ensure!(
            dims_of_fans.is_none() || fans_of.is_some(),
            "`dims_of_fans` needs `fans_of`, the parameter whose dimensions are counted"
        );
        let (mut names, mut numbers) = (Arguments::default(), Vec::new());
        let mut expressions = Vec::new();
        for (key, written) in written.0 {
            let at = Line(key.span().start);
            let key = key.into_inner();
            let Some(init) = init else {
                bail!(
                    "{}: `{key}` has no effect on `{OMIT}`, which takes no argument",
                    at.of(toml)
                );
            };
            let argument = init.argument(&key).with_context(|| at.of(toml))?;
            match (argument.kind, written) {
                (ArgumentKind::Choice(_) | ArgumentKind::Axes, Number::Expression(name)) => {
                    let value = argument.parse(&name).with_context(|| at.of(toml))?;
                    names.set(argument, value)?;
                }
                (ArgumentKind::Expression, number) => {
                    let text = match number {
                        Number::Expression(text) => text,
                        Number::Literal(number) => number.to_string(),
                    };
                    let parsed = Expression::parse(&text);
                    let what = || format!("{}: `{key}` = {:?}", at.of(toml), text::short(&text));
                    expressions.push((argument, parsed.with_context(what)?));
                }
                (ArgumentKind::Axes, Number::Literal(axis)) => {
                    let value = argument.parse(&axis.to_string()).with_context(|| at.of(toml))?;
                    names.set(argument, value)?;
                }
                (ArgumentKind::Choice(known), Number::Literal(_)) => {
                    let at = at.of(toml);
                    bail!("{at}: `{key}` is a number; it must be one of {}", known.join(", "));
                }
                (_, number) => {
                    let parsed = Parsed::new(&number).with_context(|| format!("`{key}`"))?;
                    numbers.push((argument, parsed));
                }
            }
        }
        let takes = init.map(|init| init.argument("convention"));
        // An expression may ask for the fans whatever the initialiser, and so for a convention.
        let asks =
            numbers.iter().any(|(_, number)| !number.is_literal()) || !expressions.is_empty();
        if let (Some((_, at)), false) = (&own, asks) {
            takes.clone().transpose().with_context(|| at.of(toml))?;
        }
        let convention = match own {
            Some((name, at)) => name.parse::<Convention>().with_context(|| at.of(toml))?,
            // The initialiser's own where the recipe says nothing: JAX's initialisers read shapes as JAX does.
            None => match (convention, &takes) {
                (Some(convention), _) => convention,
                (None, Some(Ok(argument))) => argument.default.to_string().parse()?,
                (None, _) => Convention::default(),
            },
        };
        if let Some(Ok(argument)) = takes {
            names.set(argument, Value::Name(convention.name()))?;
        }
        Ok(Self {
            place,
            glob,
            pattern,
            dims,
            fans_of,
            dims_of_fans,
            beside,
            when,
            padding_idx,
            rows,
            inherited: false,
            note,
            init,
            convention,
            names,
            numbers,
            expressions,
        })
    }

    /// Whether the rule is for a parameter.
    ///
    /// # Errors
    /// A condition that has no value.
    pub(super) fn matches(
        &self,
        vars: &Vars,
        tensor: &TensorInfo,
        laid: &Laid<'_>,
    ) -> Result<bool> {
        let counts = |dims: Option<usize>, of: Option<&TensorInfo>| {
            dims.is_none_or(|dims| of.is_some_and(|of| of.shape.len() == dims))
        };
        let named = self.glob.is_match(&tensor.name)
            && counts(self.dims, Some(tensor))
            && counts(self.dims_of_fans, self.sibling(tensor, &laid.by_name))
            && self.beside.as_ref().is_none_or(|it| of_stem(it, tensor, &laid.by_name).is_some());
        let Some(when) = self.when.as_ref().filter(|_| named) else { return Ok(named) };
        let of_fans = self.sibling(tensor, &laid.by_name).unwrap_or(tensor);
        let value = self.scope(vars, tensor, of_fans, laid).value(when);
        Ok(value.with_context(|| format!("`when` = {}", when.text()))? != 0.0)
    }

    fn scope<'a>(
        &self,
        vars: &'a Vars,
        tensor: &'a TensorInfo,
        of_fans: &'a TensorInfo,
        laid: &'a Laid<'a>,
    ) -> Scope<'a> {
        Scope {
            vars,
            laid,
            tensor,
            of_fans,
            convention: self.convention,
            used_fans: Cell::new(false),
            own: Memo::default(),
            pending: RefCell::default(),
        }
    }

    /// The rows of the parameter that are 0.
    fn zero_rows(&self, scope: &Scope<'_>) -> Result<Range<u64>> {
        let (key, number) = match (&self.padding_idx, &self.rows) {
            (Some(number), _) => ("padding_idx", number),
            (None, Some(number)) => ("rows", number),
            (None, None) => return Ok(0..0),
        };
        if number.variables().iter().any(|name| scope.vars.is_absent(name, scope.laid.config)) {
            return Ok(0..0);
        }
        let what = || format!("`{key}` = {}", number.text());
        let value = scope.value(number).with_context(what)?;
        let shape = &scope.tensor.shape;
        let rows = *shape.first().with_context(|| what() + ": a scalar has no rows")?;
        ensure!(
            value.fract() == 0.0 && value.abs() < 9e15,
            "{}: {value} is no row; it must be a whole number",
            what()
        );
        let at = if value < 0.0 { rows as f64 + value } else { value };
        match self.padding_idx {
            Some(_) => {
                ensure!(
                    at >= 0.0 && at < rows as f64,
                    "{}: there is no row {value} of {rows}; it must be from {} to {}",
                    what(),
                    -(rows as f64),
                    rows as f64 - 1.0
                );
                Ok(at as u64..at as u64 + 1)
            }
            None => {
                if value < 0.0 {
                    bail!("{}: {value} is no row to begin at", what());
                }
                Ok(if value < rows as f64 { value as u64..rows } else { 0..0 })
            }
        }
    }

    /// The rule as one of a recipe that has so many of its own before it.
    pub(super) fn inherited(self, own: usize) -> Self {
        Self { place: own + self.place, inherited: true, ..self }
    }

    /// Whether parameters that it decides about are left out.
    pub(crate) fn omits(&self) -> bool {
        self.init.is_none()
    }

    /// The parameter whose fans are asked for, where it is another.
    fn sibling<'a>(&self, tensor: &TensorInfo, by_name: &ByName<'a>) -> Option<&'a TensorInfo> {
        of_stem(self.fans_of.as_ref()?, tensor, by_name)
    }

    /// What the rule makes of a parameter of this template; none where it leaves it out.
    pub(super) fn draw(
        &self,
        vars: &Vars,
        tensor: &TensorInfo,
        laid: &Laid<'_>,
    ) -> Result<Option<Drawn>> {
        let Some(init) = self.init else { return Ok(None) };
        let of_fans = match &self.fans_of {
            None => tensor,
            Some(name) => self.sibling(tensor, &laid.by_name).with_context(|| {
                format!("`fans_of` = {name:?}: the template has no such parameter beside it")
            })?,
        };
        let scope = self.scope(vars, tensor, of_fans, laid);
        let mut given = self.names.clone();
        for (argument, number) in &self.numbers {
            let what = || format!("`{}` = {}", argument.key, number.text());
            let value = scope.value(number).with_context(what)?;
            let set = given.set(argument, Value::Number(value));
            // A literal says itself what is wrong with it.
            if number.is_literal() { set? } else { set.with_context(what)? }
        }
        for (argument, expression) in &self.expressions {
            let what = || format!("`{}` = {:?}", argument.key, expression.text());
            // Numbers in place of variables; what the element's own names are is the library's to say.
            let formula = expression.formula(&tensor.shape, |name| scope.named(name));
            let formula = formula.with_context(what)?.to_string();
            given.set(argument, argument.parse(&formula).with_context(what)?)?;
        }
        // What another's shape has a say in are its fans and nothing else.
        let own = init.draw(&tensor.shape, &given);
        let other = self.fans_of.as_ref().map(|_| init.draw(&of_fans.shape, &given));
        let mut drawn = match other {
            Some(Ok(scaled)) if scaled.fans.is_some() => scaled,
            Some(Err(error)) if own.as_ref().is_ok_and(|own| own.fans.is_some()) => Err(error)?,
            _ => own?,
        };
        if scope.used_fans.get() {
            drawn.fans = Some(calc_fan_in_and_fan_out(&of_fans.shape, self.convention)?);
            drawn.convention = Some(self.convention);
        }
        drawn.distribution = drawn.distribution.with_zero_rows(self.zero_rows(&scope)?);
        Ok(Some(drawn))
    }
}
