//! Arguments of initialisers: their names, what they may be, and what they are where they are not given.

use std::fmt;

use thiserror::Error;

use crate::{Expression, ExpressionError};

/// An argument of an initialiser.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Argument {
    /// Its name, on the command line, in recipes and as a keyword.
    pub key: &'static str,
    /// What it may be.
    pub kind: ArgumentKind,
    /// What it is where it is not given.
    pub default: DefaultValue,
    /// What it means, in a line.
    pub help: &'static str,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ArgumentKind {
    /// A finite number within the range of f32.
    Number,
    /// Such a number, zero or more.
    Scale,
    /// A whole number of one or more.
    Count,
    /// Axes of a shape, up to eight, from the end where they are negative.
    Axes,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// An expression over an element's coordinates and draws ([`formula`](crate::formula)).
    Expression,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number.
    Number(f64),
    /// Axes.
    Axes(AxisList),
    /// A name, one of those that the argument may be.
    Name(&'static str),
    /// An expression.
    Expression(Expression),
}

/// What an argument is where it is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum DefaultValue {
    /// A number.
    Number(f64),
    /// Axes.
    Axes(AxisList),
    /// A name.
    Name(&'static str),
    /// Nothing: it must be given.
    Required,
}

impl DefaultValue {
    /// The value; none of an argument that must be given.
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Number(number) => Some(Value::Number(number)),
            Self::Axes(axes) => Some(Value::Axes(axes)),
            Self::Name(name) => Some(Value::Name(name)),
            Self::Required => None,
        }
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().map_or(Ok(()), |value| value.fmt(f))
    }
}

/// Axes of a shape, from the end where they are negative; its text is `0,-1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AxisList {
    axes: [i8; 8],
    count: u8,
}

impl AxisList {
    /// The axes; none where there are more than eight, or one that no shape has.
    pub fn new(axes: impl IntoIterator<Item = i64>) -> Option<Self> {
        let mut list = Self::default();
        for axis in axes {
            *list.axes.get_mut(usize::from(list.count))? = i8::try_from(axis).ok()?;
            list.count += 1;
        }
        Some(list)
    }

    /// Each axis.
    pub fn to_vec(&self) -> Vec<i64> {
        self.axes[..usize::from(self.count)].iter().map(|&axis| axis.into()).collect()
    }
}

impl fmt::Display for AxisList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.to_vec().iter().map(i64::to_string).collect();
        f.write_str(&axes.join(","))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Axes(axes) => axes.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Expression(expression) => expression.fmt(f),
        }
    }
}

