//! A recipe's variables: numbers, expressions, and things read off the template.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
};

use globset::GlobMatcher;
use serde::Deserialize;
use wgpu_weights::{Convention, Formula, calc_fan_in_and_fan_out};

use super::{
    expression::{Number, Parsed},
    laid::Laid,
    pattern::glob,
};
use crate::{
    config::Config,
    error::{Context, Result, bail, ensure},
    safetensors::{TensorInfo, layer},
    text,
};

/// Names that mean something for each parameter.
const RESERVED: [&str; 4] = ["fan_in", "fan_out", "layer", "numel"];

/// More variables are no one's handwriting.
const MAX_VARS: usize = 1000;
/// How many variables may need each other in a row.
const MAX_DEPTH: usize = 64;

/// A variable as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a variable is a number, an expression in quotes, { count = PATTERN }, { dim = INDEX, of = PATTERN }, or \
                 { config = KEY } with `value`, `count` or `dim` and `of` where the configuration has no such key"
)]
pub(crate) enum Written {
    /// A number or an expression over other variables.
    Number(Number),
    /// Where it is found.
    Found(Found),
}

/// Where a variable is found: in the configuration, else, or without one, in the template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    /// Keys of the configuration, of which the first that is there counts.
    config: Option<Keys>,
    /// The texts that are 1; every other is 0.
    is: Option<Keys>,
    /// Whether it may have no value.
    #[serde(default)]
    optional: bool,
    /// A number, or an expression over other variables.
    value: Option<Number>,
    /// A pattern: how many names match.
    count: Option<String>,
    /// A dimension, counted from 0, of the parameters that match `of`.
    dim: Option<usize>,
    of: Option<String>,
}

/// One, or several; in keys of objects within objects there are dots.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "text, or a list of texts")]
enum Keys {
    One(String),
    Some(Vec<String>),
}

/// A variable that was read.
#[derive(Clone, Debug)]
enum Variable {
    Number(Parsed),
    Count(GlobMatcher),
    Dimension(usize, GlobMatcher),
    Configured(Configured),
    /// Given from outside in place of the recipe's own.
    Set(Parsed),
}

/// A variable of the configuration's.
#[derive(Clone, Debug)]
struct Configured {
    keys: Vec<String>,
    is: Option<Vec<String>>,
    optional: bool,
    /// What it is where the configuration has none of the keys.
    otherwise: Option<Box<Variable>>,
}

impl Variable {
    fn new(written: Written) -> Result<Self> {
        let Found { config, is, optional, value, count, dim, of } = match written {
            Written::Number(number) => return Ok(Self::Number(Parsed::new(&number)?)),
            Written::Found(found) => found,
        };
        let otherwise = match (value, count, dim, of) {
            (Some(value), None, None, None) => Some(Self::Number(Parsed::new(&value)?)),
            (None, Some(count), None, None) => Some(Self::Count(glob(&count)?)),
            (None, None, Some(dim), Some(of)) => Some(Self::Dimension(dim, glob(&of)?)),
            (None, None, None, None) => None,
            _ => bail!("it is one of `value`, `count`, and `dim` with `of`"),
        };
        let listed = |keys| match keys {
            Keys::One(key) => vec![key],
            Keys::Some(keys) => keys,
        };
        let (keys, is) = (config.map_or_else(Vec::new, listed), is.map(listed));
        match (keys.is_empty(), otherwise) {
            (false, otherwise) => {
                let otherwise = otherwise.map(Box::new);
                Ok(Self::Configured(Configured { keys, is, optional, otherwise }))
            }
            (true, _) if is.is_some() || optional => {
                bail!("`is` and `optional` are of a `config` key, which it has not")
            }
            (true, Some(variable)) => Ok(variable),
            (true, None) => bail!("it says nothing of where it is found"),
        }
    }
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
        ensure!(
            written.len() <= MAX_VARS,
            "it has {} variables; at most {MAX_VARS} are taken",
            written.len()
        );
        let mut vars = BTreeMap::new();
        for (name, written) in written {
            let read = || {
                if RESERVED.contains(&name.as_str()) {
                    bail!("the name is taken: it is a number of each parameter");
                }
                if Formula::NAMES.contains(&name.as_str()) {
                    bail!("the name is taken: in a formula it is each element's own");
                }
                // A name such as `sin` or `E` would never be seen as a variable.
                let seen = Parsed::new(&Number::Expression(name.clone()));
                ensure!(
                    seen.is_ok_and(|seen| seen.variables() == [name.clone()]),
                    "the name must be letters, digits and _, and none of a function or constant"
                );
                Variable::new(written)
            };
            let variable = read().with_context(|| format!("variable `{}`", text::short(&name)))?;
            vars.insert(name, variable);
        }
        Ok(Self(vars))
    }

    /// Gives a variable another value: a number, or an expression over the others.
    ///
    /// # Errors
    /// There is none of this name; text that is no expression.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let known = || self.0.keys().map(String::as_str);
        ensure!(
            self.0.contains_key(name),
            "it has no variable `{}`{}; there are {}",
            text::short(name),
            text::nearest(known(), name),
            known().collect::<Vec<_>>().join(", ")
        );
        let number =
            value.parse().map_or_else(|_| Number::Expression(value.into()), Number::Literal);
        let parsed = Parsed::new(&number).with_context(|| format!("variable `{name}`"))?;
        let unknown = parsed
            .variables()
            .iter()
            .find(|it| !self.0.contains_key(*it) && !RESERVED.contains(&it.as_str()));
        if let Some(unknown) = unknown {
            bail!("variable `{name}` = {value:?}: there is no variable `{unknown}`");
        }
        self.0.insert(name.into(), Variable::Set(parsed));
        Ok(())
    }

    /// These, and those of a recipe that they extend where they have none of the name.
    pub(crate) fn over(mut self, inherited: Self) -> Self {
        for (name, variable) in inherited.0 {
            self.0.entry(name).or_insert(variable);
        }
        self
    }

    /// Whether a variable may be without a value, and is with this configuration.
    pub(crate) fn is_absent(&self, name: &str, config: Option<&Config>) -> bool {
        match self.0.get(name) {
            // What is null says that there is none; what is not there says nothing.
            Some(Variable::Configured(Configured { keys, optional: true, otherwise, .. })) => {
                let found = keys.iter().any(|key| config.is_some_and(|it| it.get(key).is_some()));
                let null = keys.iter().any(|key| config.is_some_and(|it| it.is_null(key)));
                !found && (null || otherwise.is_none())
            }
            _ => false,
        }
    }

    fn names(&self) -> String {
        self.0.keys().map(String::as_str).chain(RESERVED).collect::<Vec<_>>().join(", ")
    }
}

