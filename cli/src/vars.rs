//! A recipe's variables: numbers, expressions, and things read off the template.

use std::{cell::Cell, collections::BTreeMap};

use anyhow::{Context, Result, bail, ensure};
use globset::GlobMatcher;
use serde::Deserialize;
use wgpu_weights::{Convention, calc_fan_in_and_fan_out};

use crate::{
    expression::{Number, Parsed},
    recipe::glob,
    template::Entry,
};

/// Names that mean something for each parameter.
const RESERVED: [&str; 4] = ["fan_in", "fan_out", "layer", "numel"];

/// A variable as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a variable is a number, an expression in quotes, { count = PATTERN } or { dim = INDEX, of = PATTERN }"
)]
pub(crate) enum Written {
    /// A number or an expression over other variables.
    Number(Number),
    /// How many names match.
    Count(Count),
    /// A dimension.
    Dimension(Dimension),
}

/// How many names match.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Count {
    count: String,
}

/// A dimension, counted from 0, of the parameters that match.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dimension {
    dim: usize,
    of: String,
}

/// A variable that was read.
#[derive(Clone, Debug)]
enum Variable {
    Number(Parsed),
    Count(GlobMatcher),
    Dimension(usize, GlobMatcher),
}

/// The variables of a recipe. They are looked at when a rule needs them, so that a template may
/// lack what no rule asks for.
#[derive(Clone, Debug)]
pub(crate) struct Vars(BTreeMap<String, Variable>);

impl Vars {
    /// Reads the variables.
    ///
    /// # Errors
    /// A name that is taken, a pattern or an expression that cannot be read.
    pub(crate) fn new(written: BTreeMap<String, Written>) -> Result<Self> {
        let mut vars = BTreeMap::new();
        for (name, written) in written {
            let read = || {
                if RESERVED.contains(&name.as_str()) {
                    bail!("the name is taken: it is a number of each parameter");
                }
                // A name such as `sin` or `E` would never be seen as a variable.
                let seen = Parsed::new(&Number::Expression(name.clone()));
                ensure!(
                    seen.is_ok_and(|seen| seen.variables() == [name.clone()]),
                    "the name must be letters, digits and _, and none of a function or constant"
                );
                Ok(match written {
                    Written::Number(number) => Variable::Number(Parsed::new(&number)?),
                    Written::Count(Count { count }) => Variable::Count(glob(&count)?),
                    Written::Dimension(Dimension { dim, of }) => {
                        Variable::Dimension(dim, glob(&of)?)
                    }
                })
            };
            let variable = read().with_context(|| format!("variable `{name}`"))?;
            vars.insert(name, variable);
        }
        Ok(Self(vars))
    }

    fn names(&self) -> String {
        self.0.keys().map(String::as_str).chain(RESERVED).collect::<Vec<_>>().join(", ")
    }
}

/// What an expression sees when it is evaluated for a parameter.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// The recipe's variables.
    pub(crate) vars: &'a Vars,
    /// The whole template.
    pub(crate) template: &'a [Entry],
    /// The parameter.
    pub(crate) entry: &'a Entry,
    /// How its shape is read.
    pub(crate) convention: Convention,
    /// Set once an expression has asked for a fan.
    pub(crate) used_fans: Cell<bool>,
}

impl Scope<'_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// A variable that is not defined or has no value here, or a value that is not finite.
    pub(crate) fn value(&self, number: &Parsed) -> Result<f64> {
        self.evaluate(number, 0)
    }

    fn evaluate(&self, number: &Parsed, depth: usize) -> Result<f64> {
        ensure!(depth <= self.vars.0.len(), "the variables refer to each other in a circle");
        number
            .value(|name| self.variable(name, depth).with_context(|| format!("variable `{name}`")))
    }

    fn variable(&self, name: &str, depth: usize) -> Result<f64> {
        match name {
            "numel" => return Ok(self.entry.numel as f64),
            "layer" => return self.layer(),
            "fan_in" | "fan_out" => {
                self.used_fans.set(true);
                let fans = calc_fan_in_and_fan_out(&self.entry.shape, self.convention)?;
                return Ok(if name == "fan_in" { fans.fan_in } else { fans.fan_out } as f64);
            }
            _ => {}
        }
        let matching = |glob: &GlobMatcher| {
            let glob = glob.clone();
            self.template.iter().filter(move |entry| glob.is_match(&entry.name))
        };
        match self.vars.0.get(name) {
            None => bail!("it is not defined; there are {}", self.vars.names()),
            Some(Variable::Number(number)) => self.evaluate(number, depth + 1),
            Some(Variable::Count(glob)) => match matching(glob).count() {
                0 => bail!("no parameter of the template matches `{}`", glob.glob()),
                count => Ok(count as f64),
            },
            Some(Variable::Dimension(dim, glob)) => {
                let mut found = None;
                for entry in matching(glob) {
                    let size = *entry.shape.get(*dim).with_context(|| {
                        format!("parameter {:?} has no dimension {dim}", entry.name)
                    })?;
                    ensure!(
                        found.is_none_or(|found| found == size),
                        "dimension {dim} differs between the parameters that match `{}`",
                        glob.glob()
                    );
                    found = Some(size);
                }
                let missing = || format!("no parameter of the template matches `{}`", glob.glob());
                Ok(found.with_context(missing)? as f64)
            }
        }
    }

    /// The first component of the name that is all digits.
    fn layer(&self) -> Result<f64> {
        self.entry
            .name
            .split('.')
            .find(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|part| part.parse().ok())
            .context("the parameter's name has no component that is a number")
    }
}