/// An argument that cannot be.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ArgumentError {
    /// The initialiser has no such argument.
    #[error("`{key}` has no effect on `{initialiser}`, which takes {takes}")]
    Unused {
        /// The argument's name.
        key: String,
        /// The initialiser's name.
        initialiser: &'static str,
        /// The names that it takes.
        takes: String,
    },
    /// An argument that only another one gives an effect.
    #[error("`{key}` has no effect unless {needs}")]
    Needs {
        /// The argument's name.
        key: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// An argument that has no default.
    #[error("`{initialiser}` needs `{key}`")]
    Missing {
        /// The argument's name.
        key: &'static str,
        /// The initialiser's name.
        initialiser: &'static str,
    },
    /// Text that is no expression.
    #[error("`{key}`: {error}")]
    Expression {
        /// The argument's name.
        key: &'static str,
        /// What is wrong with it.
        error: ExpressionError,
    },
    /// Text that is no number.
    #[error("`{key}` is {given:?}; it must be a number")]
    NotANumber {
        /// The argument's name.
        key: &'static str,
        /// What was given.
        given: String,
    },
    /// Text that is no list of axes.
    #[error("`{key}` is {given:?}; it must be axes, as 0 or 0,2 or -1: eight at most")]
    NotAxes {
        /// The argument's name.
        key: &'static str,
        /// What was given.
        given: String,
    },
    /// A name that is none of those known.
    #[error("`{key}` is {given:?}; it must be one of {known}")]
    UnknownName {
        /// The argument's name.
        key: &'static str,
        /// What was given.
        given: String,
        /// The names that are known, separated by commas.
        known: String,
    },
    /// A number where a name is wanted, or the reverse.
    #[error("`{key}` must be {wanted}")]
    Kind {
        /// The argument's name.
        key: &'static str,
        /// What is wanted.
        wanted: &'static str,
    },
    /// A number out of its range.
    #[error("`{key}` is {value}; it must be {range}")]
    Range {
        /// The argument's name.
        key: &'static str,
        /// What was given.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
}

impl Argument {
    /// A number.
    pub(super) const fn number(key: &'static str, default: f64, help: &'static str) -> Self {
        Self { key, kind: ArgumentKind::Number, default: DefaultValue::Number(default), help }
    }

    /// A number of zero or more.
    pub(super) const fn scale(key: &'static str, default: f64, help: &'static str) -> Self {
        Self { key, kind: ArgumentKind::Scale, default: DefaultValue::Number(default), help }
    }

    /// A whole number of one or more.
    pub(super) const fn count(key: &'static str, default: u32, help: &'static str) -> Self {
        Self { key, kind: ArgumentKind::Count, default: DefaultValue::Number(default as f64), help }
    }

    /// Axes; none where they are not given.
    pub(super) const fn axes(key: &'static str, help: &'static str) -> Self {
        let none = AxisList { axes: [0; 8], count: 0 };
        Self { key, kind: ArgumentKind::Axes, default: DefaultValue::Axes(none), help }
    }

    /// One of these names.
    pub(super) const fn choice(
        key: &'static str,
        names: &'static [&'static str],
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self { key, kind: ArgumentKind::Choice(names), default: DefaultValue::Name(default), help }
    }

    /// The argument, which must be given.
    pub(super) const fn required(self) -> Self {
        Self { default: DefaultValue::Required, ..self }
    }

    /// An expression, which must be given.
    pub(super) const fn expression(key: &'static str, help: &'static str) -> Self {
        Self { key, kind: ArgumentKind::Expression, default: DefaultValue::Required, help }
    }

    /// The value that a text stands for.
    ///
    /// # Errors
    /// [`ArgumentError::NotANumber`], [`ArgumentError::NotAxes`], [`ArgumentError::UnknownName`], [`ArgumentError::Expression`], and those of [`check`](Self::check).
    pub fn parse(&self, text: &str) -> Result<Value, ArgumentError> {
        let key = self.key;
        let value = match self.kind {
            ArgumentKind::Number | ArgumentKind::Scale | ArgumentKind::Count => Value::Number(
                text.parse().map_err(|_| ArgumentError::NotANumber { key, given: text.into() })?,
            ),
            ArgumentKind::Axes => {
                let axes: Result<Vec<i64>, _> =
                    text.split(',').map(|it| it.trim().parse()).collect();
                let list = axes.ok().and_then(AxisList::new);
                Value::Axes(list.ok_or_else(|| ArgumentError::NotAxes { key, given: text.into() })?)
            }
            ArgumentKind::Choice(names) => {
                let known = || ArgumentError::UnknownName {
                    key,
                    given: text.into(),
                    known: names.join(", "),
                };
                Value::Name(names.iter().find(|name| **name == text).ok_or_else(known)?)
            }
            ArgumentKind::Expression => Value::Expression(
                Expression::parse(text)
                    .map_err(|error| ArgumentError::Expression { key, error })?,
            ),
        };
        self.check(&value)?;
        Ok(value)
    }

    /// Whether the argument may have this value.
    ///
    /// # Errors
    /// [`ArgumentError::Kind`], [`ArgumentError::Range`].
    pub fn check(&self, value: &Value) -> Result<(), ArgumentError> {
        let key = self.key;
        match (self.kind, value) {
            (ArgumentKind::Number | ArgumentKind::Scale, &Value::Number(value)) => {
                let least = if self.kind == ArgumentKind::Scale { 0.0 } else { f64::NEG_INFINITY };
                if !(value as f32).is_finite() {
                    let range = "a finite number within the range of f32 (±3.4e38)";
                    Err(ArgumentError::Range { key, value, range })
                } else if value < least {
                    Err(ArgumentError::Range { key, value, range: "zero or more" })
                } else {
                    Ok(())
                }
            }
            (ArgumentKind::Count, &Value::Number(value)) => {
                // As many as an f64 counts.
                let whole =
                    value.fract() == 0.0 && (1.0..=9_007_199_254_740_992.0).contains(&value);
                let range = "a whole number of one or more";
                whole.then_some(()).ok_or(ArgumentError::Range { key, value, range })
            }
            (ArgumentKind::Axes, Value::Axes(_)) => Ok(()),
            (ArgumentKind::Axes, _) => Err(ArgumentError::Kind { key, wanted: "axes" }),
            (ArgumentKind::Choice(names), Value::Name(name)) if names.contains(name) => Ok(()),
            (ArgumentKind::Choice(_), _) => Err(ArgumentError::Kind { key, wanted: "a name" }),
            (ArgumentKind::Expression, Value::Expression(_)) => Ok(()),
            (ArgumentKind::Expression, _) => {
                Err(ArgumentError::Kind { key, wanted: "an expression" })
            }
            _ => Err(ArgumentError::Kind { key, wanted: "a number" }),
        }
    }
}