/// A value that was found.
#[derive(Clone, Copy, Debug)]
struct Known {
    value: f64,
    /// Variables in a row that it needs, itself included.
    depth: usize,
    /// Whether another parameter may have another.
    own: bool,
}

/// Values of variables, each found once.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    known: RefCell<HashMap<String, Known>>,
    /// Of variables that the configuration may tell, where each came from.
    told: RefCell<BTreeMap<String, String>>,
}

impl Memo {
    /// Variables that the configuration may tell, with their values and where those came from.
    pub(crate) fn told(&self) -> Vec<String> {
        let known = self.known.borrow();
        let told = self.told.borrow();
        let line = |(name, from): (&String, &String)| {
            let value = text::number(known.get(name)?.value);
            Some(format!("{name} = {value} ({from})"))
        };
        told.iter().filter_map(line).collect()
    }
}

/// What an expression sees when it is evaluated for a parameter.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// The recipe's variables.
    pub(crate) vars: &'a Vars,
    /// The whole template.
    pub(crate) laid: &'a Laid<'a>,
    /// The parameter.
    pub(crate) tensor: &'a TensorInfo,
    /// The parameter whose fans are meant, mostly the same.
    pub(crate) of_fans: &'a TensorInfo,
    /// How its shape is read.
    pub(crate) convention: Convention,
    /// Set once an expression has asked for a fan.
    pub(crate) used_fans: Cell<bool>,
    /// What is the parameter's own.
    pub(crate) own: Memo,
    /// The variables that are being found, each for the one before.
    pub(crate) pending: RefCell<Vec<String>>,
}

