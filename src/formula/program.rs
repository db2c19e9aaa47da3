//! Formulas: the steps of an expression for the elements of a tensor, of a fixed size and without a heap.

use std::fmt;

use super::{
    Expression, FormulaError,
    expression::Node,
    functions::{MOST_OPERANDS, Operation, determined},
};

/// The most steps of a formula. A power of two, so that a mask keeps its stack's places within bounds.
pub(super) const STEPS: usize = 64;
/// The most different numbers of a formula.
pub(super) const NUMBERS: usize = 24;
/// The most dimensions of a formula's shape.
pub(super) const DIMENSIONS: usize = 8;

/// How many dimensions have names for their coordinates.
const COORDINATES: usize = 5;

/// What every element of a tensor is, as a function of its place and of two draws of its own: a few hundred bytes that are copied, and that
/// compute without allocating.
///
/// It is made by [`Expression::formula`]. Its text is an expression that, read again and made a formula of the same shape, is the same formula; with the feature `serde` it is
/// written and read as `{"formula": "ln(j + 1)", "shape": [4, 16]}`, and what is read is checked as it is when it is made. Two are equal
/// where they are the same steps with the same bits of numbers.
///
/// ```
/// use wgpu_weights::Expression;
/// let zigzag = Expression::parse("ln(.3) + .5 * ((i + 1) % 3 - 1)")?.formula(&[6], |name| Err(format!("no variable {name}")))?;
/// let [first, second] = [0, 1].map(|index| zigzag.value(index, 0.0, 0.0));
/// assert_eq!([first, second], [-1.2039728043259361, -0.7039728043259361]);
/// assert_eq!(zigzag.to_string(), "-1.2039728043259361 + 0.5 * ((i + 1) % 3 - 1)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "super::written::Written", try_from = "super::written::Written")
)]
pub struct Formula {
    steps: [Step; STEPS],
    length: u8,
    numbers: [f64; NUMBERS],
    shape: [u64; DIMENSIONS],
    rank: u8,
    /// The lowest dimension whose coordinate is used; the rank where none is.
    first_coordinate: u8,
}

/// A step of a formula, behind those that make its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// One of the numbers, by its place among them.
    Number(u8),
    /// The element's position.
    Index,
    /// The element's coordinate in a dimension.
    Coordinate(u8),
    /// The element's uniform draw.
    U,
    /// The element's normal draw.
    Z,
    /// An operation on what comes before it.
    Operation(Operation),
}

impl Formula {
    /// The names that are the element's in a formula; every other one is a variable.
    ///
    /// ```
    /// use wgpu_weights::{Expression, Formula};
    /// let expression = Expression::parse("z * std + j")?;
    /// let variables = expression.variables().iter().filter(|name| !Formula::NAMES.contains(&name.as_str()));
    /// assert!(variables.eq(["std"]));
    /// # Ok::<(), wgpu_weights::ExpressionError>(())
    /// ```
    pub const NAMES: [&'static str; 16] = [
        "i", "j", "k", "l", "m", "dim0", "dim1", "dim2", "dim3", "dim4", "dim5", "dim6", "dim7",
        "index", "u", "z",
    ];

