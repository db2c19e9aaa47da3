//! A formula of an element's coordinates, or of a draw.

use super::{
    argument::{Argument, ArgumentError, Arguments},
    definition::Initialiser,
    error::InitError,
};
use crate::{Distribution, Formula, formula::FormulaError};

const EXPRESSION: Argument = Argument::expression(
    "expression",
    "what each element is: of its coordinates i, j, k, ..., the sizes dim0, dim1, ..., a draw u (uniform on [0, 1)) or z \
     (standard normal), as ln(j + 1) or 3 + 3 * i / (dim0 - 1)",
);

pub(super) const FORMULA: Initialiser = Initialiser {
    name: "formula",
    about: "A formula of each element's coordinates, or of a draw",
    arguments: &[EXPRESSION],
    draw: |shape, given: &Arguments| {
        let missing = ArgumentError::Missing { key: EXPRESSION.key, initialiser: "formula" };
        let expression = given.expression(&EXPRESSION).ok_or(missing)?;
        let known = || Formula::NAMES.join(", ");
        let formula = expression.formula(shape, |name| {
            Err(format!("`{name}` is no name of an element's; there are {}", known()))
        });
        let formula = formula.map_err(|error: FormulaError<String>| InitError::Formula {
            expression: expression.text().into(),
            why: error.to_string(),
        })?;
        Ok(Distribution::formula(formula)?.into())
    },
};
