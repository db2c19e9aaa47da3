//! What is wrong with an expression, and where.

use thiserror::Error;

use super::{Expression, program};

/// A text that is no expression. Places are counted in characters, from 1.
///
/// ```
/// use wgpu_weights::Expression;
/// let error = Expression::parse("2 * (i + 1").unwrap_err();
/// assert_eq!(error.to_string(), "the `(` at character 5 is never closed; add a `)`");
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpressionError {
    /// A text that is longer than any that is taken.
    #[error("an expression of {bytes} bytes; at most {} are taken", Expression::MOST_BYTES)]
    Length {
        /// Its bytes.
        bytes: usize,
    },
    /// No operand where one belongs.
    #[error(
        "{found} at character {at}, where a number, a name, a function or a `(` belongs; write one there"
    )]
    Operand {
        /// The place.
        at: usize,
        /// What is there.
        found: String,
    },
    /// No operator where one belongs.
    #[error(
        "{found} at character {at}, where an operator belongs; there are {}, and parentheses and commas of functions",
        operators()
    )]
    Operator {
        /// The place.
        at: usize,
        /// What is there.
        found: String,
    },
    /// A number beyond the range of f64.
    #[error(
        "{number} at character {at} is beyond the range of f64 (±1.8e308); write a smaller one"
    )]
    Range {
        /// The place.
        at: usize,
        /// The number as written.
        number: String,
    },
    /// A parenthesis that is not closed.
    #[error("the `(` at character {at} is never closed; add a `)`")]
    Unclosed {
        /// The place of the parenthesis.
        at: usize,
    },
    /// A parenthesis that closes none.
    #[error("the `)` at character {at} closes nothing; add a `(` before it, or leave it out")]
    Unopened {
        /// The place of the parenthesis.
        at: usize,
    },
    /// A name before a parenthesis that is no function's.
    #[error("there is no function `{name}` (character {at}); there are {}", functions())]
    UnknownFunction {
        /// The place of the name.
        at: usize,
        /// The name.
        name: String,
    },
    /// A function without its operands.
    #[error("`{name}` at character {at} is a function; write `{name}(` and what it is of")]
    NotCalled {
        /// The place of the name.
        at: usize,
        /// The name.
        name: &'static str,
    },
    /// A function of too few or too many operands.
    #[error("`{name}` at character {at} has {given} operands; it takes {takes}, parted by commas")]
    Operands {
        /// The place of the name.
        at: usize,
        /// The name.
        name: &'static str,
        /// How many it takes.
        takes: usize,
        /// How many there are.
        given: usize,
    },
    /// Parentheses within parentheses, deeper than is taken.
    #[error(
        "parentheses at character {at} lie more than {} deep; write fewer within each other",
        Expression::MOST_DEPTH
    )]
    Depth {
        /// The place of the parenthesis.
        at: usize,
    },
    /// Comparisons in a row, which mean one thing to mathematicians and another to C.
    #[error(
        "`{operator}` at character {at} compares a comparison; put parentheses about one of them, or multiply two to ask for both"
    )]
    Chained {
        /// The place of the second comparison.
        at: usize,
        /// The second comparison.
        operator: &'static str,
    },
}

/// An expression that is no formula of a shape.
///
/// ```
/// use wgpu_weights::Expression;
/// let error = Expression::parse("j + 1")?.formula(&[16], |name| Err(format!("no variable {name}"))).unwrap_err();
/// assert_eq!(error.to_string(), "`j` is of dimension 1, which the shape [16] lacks; it has 1 dimension");
/// # Ok::<(), wgpu_weights::ExpressionError>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormulaError<E> {
    /// A variable without a value: the caller's error.
    #[error("{0}")]
    Variable(E),
    /// A coordinate or a size of a dimension that the shape lacks.
    #[error(
        "`{name}` is of dimension {dimension}, which the shape {shape:?} lacks; it has {} dimension{}",
        shape.len(), if shape.len() == 1 { "" } else { "s" }
    )]
    Dimension {
        /// The name.
        name: &'static str,
        /// The dimension.
        dimension: usize,
        /// The shape.
        shape: Vec<u64>,
    },
    /// A shape of more dimensions than a formula has room for.
    #[error(
        "a shape of {dimensions} dimensions; a formula has at most {}: join some of them",
        program::DIMENSIONS
    )]
    Dimensions {
        /// Its dimensions.
        dimensions: usize,
    },
    /// More operations than a formula has room for.
    #[error(
        "a formula of {operations} operations, numbers and names, constant parts counted as one; at most {} have room: make it shorter",
        program::STEPS
    )]
    Operations {
        /// How many there are.
        operations: usize,
    },
    /// More numbers than a formula has room for.
    #[error(
        "a formula of {numbers} different numbers, constant parts counted as one; at most {} have room: make it shorter",
        program::NUMBERS
    )]
    Numbers {
        /// How many there are.
        numbers: usize,
    },
    /// A formula whose text, with the values of its variables, is longer than any that is read.
    #[error(
        "a formula of {bytes} bytes once its variables are numbers; at most {} are taken: make it shorter",
        Expression::MOST_BYTES
    )]
    Length {
        /// The bytes of its text.
        bytes: usize,
    },
}

/// The operators, with commas.
fn operators() -> String {
    super::functions::OPERATORS.map(|operator| operator.0).join(" ")
}

/// The functions, with commas.
fn functions() -> String {
    super::functions::FUNCTIONS.map(|function| function.0).join(", ")
}