impl Scope<'_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// A variable that is not defined or has no value here, or a value that is not finite.
    pub(crate) fn value(&self, number: &Parsed) -> Result<f64> {
        Ok(self.evaluate(number)?.value)
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub(crate) fn named(&self, name: &str) -> Result<f64> {
        let known = self.variable(name);
        Ok(known.with_context(|| format!("variable `{}`", text::short(name)))?.value)
    }

    fn evaluate(&self, number: &Parsed) -> Result<Known> {
        let (mut depth, mut own) = (0, false);
        let value = number.value(|name| {
            let named = || format!("variable `{}`", text::short(name));
            let known = self.variable(name).with_context(named)?;
            depth = depth.max(known.depth);
            own |= known.own;
            Ok(known.value)
        })?;
        Ok(Known { value, depth: depth + 1, own })
    }

    fn variable(&self, name: &str) -> Result<Known> {
        let known = |memo: &Memo| memo.known.borrow().get(name).copied();
        if let Some(known) = known(&self.laid.shared).or_else(|| known(&self.own)) {
            return Ok(known);
        }
        if self.pending.borrow().iter().any(|pending| pending == name) {
            bail!("the variables refer to each other in a circle");
        }
        let deep = || format!("more than {MAX_DEPTH} variables need each other in a row");
        ensure!(self.pending.borrow().len() < MAX_DEPTH, "{}", deep());
        self.pending.borrow_mut().push(name.into());
        let found = self.find(name);
        self.pending.borrow_mut().pop();
        let known = found?;
        // Whether some of them were known before makes no difference.
        ensure!(known.depth <= MAX_DEPTH, "{}", deep());
        let memo = if known.own { &self.own } else { &self.laid.shared };
        memo.known.borrow_mut().insert(name.into(), known);
        Ok(known)
    }

    fn find(&self, name: &str) -> Result<Known> {
        let own = |value| Ok(Known { value, depth: 1, own: true });
        match name {
            "numel" => return own(self.tensor.numel as f64),
            "layer" => return own(self.layer()?),
            "fan_in" | "fan_out" => {
                self.used_fans.set(true);
                let fans = calc_fan_in_and_fan_out(&self.of_fans.shape, self.convention)?;
                return own(if name == "fan_in" { fans.fan_in } else { fans.fan_out } as f64);
            }
            _ => {}
        }
        match self.vars.0.get(name) {
            None => bail!(
                "it is not defined{}; there are {}",
                text::nearest(self.vars.0.keys().map(String::as_str).chain(RESERVED), name),
                self.vars.names()
            ),
            Some(Variable::Configured(configured)) => {
                let (known, from) = self.configured(configured)?;
                self.laid.shared.told.borrow_mut().insert(name.into(), from);
                Ok(known)
            }
            Some(Variable::Set(number)) => {
                let known = self.evaluate(number)?;
                self.laid.shared.told.borrow_mut().insert(name.into(), "set".into());
                Ok(known)
            }
            Some(variable) => self.of_template(variable),
        }
    }

    /// The value of a variable of the configuration's, and where it came from.
    fn configured(&self, variable: &Configured) -> Result<(Known, String)> {
        let Configured { keys, is, otherwise, .. } = variable;
        for (key, config) in keys.iter().zip(self.laid.config.into_iter().cycle()) {
            if let Some(value) = config.number(key, is.as_deref())? {
                return Ok((
                    Known { value, depth: 1, own: false },
                    format!("`{key}` of the configuration"),
                ));
            }
        }
        if let Some(config) = self.laid.config {
            let misspelt = keys.iter().find_map(|key| Some((key, config.misspelt(key)?)));
            // Two keys that recipes know are two keys.
            let reads = super::built_in::reads;
            if let Some((key, near)) = misspelt.filter(|(key, near)| !(reads(key) && reads(near))) {
                bail!(
                    "the recipe asks the configuration for `{key}`, and it has `{near}`: one of the two is misspelt; mend it, or \
                     say the value with --set"
                );
            }
        }
        let listed = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
        let Some(otherwise) = otherwise else {
            match self.laid.config {
                Some(_) => bail!("the configuration has no {listed}; say the value with --set"),
                None => bail!(
                    "it is {listed} of the model's configuration, and there is none; give config.json (--config FILE), or \
                     say the value with --set"
                ),
            }
        };
        let from = match **otherwise {
            Variable::Number(_) => "the recipe's own value",
            Variable::Count(_) => "counted in the template",
            _ => "read off a shape",
        };
        Ok((self.of_template(otherwise)?, from.into()))
    }

    fn of_template(&self, variable: &Variable) -> Result<Known> {
        let shared = |value| Ok(Known { value, depth: 1, own: false });
        let matching = |glob: &GlobMatcher| {
            let glob = glob.clone();
            self.laid.tensors.iter().filter(move |tensor| glob.is_match(&tensor.name))
        };
        match variable {
            Variable::Configured(configured) => Ok(self.configured(configured)?.0),
            Variable::Number(number) | Variable::Set(number) => self.evaluate(number),
            Variable::Count(glob) => match matching(glob).count() {
                0 => bail!("no parameter of the template matches `{}`", glob.glob()),
                count => shared(count as f64),
            },
            Variable::Dimension(dim, glob) => {
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
                shared(found.with_context(missing)? as f64)
            }
        }
    }

    /// The first component of the name that is all digits.
    fn layer(&self) -> Result<f64> {
        layer(&self.tensor.name)
            .and_then(|layer| layer.parse().ok())
            .context("the parameter's name has no component that is a number")
    }
}
