//! Numbers of a recipe: literals, or expressions over variables.

use exmex::{Express, FlatEx, FloatOpsFactory, MakeOperators, MatchLiteral};
use serde::Deserialize;

use crate::error::{Error, Result, bail, ensure};

/// Longer expressions are no one's handwriting.
const MAX_LENGTH: usize = 1000;

/// A number as written in a recipe.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a number, or an expression in quotes")]
pub(crate) enum Number {
    /// A number.
    Literal(f64),
    /// An expression.
    Expression(String),
}

/// An expression that was read.
type Tree = FlatEx<f64, FloatOpsFactory<f64>, Literal>;

/// Numbers as Rust writes them, exponents included, which exmex's own matcher takes for a variable.
#[derive(Clone, Debug)]
pub(crate) struct Literal;

impl MatchLiteral for Literal {
    fn is_literal(text: &str) -> Option<&str> {
        let digits = |from: usize| {
            text.as_bytes()[from..].iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let whole = digits(0);
        let mut end = whole;
        if text[end..].starts_with('.') {
            end += 1 + digits(end + 1);
        }
        // A lone point is no number.
        if end == 0 || (whole == 0 && end == 1) {
            return None;
        }
        if text[end..].starts_with(['e', 'E']) {
            let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
            match digits(end + 1 + sign) {
                0 => {}
                exponent => end += 1 + sign + exponent,
            }
        }
        Some(&text[..end])
    }
}

/// The functions of one argument, by name.
fn functions() -> Vec<&'static str> {
    let operators = FloatOpsFactory::<f64>::make();
    let named = operators.iter().filter(|it| it.has_unary()).map(|it| it.repr());
    let mut names: Vec<_> = named.filter(|name| name.starts_with(char::is_alphabetic)).collect();
    names.sort_unstable();
    names
}

/// The first name before a parenthesis that is no function's.
fn unknown_function(text: &str) -> Option<&str> {
    let operators = FloatOpsFactory::<f64>::make();
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices('(').find_map(|(at, _)| {
        let before = text[..at].trim_end();
        let name = &before[before.trim_end_matches(part).len()..];
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (is_name && !operators.iter().any(|it| it.repr() == name)).then_some(name)
    })
}

/// A number that was read.
#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    /// A number.
    Literal(f64),
    /// An expression and its text.
    Expression(String, Box<Tree>),
}

impl Parsed {
    /// Reads a number.
    ///
    /// # Errors
    /// Text that is no expression.
    pub(crate) fn new(number: &Number) -> Result<Self> {
        let text = match number {
            Number::Literal(value) => return Ok(Self::Literal(*value)),
            Number::Expression(text) => text,
        };
        ensure!(
            text.len() <= MAX_LENGTH,
            "an expression of {} bytes; at most {MAX_LENGTH} are taken",
            text.len()
        );
        if let Some(name) = unknown_function(text) {
            bail!("{text:?}: there is no function `{name}`; there are {}", functions().join(", "));
        }
        let expression = Tree::parse(text)
            .map_err(|error| Error::new(format_args!("{text:?} is no expression: {error}")))?;
        Ok(Self::Expression(text.clone(), Box::new(expression)))
    }

    /// The variables that it names.
    pub(crate) fn variables(&self) -> &[String] {
        match self {
            Self::Literal(_) => &[],
            Self::Expression(_, expression) => expression.var_names(),
        }
    }

    /// Whether it is a number as it stands.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// As it was written.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Literal(value) => value.to_string(),
            Self::Expression(text, _) => format!("{text:?}"),
        }
    }

    /// Its value, given those of its variables.
    ///
    /// # Errors
    /// That of a variable; a value that is NaN or infinite.
    pub(crate) fn value(&self, mut variable: impl FnMut(&str) -> Result<f64>) -> Result<f64> {
        let value = match self {
            // Whoever asked for it checks it, and knows its name.
            Self::Literal(value) => return Ok(*value),
            Self::Expression(text, expression) => {
                let names = expression.var_names();
                let values =
                    names.iter().map(|name| variable(name)).collect::<Result<Vec<f64>>>()?;
                expression
                    .eval(&values)
                    .map_err(|error| Error::new(format_args!("{text:?}: {error}")))?
            }
        };
        ensure!(value.is_finite(), "{} is {value}; it must be finite", self.text());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64> {
        Parsed::new(&Number::Expression(text.into()))?.value(|name| match name {
            "n_layers" => Ok(12.0),
            "initializer_range" => Ok(0.02),
            "fan_in" => Ok(768.0),
            "layer" => Ok(0.0),
            _ => bail!("no variable {name}"),
        })
    }

    #[test]
    fn arithmetic_is_the_usual() {
        assert_eq!(value("initializer_range / sqrt(2 * n_layers)").unwrap(), 0.02 / 24f64.sqrt());
        assert_eq!(value("1 / sqrt(fan_in)").unwrap(), 1.0 / 768f64.sqrt());
        assert_eq!(value("0.02 / (2 * (layer + 1)) ^ 0.5").unwrap(), 0.02 / 2f64.sqrt());
        assert_eq!(value("-2^2 + 1e-3").unwrap(), 4.001);
        assert_eq!(value("2E2 * .5 + 1.").unwrap(), 101.0);
        assert_eq!(value("8 / 4 / 2 - 1 - 1").unwrap(), -1.0);
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for wrong in ["", "1 /", "sqrt(", "n_heads", "1 / layer", "0 / 0", "sqrt(-1)", "{", ")("] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
        assert!(value(&"(".repeat(100_000)).is_err());
        assert!(value(&"(".repeat(900)).is_err());
    }
}