/// Arguments that were given, by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(Vec<(&'static str, Value)>);

impl Arguments {
    /// Gives an argument a value, in place of one that it had.
    ///
    /// # Errors
    /// Those of [`Argument::check`].
    pub fn set(&mut self, argument: &Argument, value: Value) -> Result<(), ArgumentError> {
        argument.check(&value)?;
        self.0.retain(|(key, _)| *key != argument.key);
        self.0.push((argument.key, value));
        Ok(())
    }

    /// The names of the arguments that were given.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(key, _)| *key)
    }

    /// Whether an argument was given.
    pub(super) fn has(&self, argument: &Argument) -> bool {
        self.0.iter().any(|(key, _)| *key == argument.key)
    }

    /// The value of an argument: as given, else its default.
    fn value(&self, argument: &Argument) -> Option<Value> {
        let given = self.0.iter().find(|(key, _)| *key == argument.key);
        given.map(|(_, value)| value.clone()).or_else(|| argument.default.value())
    }

    /// The value of an argument that is an expression; none where it was not given.
    pub(super) fn expression(&self, argument: &Argument) -> Option<Expression> {
        match self.value(argument) {
            Some(Value::Expression(expression)) => Some(expression),
            _ => None,
        }
    }

    /// The value of an argument that is a number.
    pub(super) fn number(&self, argument: &Argument) -> f64 {
        match self.value(argument) {
            Some(Value::Number(value)) => value,
            // Of no argument that was declared as a number; refused as such.
            _ => f64::NAN,
        }
    }

    /// The value of an argument that is a name.
    pub(super) fn name(&self, argument: &Argument) -> &'static str {
        match self.value(argument) {
            Some(Value::Name(name)) => name,
            _ => "",
        }
    }

    /// The value of an argument that is a count.
    pub(super) fn count(&self, argument: &Argument) -> u64 {
        self.number(argument) as u64
    }

    /// The value of an argument that is axes.
    pub(super) fn axes(&self, argument: &Argument) -> Vec<i64> {
        match self.value(argument) {
            Some(Value::Axes(axes)) => axes.to_vec(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAIN: Argument = Argument::scale("gain", 1.0, "a factor");
    const MODE: Argument = Argument::choice("mode", &["fan_in", "fan_out"], "fan_in", "the fan");

    #[test]
    fn arguments_are_read_and_checked() {
        assert_eq!(GAIN.parse("0.5"), Ok(Value::Number(0.5)));
        assert_eq!(MODE.parse("fan_out"), Ok(Value::Name("fan_out")));
        for (argument, text, said) in [
            (GAIN, "-1", "`gain` is -1; it must be zero or more"),
            (GAIN, "nan", "`gain` is NaN; it must be a finite number"),
            (GAIN, "1e39", "within the range of f32"),
            (GAIN, "one", "`gain` is \"one\"; it must be a number"),
            (MODE, "fan", "`mode` is \"fan\"; it must be one of fan_in, fan_out"),
        ] {
            let error = argument.parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let mut given = Arguments::default();
        assert_eq!((given.number(&GAIN), given.name(&MODE)), (1.0, "fan_in"));
        given.set(&GAIN, Value::Number(2.0)).unwrap();
        given.set(&GAIN, Value::Number(3.0)).unwrap();
        assert_eq!((given.number(&GAIN), given.keys().count()), (3.0, 1));
        assert!(given.set(&GAIN, Value::Name("x")).is_err());
        assert!(given.set(&MODE, Value::Name("x")).is_err());
    }
}