    /// The formula of an expression in postfix order.
    pub(super) fn new<E>(
        nodes: &[Node],
        names: &[String],
        shape: &[u64],
        mut variable: impl FnMut(&str) -> Result<f64, E>,
    ) -> Result<Self, FormulaError<E>> {
        if shape.len() > DIMENSIONS {
            return Err(FormulaError::Dimensions { dimensions: shape.len() });
        }
        let terms = names
            .iter()
            .map(|name| match Term::of_element(name, shape)? {
                Some(term) => Ok(term),
                None => variable(name).map(Term::Number).map_err(FormulaError::Variable),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut folded = Folded::default();
        for node in nodes {
            match *node {
                Node::Number(number) => folded.push(Term::Number(number)),
                Node::Name(name) => {
                    folded.push(terms.get(name).copied().unwrap_or(Term::Number(f64::NAN)));
                }
                Node::Operation(operation) => folded.operation(operation),
            }
        }
        let formula = Self::of_terms(&folded.terms, shape)?;
        // What is written can be read.
        match formula.to_string().len() {
            bytes if bytes > Expression::MOST_BYTES => Err(FormulaError::Length { bytes }),
            _ => Ok(formula),
        }
    }

    /// The formula of terms in postfix order, of a shape that has room.
    fn of_terms<E>(terms: &[Term], shape: &[u64]) -> Result<Self, FormulaError<E>> {
        if terms.len() > STEPS {
            return Err(FormulaError::Operations { operations: terms.len() });
        }
        let mut numbers: Vec<f64> = Vec::new();
        let mut steps = [Step::Index; STEPS];
        for (step, term) in steps.iter_mut().zip(terms) {
            *step = match *term {
                Term::Step(step) => step,
                Term::Number(number) => {
                    let same = |known: &f64| known.to_bits() == determined(number).to_bits();
                    let place = numbers.iter().position(same).unwrap_or_else(|| {
                        numbers.push(determined(number));
                        numbers.len() - 1
                    });
                    Step::Number(place as u8)
                }
            };
        }
        if numbers.len() > NUMBERS {
            return Err(FormulaError::Numbers { numbers: numbers.len() });
        }
        let coordinates = terms.iter().filter_map(|term| match term {
            Term::Step(Step::Coordinate(dimension)) => Some(*dimension),
            _ => None,
        });
        let rank = shape.len() as u8;
        let mut formula = Self {
            steps,
            length: terms.len() as u8,
            numbers: [0.0; NUMBERS],
            shape: [0; DIMENSIONS],
            rank,
            first_coordinate: coordinates.min().unwrap_or(rank),
        };
        formula.numbers.iter_mut().zip(numbers).for_each(|(to, number)| *to = number);
        formula.shape.iter_mut().zip(shape).for_each(|(to, size)| *to = *size);
        Ok(formula)
    }

    /// The value of the element at a row-major position, given a uniform draw on `[0, 1)` and a standard normal one of its own.
    ///
    /// It may be NaN (always the same one) or infinite; the caller judges that. Positions and sizes are rounded to f64, which has all below
    /// 2^53. Of a position that the shape lacks, the coordinate along dimension 0 is one that it lacks too.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// let normal = Expression::parse("i + std * z")?.formula(&[2, 3], |_| Ok::<_, std::convert::Infallible>(0.5))?;
    /// assert_eq!(normal.value(4, 0.9, -0.5), 0.75); // row 1
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn value(&self, index: u64, u: f64, z: f64) -> f64 {
        // Fewer than 64 places are needed, as many as there are steps: the mask changes no place, and says so to the compiler.
        const PLACE: usize = STEPS - 1;
        const { assert!(STEPS.is_power_of_two() && MOST_OPERANDS == 3) };
        let coordinates = self.coordinates(index);
        let mut stack = [0.0; STEPS];
        let mut top = 0usize;
        for step in self.steps() {
            let value = match *step {
                Step::Number(at) => self.numbers.get(usize::from(at)).copied().unwrap_or(f64::NAN),
                Step::Index => index as f64,
                Step::Coordinate(at) => {
                    coordinates.get(usize::from(at)).copied().unwrap_or(f64::NAN)
                }
                Step::U => u,
                Step::Z => z,
                Step::Operation(operation) => {
                    top = top.saturating_sub(operation.operands());
                    // An operation looks at its own operands only, so what lies behind them does not matter.
                    operation.value([0, 1, 2].map(|at| stack[(top + at) & PLACE]))
                }
            };
            stack[top & PLACE] = value;
            top += 1;
        }
        determined(stack[0])
    }

    /// Whether the element's uniform draw is used.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// let formula = Expression::parse("exp(u)")?.formula(&[8], |_| Err("no variables"))?;
    /// assert!(formula.uses_u() && !formula.uses_z());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn uses_u(&self) -> bool {
        self.steps().contains(&Step::U)
    }

    /// Whether the element's normal draw is used.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// // Constant parts are gone, and what they decide.
    /// let formula = Expression::parse("if(dim0 > 4, z, u)")?.formula(&[8], |_| Err("no variables"))?;
    /// assert!(formula.uses_z() && !formula.uses_u());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn uses_z(&self) -> bool {
        self.steps().contains(&Step::Z)
    }

