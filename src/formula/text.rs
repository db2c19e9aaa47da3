//! A formula's text: infix, and the same formula when it is read.

use std::fmt;

use super::{
    Formula,
    functions::{Operation, Precedence},
    program::Step,
};

/// A part of the text, and how tightly it holds together.
struct Part(String, Precedence);

impl Part {
    /// The text as an operand that must hold together at least so tightly.
    fn within(self, least: Precedence) -> String {
        if self.1 < least { format!("({})", self.0) } else { self.0 }
    }

    /// A number in its shortest form that is read as the same bits.
    fn number(number: f64) -> Self {
        // There are no literals of these.
        if !number.is_finite() {
            let quotient = match number {
                f64::INFINITY => "1 / 0",
                f64::NEG_INFINITY => "-1 / 0",
                _ => "0 / 0",
            };
            return Self(quotient.into(), Precedence::Product);
        }
        let [plain, short] = [number.to_string(), format!("{number:e}")];
        let sign = if number.is_sign_negative() { Precedence::Sign } else { Precedence::Whole };
        Self(if short.len() < plain.len() { short } else { plain }, sign)
    }

    /// An operation on operands.
    fn operation(operation: Operation, operands: Vec<Self>) -> Self {
        let name = operation.name();
        let count = operands.len();
        let mut of = operands.into_iter();
        match (operation.precedence(), of.next(), of.next()) {
            (Some(precedence), Some(operand), None) if count == 1 => {
                Self(format!("{name}{}", operand.within(Precedence::Whole)), precedence)
            }
            (Some(precedence), Some(left), Some(right)) if count == 2 => {
                let least = match precedence {
                    // Comparisons have none at either side.
                    Precedence::Comparison => Precedence::Sum,
                    // Its left side could be read as it is: a reader would doubt it.
                    Precedence::Power => Precedence::Whole,
                    Precedence::Sum | Precedence::Product => precedence,
                    Precedence::Sign | Precedence::Whole => Precedence::Whole,
                };
                let right = right.within(precedence.tighter());
                Self(format!("{} {name} {right}", left.within(least)), precedence)
            }
            (_, first, second) => {
                let all = first.into_iter().chain(second).chain(of).map(|part| part.0);
                let list = all.collect::<Vec<_>>().join(", ");
                Self(format!("{name}({list})"), Precedence::Whole)
            }
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<Part> = Vec::new();
        for step in self.steps() {
            let name = |name: &str| Part(name.into(), Precedence::Whole);
            let part = match *step {
                Step::Number(at) => Part::number(self.number(at)),
                Step::Index => name("index"),
                Step::Coordinate(at) => {
                    name(Self::NAMES.get(usize::from(at)).copied().unwrap_or_default())
                }
                Step::U => name("u"),
                Step::Z => name("z"),
                Step::Operation(operation) => {
                    let first = parts.len().saturating_sub(operation.operands());
                    let operands = parts.split_off(first);
                    Part::operation(operation, operands)
                }
            };
            parts.push(part);
        }
        f.write_str(parts.last().map_or("", |part| &part.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::functions::{FUNCTIONS, OPERATORS};
    use crate::{Expression, Formula};

    const SHAPE: [u64; 3] = [3, 4, 5];

    fn formula_of(text: &str) -> Formula {
        let nothing = |name: &str| Err(format!("there is no variable {name}"));
        Expression::parse(text).unwrap().formula(&SHAPE, nothing).unwrap()
    }

    #[test]
    fn parentheses_are_where_they_are_needed() {
        for (text, written) in [
            ("(i+j)+k", "i + j + k"),
            ("i+(j+k)", "i + (j + k)"),
            ("i-(j-k)", "i - (j - k)"),
            ("i*j+k", "i * j + k"),
            ("i*(j+k)", "i * (j + k)"),
            ("i/(j*k)", "i / (j * k)"),
            ("i/j*k", "i / j * k"),
            ("i%(j%k)", "i % (j % k)"),
            ("(i^j)^k", "(i ^ j) ^ k"),
            ("i^(j^k)", "i ^ (j ^ k)"),
            ("-i^j", "(-i) ^ j"),
            ("-(i^j)", "-(i ^ j)"),
            ("i^-j", "i ^ -j"),
            ("-(i+j)", "-(i + j)"),
            ("-2^i", "(-2) ^ i"),
            ("i- -2", "i - -2"),
            ("-sin(i)*j", "-sin(i) * j"),
            ("(i<j)<k", "(i < j) < k"),
            ("i<(j<k)", "i < (j < k)"),
            ("i+1<j", "i + 1 < j"),
            ("(i<1)+j", "(i < 1) + j"),
            ("if(i<1,min(j,2),pow(j,2))", "if(i < 1, min(j, 2), j ^ 2)"),
            ("i*(1/0)", "i * (1 / 0)"),
            ("i+(-1/0)", "i + -1 / 0"),
            ("i^(-1/0)", "i ^ (-1 / 0)"),
            ("i+(0/0)", "i + 0 / 0"),
            ("i+-0", "i + -0"),
            ("i+1e300*1e-320", "i + 9.99988867182683e-21"),
            ("i*1e21", "i * 1e21"),
            ("log(i)", "ln(i)"),
        ] {
            let formula = formula_of(text);
            assert_eq!(formula.to_string(), written, "{text}");
            assert_eq!(formula_of(written), formula, "{text}");
        }
    }

    #[test]
    fn equal_is_equal_to_the_bit() {
        assert_eq!(formula_of("i*(0/0)"), formula_of("i*sqrt(-1)"));
        assert_ne!(formula_of("i*0"), formula_of("i*-0"));
        assert_ne!(formula_of("i+j"), formula_of("j+i"));
        let nothing = |_: &str| Err("no variables");
        let of = |shape: &[u64]| Expression::parse("i").unwrap().formula(shape, nothing).unwrap();
        assert_ne!(of(&[2]), of(&[3]));
        assert_ne!(of(&[2]), of(&[2, 0]));
        assert_eq!(format!("{:?}", of(&[2])), "Formula(i of [2])");
    }

    /// Random expressions, of names, variables, and numbers of any bits that have a literal.
    fn expressions() -> impl Strategy<Value = String> {
        let names = prop::sample::select(&Formula::NAMES[..]);
        let known = names.prop_filter("dimensions that there are", |name| {
            !matches!(*name, "l" | "m" | "dim3" | "dim4" | "dim5" | "dim6" | "dim7")
        });
        let leaf = prop_oneof![
            4 => known.prop_map(str::to_owned),
            1 => prop::sample::select(vec!["r", "s", "PI", "E"]).prop_map(str::to_owned),
            1 => (0..10u32).prop_map(|digit| digit.to_string()),
            1 => any::<f64>().prop_filter("finite", |it| it.is_finite()).prop_map(|it| format!("{it:e}")),
        ];
        leaf.prop_recursive(5, 24, 3, |inner| {
            let operator = prop::sample::select(OPERATORS.map(|it| it.0).to_vec());
            let function = prop::sample::select(FUNCTIONS.to_vec());
            prop_oneof![
                3 => (inner.clone(), operator, inner.clone()).prop_map(|(a, sign, b)| format!("({a}){sign}({b})")),
                2 => (function, prop::collection::vec(inner.clone(), 3)).prop_map(|((name, of), operands)| {
                    format!("{name}({})", operands[..of.operands()].join(","))
                }),
                1 => inner.prop_map(|a| format!("-({a})")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// A formula has the expression's bits, for which nothing was folded; and so has its text.
        #[test]
        fn a_text_is_its_formula(
            text in expressions(),
            r in any::<f64>(),
            index in 0..60u64,
            u in 0.0..1.0,
            z in -8.0..8.0,
        ) {
            let variable = |name: &str| match name {
                "r" => Ok(r),
                "s" => Ok(0.5),
                _ => Err(format!("there is no variable {name}")),
            };
            let Ok(expression) = Expression::parse(&text) else {
                return Err(TestCaseError::reject("longer than any"));
            };
            let Ok(formula) = expression.formula(&SHAPE, variable) else {
                return Err(TestCaseError::reject("longer than any"));
            };
            let [i, j, k] = [index / 20, index / 5 % 4, index % 5].map(|it| it as f64);
            let value = expression.value(|name| match name {
                "i" => Ok(i),
                "j" => Ok(j),
                "k" => Ok(k),
                "index" => Ok(index as f64),
                "u" => Ok(u),
                "z" => Ok(z),
                "dim0" => Ok(3.0),
                "dim1" => Ok(4.0),
                "dim2" => Ok(5.0),
                _ => variable(name),
            });
            let found = formula.value(index, u, z);
            prop_assert_eq!(found.to_bits(), value.unwrap().to_bits(), "{} is {}", text, formula);
            let again = formula_of(&formula.to_string());
            prop_assert_eq!(again, formula, "{}", text);
            prop_assert_eq!(again.value(index, u, z).to_bits(), found.to_bits());
        }
    }
}
