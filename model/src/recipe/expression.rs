//! Numbers of a recipe: literals, or expressions over variables.

use serde::Deserialize;
use wgpu_weights::Expression;

use crate::error::{Error, Result, ensure};

/// A number as written in a recipe.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a number, or an expression in quotes")]
pub(crate) enum Number {
    /// A number.
    Literal(f64),
    /// An expression.
    Expression(String),
}

/// A number that was read.
#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    /// A number.
    Literal(f64),
    /// An expression.
    Expression(Expression),
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
        let expression = Expression::parse(text);
        Ok(Self::Expression(expression.map_err(|error| {
            Error::new(format_args!("{:?} is no expression: {error}", crate::text::short(text)))
        })?))
    }

    /// The variables that it names.
    pub(crate) fn variables(&self) -> &[String] {
        match self {
            Self::Literal(_) => &[],
            Self::Expression(expression) => expression.variables(),
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
            Self::Expression(expression) => format!("{:?}", expression.text()),
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
            Self::Expression(expression) => expression.value(&mut variable)?,
        };
        ensure!(value.is_finite(), "{} is {value}; it must be finite", self.text());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::bail;

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