    /// The shape of the tensor.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// let formula = Expression::parse("i")?.formula(&[8, 2], |_| Err("no variables"))?;
    /// assert_eq!(formula.shape(), [8, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shape(&self) -> &[u64] {
        self.shape.get(..usize::from(self.rank)).unwrap_or_default()
    }

    /// The steps, in the order in which they are done.
    pub(super) fn steps(&self) -> &[Step] {
        self.steps.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The number of a step.
    pub(super) fn number(&self, at: u8) -> f64 {
        self.numbers.get(usize::from(at)).copied().unwrap_or(f64::NAN)
    }

    /// The coordinates from the last dimension to the first that is used.
    fn coordinates(&self, index: u64) -> [f64; DIMENSIONS] {
        let mut coordinates = [0.0; DIMENSIONS];
        let mut rest = index;
        let dimensions = coordinates.iter_mut().zip(self.shape()).enumerate().rev();
        for (at, (coordinate, &size)) in dimensions {
            if at < usize::from(self.first_coordinate) {
                break;
            }
            if at == 0 {
                *coordinate = rest as f64;
            } else {
                // A dimension of size 0 has no elements to ask for.
                *coordinate = rest.checked_rem(size).unwrap_or(0) as f64;
                rest = rest.checked_div(size).unwrap_or(0);
            }
        }
        coordinates
    }
}

impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.steps() == other.steps()
            && self.shape() == other.shape()
            && self.numbers.map(f64::to_bits) == other.numbers.map(f64::to_bits)
    }
}

impl Eq for Formula {}

impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formula({self} of {:?})", self.shape())
    }
}

/// A step whose number has no place yet.
#[derive(Clone, Copy, Debug)]
enum Term {
    Number(f64),
    Step(Step),
}

impl Term {
    /// What a name is, if it is one of the element's.
    fn of_element<E>(name: &str, shape: &[u64]) -> Result<Option<Self>, FormulaError<E>> {
        let Some(place) = Formula::NAMES.iter().position(|known| *known == name) else {
            return Ok(None);
        };
        let lacking = |dimension| FormulaError::Dimension {
            name: Formula::NAMES.get(place).copied().unwrap_or_default(),
            dimension,
            shape: shape.to_vec(),
        };
        let term = match name {
            "index" => Self::Step(Step::Index),
            "u" => Self::Step(Step::U),
            "z" => Self::Step(Step::Z),
            _ if place < COORDINATES => {
                shape.get(place).ok_or_else(|| lacking(place))?;
                Self::Step(Step::Coordinate(place as u8))
            }
            _ => {
                let dimension = place - COORDINATES;
                Self::Number(*shape.get(dimension).ok_or_else(|| lacking(dimension))? as f64)
            }
        };
        Ok(Some(term))
    }
}

/// Terms in postfix order, whose constant parts are single numbers.
#[derive(Default)]
struct Folded {
    terms: Vec<Term>,
    /// Operands that wait for their operation.
    parts: Vec<Part>,
}

/// A part of the terms that makes one value.
#[derive(Clone, Copy)]
struct Part {
    /// Its first term; it ends where the next part begins.
    from: usize,
    /// Its value, where it is the same for all elements.
    constant: Option<f64>,
}

impl Folded {
    fn push(&mut self, term: Term) {
        let constant = match term {
            Term::Number(number) => Some(number),
            Term::Step(_) => None,
        };
        self.parts.push(Part { from: self.terms.len(), constant });
        self.terms.push(term);
    }

