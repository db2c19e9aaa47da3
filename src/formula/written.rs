//! A formula as it is written and read.

use serde::{Deserialize, Serialize};

use super::{Expression, Formula};

/// The text and the shape.
#[derive(Serialize, Deserialize)]
#[serde(expecting = "a formula and the shape of its tensor")]
pub(super) struct Written {
    formula: String,
    shape: Vec<u64>,
}

impl From<Formula> for Written {
    fn from(formula: Formula) -> Self {
        Self { formula: formula.to_string(), shape: formula.shape().into() }
    }
}

impl TryFrom<Written> for Formula {
    type Error = String;

    fn try_from(Written { formula, shape }: Written) -> Result<Self, String> {
        let of_none = |name: &str| {
            let names = Self::NAMES.join(", ");
            Err(format!("there is no variable `{name}` where a formula is read; there are {names}"))
        };
        let wrong = |error: &dyn std::fmt::Display| format!("{formula:?} is no formula: {error}");
        let expression = Expression::parse(&formula).map_err(|error| wrong(&error))?;
        expression.formula(&shape, of_none).map_err(|error| wrong(&error))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Expression, Formula};

    #[test]
    fn what_is_written_is_read_and_checked() {
        let variable = |_: &str| Ok::<_, ()>(1.0 / 3.0);
        for (text, shape) in [
            ("ln(j + 1)", vec![4, 16]),
            ("r * z", vec![u64::MAX]),
            ("i * (0 / 0) + -0", vec![2, 2]),
            ("r", vec![]),
        ] {
            let formula = Expression::parse(text).unwrap().formula(&shape, variable).unwrap();
            let written = serde_json::to_string(&formula).unwrap();
            assert_eq!(serde_json::from_str::<Formula>(&written).unwrap(), formula, "{written}");
        }
        let formula = Expression::parse("ln(j+1)").unwrap().formula(&[4, 16], variable).unwrap();
        let written = serde_json::to_string(&formula).unwrap();
        assert_eq!(written, r#"{"formula":"ln(j + 1)","shape":[4,16]}"#);
        for (wrong, message) in [
            (r#"{"formula": "ln(j + 1", "shape": [4, 16]}"#, "`(` at character 3"),
            (r#"{"formula": "ln(j + 1)", "shape": [4]}"#, "which the shape [4] lacks"),
            (r#"{"formula": "r * z", "shape": [4]}"#, "no variable `r`"),
            (r#"{"formula": "1", "shape": [1, 1, 1, 1, 1, 1, 1, 1, 1]}"#, "9 dimensions"),
            (r#"{"formula": "1", "shape": [-1]}"#, "-1"),
            (r#"{"formula": "1"}"#, "shape"),
            ("1", "a formula and the shape of its tensor"),
        ] {
            let error = serde_json::from_str::<Formula>(wrong).unwrap_err().to_string();
            assert!(error.contains(message), "{wrong}: {error}");
        }
    }
}