    fn operation(&mut self, operation: Operation) {
        let first = self.parts.len().saturating_sub(operation.operands());
        let operands = self.parts.split_off(first);
        let from = operands.first().map_or(0, |part| part.from);
        let mut values = [0.0; MOST_OPERANDS];
        let constants = operands.iter().map_while(|part| part.constant);
        let known = values.iter_mut().zip(constants).map(|(to, value)| *to = value).count();
        if known == operands.len() {
            self.terms.truncate(from);
            self.push(Term::Number(operation.value(values)));
            return;
        }
        let part = match (operation, operands.as_slice()) {
            // One side is left of a condition that is known.
            (Operation::If, &[Part { constant: Some(condition), .. }, yes, no]) => {
                let (kept, end) =
                    if condition != 0.0 { (yes, no.from) } else { (no, self.terms.len()) };
                self.terms.truncate(end);
                self.terms.drain(from..kept.from);
                Part { from, constant: kept.constant }
            }
            _ => {
                let negates =
                    |term: &Term| matches!(term, Term::Step(Step::Operation(Operation::Negate)));
                // Two negations are none.
                if operation == Operation::Negate && self.terms.last().is_some_and(negates) {
                    self.terms.pop();
                } else {
                    self.terms.push(Term::Step(Step::Operation(operation)));
                }
                Part { from, constant: None }
            }
        };
        self.parts.push(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    fn formula_of(text: &str, shape: &[u64], variables: &[(&str, f64)]) -> Result<Formula> {
        let variable = |asked: &str| {
            let found = variables.iter().find(|(name, _)| *name == asked);
            found.map(|it| it.1).ok_or_else(|| format!("there is no variable {asked}"))
        };
        Ok(Expression::parse(text)?.formula(shape, variable)?)
    }

    /// All elements, without draws.
    fn all(text: &str, shape: &[u64], variables: &[(&str, f64)]) -> Vec<f64> {
        let formula = formula_of(text, shape, variables).unwrap();
        (0..shape.iter().product()).map(|index| formula.value(index, 0.0, 0.0)).collect()
    }

    fn assert_bits(found: &[f64], expected: impl IntoIterator<Item = f64>) {
        let expected = expected.into_iter().collect::<Vec<_>>();
        let bits = |values: &[f64]| values.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        assert!(!expected.is_empty());
        assert_eq!(bits(found), bits(&expected), "{found:?} for {expected:?}");
    }

    #[test]
    fn mamba_and_lines() {
        let of_columns = (0..64).map(|at| libm::log(f64::from(at % 16) + 1.0));
        assert_bits(&all("ln(j+1)", &[4, 16], &[]), of_columns);
        let line = (0..7).map(|at| 3.0 + 3.0 * f64::from(at) / 6.0);
        assert_bits(&all("3 + 3*i/(dim0-1)", &[7], &[]), line);
        let zigzag = (0..12).map(|at| libm::log(0.3) + 0.5 * (f64::from((at + 1) % 3) - 1.0));
        assert_bits(&all("ln(.3)+.5*((i+1)%3-1)", &[12], &[]), zigzag);
    }

    #[test]
    fn rwkv() {
        for layer in 0..3 {
            let r = f64::from(layer) / 2.0;
            let decay = (0..8).map(|at| -5.0 + 8.0 * libm::pow(f64::from(at) / 7.0, 0.7 + 1.3 * r));
            let found = all("-5+8*(i/(dim0-1))^(.7+1.3*r)", &[8], &[("r", r)]);
            assert_bits(&found, decay);
            let (c, n) = (16.0, 4.0);
            let w0 = (0..16).map(|at| {
                let i = f64::from(at);
                let t = ((i % n) - (n - 1.0) / 2.0) / ((n - 1.0) / 2.0);
                -6.0 + 6.0 * libm::pow(i / (c - 1.0), 1.0 + libm::pow(r, 0.3))
                    + 0.5
                    + 2.5 * t * t.abs()
            });
            let t = "((i%N)-(N-1)/2)/((N-1)/2)";
            let text = format!("-6+6*(i/(C-1))^(1+r^.3)+.5+2.5*{t}*abs({t})");
            // Without a parenthesis about t, `2.5*t` divides last.
            let text = text.replace(&format!("*{t}*"), &format!("*({t})*"));
            assert_bits(&all(&text, &[16], &[("C", c), ("N", n), ("r", r)]), w0);
        }
    }

    #[test]
    fn sinusoids() {
        let text = "if(j < dim1/2, sin(i*exp(-j*ln(1e4)/(dim1/2-1))), cos(i*exp(-(j-dim1/2)*ln(1e4)/(dim1/2-1))))";
        let expected = (0..5 * 8).map(|index| {
            let (i, j) = (f64::from(index / 8), f64::from(index % 8));
            if j < 4.0 {
                libm::sin(i * libm::exp(-j * libm::log(1e4) / 3.0))
            } else {
                libm::cos(i * libm::exp(-(j - 4.0) * libm::log(1e4) / 3.0))
            }
        });
        assert_bits(&all(text, &[5, 8], &[]), expected);
    }

    #[test]
    fn draws() -> Result {
        // Mamba's dt_bias: the inverse softplus of what lies log-uniformly between two bounds.
        let t = "max(exp(ln(lo)+(ln(hi)-ln(lo))*u), floor_)";
        let bounds = [("lo", 1e-3), ("hi", 0.1), ("floor_", 1e-4)];
        let bias = formula_of(&format!("{t} + ln(-expm1(-{t}))"), &[8], &bounds)?;
        assert!(bias.uses_u() && !bias.uses_z());
        for u in [0.0, 0.25, 0.999_999] {
            let t = libm::exp(libm::log(1e-3) + (libm::log(0.1) - libm::log(1e-3)) * u).max(1e-4);
            let expected = t + libm::log(-libm::expm1(-t));
            assert_bits(&[bias.value(3, u, 9.0)], [expected]);
            // What softplus makes of it is the draw.
            assert!((libm::log1p(libm::exp(expected)) / t - 1.0).abs() < 1e-12);
        }
        let sign = formula_of("sign(z)", &[8], &[])?;
        assert!(sign.uses_z() && !sign.uses_u());
        assert_eq!([-0.3, 0.0, 2.0].map(|z| sign.value(0, 0.5, z)), [-1.0, 0.0, 1.0]);
        Ok(())
    }

    #[test]
    fn coordinates_are_row_major() -> Result {
        let shape = [2, 3, 4, 5, 6];
        let text = "(((i*dim1 + j)*dim2 + k)*dim3 + l)*dim4 + m - index";
        assert!(all(text, &shape, &[]).iter().all(|&rest| rest == 0.0));
        for (name, stride, size) in
            [("i", 360, 2), ("j", 120, 3), ("k", 30, 4), ("l", 6, 5), ("m", 1, 6)]
        {
            let expected = (0..720).map(|index| f64::from(index / stride % size));
            assert_bits(&all(name, &shape, &[]), expected);
        }
        assert_eq!(
            formula_of("index + dim7", &[1, 1, 1, 1, 1, 1, 1, 9], &[])?.value(4, 0.0, 0.0),
            13.0
        );
        assert_eq!(formula_of("index", &[], &[])?.value(0, 0.0, 0.0), 0.0);
        // No element, no panic.
        for shape in [[0, 0, 3], [2, 0, 3], [u64::MAX; 3]] {
            assert!(formula_of("i + j + k", &shape, &[])?.value(u64::MAX, 0.0, 0.0) >= 0.0);
        }
        Ok(())
    }

    #[test]
    fn constants_are_folded() -> Result {
        for (text, folded, steps) in [
            ("sqrt(dim0) / 2 * z", "1 * z", 3),
            ("2 * PI / TAU + z", "1 + z", 3),
            ("if(dim0 == 4, z, u)", "z", 1),
            ("if(dim0 != 4, z, u + 1)", "u + 1", 3),
            ("if(dim0 != 4, z, r + 1) * u", "3.5 * u", 3),
            ("if(u > .5, 1 + 1, -r)", "if(u > 0.5, 2, -2.5)", 6),
            ("if(-r, z, u)", "z", 1),
            ("if(0/0, z, u)", "z", 1),
            ("-(-z)", "z", 1),
            ("-(-(z + 1)) * -1", "(z + 1) * -1", 5),
            ("r ^ 2", "6.25", 1),
        ] {
            let formula = formula_of(text, &[4], &[("r", 2.5)])?;
            assert_eq!(
                (formula.to_string().as_str(), formula.steps().len()),
                (folded, steps),
                "{text}"
            );
        }
        Ok(())
    }

    #[test]
    fn what_has_no_room_is_an_error() -> Result {
        let error =
            |text: &str, shape: &[u64]| formula_of(text, shape, &[]).unwrap_err().to_string();
        let ends = "`k` is of dimension 2, which the shape [4, 5] lacks; it has 2 dimensions";
        assert_eq!(error("if(0, k, i)", &[4, 5]), ends);
        assert!(
            error("dim1", &[4]).starts_with("`dim1` is of dimension 1, which the shape [4] lacks")
        );
        assert!(error("i", &[]).ends_with("the shape [] lacks; it has 0 dimensions"));
        assert_eq!(error("z * std", &[4]), "there is no variable std");
        assert_eq!(error("dim8", &[4]), "there is no variable dim8");
        assert!(
            error("1", &[1; 9]).starts_with("a shape of 9 dimensions; a formula has at most 8")
        );
        // 64 steps, and 65.
        let sum = |terms: usize| vec!["z"; terms].join("+");
        assert_eq!(formula_of(&format!("-({})", sum(32)), &[1], &[])?.value(0, 0.0, 1.0), -32.0);
        assert!(error(&sum(33), &[1]).starts_with("a formula of 65 operations"));
        // The stack is deepest where operands are on the right.
        let right = format!("{}z{}", "if(z,z,".repeat(21), ")".repeat(21));
        assert_eq!(formula_of(&right, &[1], &[])?.value(0, 0.0, 0.0), 0.0);
        let right = format!("{}z{}", "z-(".repeat(31), ")".repeat(31));
        assert_eq!(formula_of(&right, &[1], &[])?.value(0, 0.0, 1.0), 0.0);
        // 24 numbers, however often, and 25.
        let numbers = |last: usize| (1..=last).map(|it| format!("{it}")).collect::<Vec<_>>();
        let chain = |last: usize| format!("z+{}", numbers(last).join("+"));
        assert_eq!(formula_of(&format!("{}+1", chain(24)), &[1], &[])?.value(0, 0.0, 0.0), 301.0);
        assert!(error(&chain(25), &[1]).starts_with("a formula of 25 different numbers"));
        // A text of 1000 bytes, once the numbers are in it, cannot be read.
        let long = vec!["max(z,a)"; 16].join("+");
        let most = [("a", -2.225_073_858_507_201_4e-308)];
        let length = formula_of(&long, &[1], &most)?.to_string().len();
        assert!(length < Expression::MOST_BYTES, "{length}");
        let long = format!("{}z,a{}", "atan2(a,".repeat(30), ")".repeat(30)).replacen(
            "z,a",
            "atan2(z,a)",
            1,
        );
        assert!(
            formula_of(&long, &[1], &most).unwrap_err().to_string().starts_with("a formula of 10")
        );
        Ok(())
    }

    #[test]
    fn a_formula_is_small() {
        assert!(size_of::<Formula>() <= 512, "{}", size_of::<Formula>());
    }
}
