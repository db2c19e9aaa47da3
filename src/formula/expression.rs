//! Expressions: text that becomes operations in postfix order, so that nothing beyond reading it ever recurs.

use std::fmt;

use super::{
    ExpressionError, Formula, FormulaError,
    functions::{CONSTANTS, MOST_OPERANDS, OPERATORS, Operation, Precedence, determined},
};

/// An expression that was read: numbers, names, operators and functions, as [the module](super) has them.
///
/// Its names get their values when it is computed; none is known before but the constants `PI`, `E` and `TAU`. Two are equal
/// where their texts are.
///
/// ```
/// use wgpu_weights::Expression;
/// let std = Expression::parse("initializer_range / sqrt(2 * n_layers)")?;
/// assert_eq!(std.variables(), ["initializer_range", "n_layers"]);
/// let value = std.value(|name| match name {
///     "initializer_range" => Ok(0.02),
///     "n_layers" => Ok(12.0),
///     _ => Err(format!("there is no variable {name}")),
/// });
/// assert_eq!(value, Ok(0.02 / 24f64.sqrt()));
/// # Ok::<(), wgpu_weights::ExpressionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    names: Vec<String>,
    nodes: Vec<Node>,
}

/// A part of an expression, behind its operands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// A number.
    Number(f64),
    /// One of the names, by its place among them.
    Name(usize),
    /// An operation on what comes before it.
    Operation(Operation),
}

impl Expression {
    /// The most bytes of a text: longer expressions are no one's handwriting.
    pub const MOST_BYTES: usize = 1000;
    /// How deep parentheses may lie within each other.
    pub const MOST_DEPTH: usize = 64;

    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionError`]: text that is none, with its place.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// assert!(Expression::parse("1 / sqrt(fan_in)").is_ok());
    /// let error = Expression::parse("2 fan_in").unwrap_err();
    /// assert!(error.to_string().starts_with("`f` at character 3, where an operator belongs"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > Self::MOST_BYTES {
            return Err(ExpressionError::Length { bytes: text.len() });
        }
        let mut reader = Reader { text, at: 0, names: Vec::new(), nodes: Vec::new() };
        reader.expression(Precedence::Comparison, 0)?;
        match reader.next() {
            None => {}
            Some(b')') => return Err(ExpressionError::Unopened { at: reader.at + 1 }),
            Some(_) => return Err(reader.no_operator()),
        }
        Ok(Self { text: text.into(), names: reader.names, nodes: reader.nodes })
    }

    /// The text, as it was written.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// assert_eq!(Expression::parse("1/ fan_in")?.text(), "1/ fan_in");
    /// # Ok::<(), wgpu_weights::ExpressionError>(())
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that it asks for, each once, in the order in which they appear; constants are not among them.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// assert_eq!(Expression::parse("z * std + PI * z")?.variables(), ["z", "std"]);
    /// # Ok::<(), wgpu_weights::ExpressionError>(())
    /// ```
    pub fn variables(&self) -> &[String] {
        &self.names
    }

    /// The names of all functions, in alphabetical order, for help texts.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// assert!(Expression::functions().any(|name| name == "log1p"));
    /// ```
    pub fn functions() -> impl Iterator<Item = &'static str> {
        super::functions::FUNCTIONS.iter().map(|function| function.0)
    }

    /// Its value, given those of its names, each of which is asked for once. It may be NaN or infinite; the caller judges that.
    ///
    /// # Errors
    /// That of a variable.
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use wgpu_weights::Expression;
    /// let value = Expression::parse("8 / layer")?.value(|_| Ok::<_, Infallible>(0.0));
    /// assert_eq!(value, Ok(f64::INFINITY));
    /// # Ok::<(), wgpu_weights::ExpressionError>(())
    /// ```
    pub fn value<E>(&self, variable: impl FnMut(&str) -> Result<f64, E>) -> Result<f64, E> {
        let values =
            self.names.iter().map(String::as_str).map(variable).collect::<Result<Vec<_>, E>>()?;
        let mut stack = Vec::new();
        for node in &self.nodes {
            let value = match *node {
                Node::Number(number) => number,
                Node::Name(name) => values.get(name).copied().unwrap_or(f64::NAN),
                Node::Operation(operation) => {
                    let mut operands = [0.0; MOST_OPERANDS];
                    let first = stack.len().saturating_sub(operation.operands());
                    for (operand, value) in operands.iter_mut().zip(stack.drain(first..)) {
                        *operand = value;
                    }
                    operation.value(operands)
                }
            };
            stack.push(value);
        }
        Ok(determined(stack.pop().unwrap_or(f64::NAN)))
    }

    /// The formula of each element of a tensor of this shape. The names of [`Formula::NAMES`] are the element's; the others are
    /// variables, whose values become a part of it.
    ///
    /// # Errors
    /// [`FormulaError::Variable`], which has the caller's error; a coordinate or size of a dimension that the shape lacks; what is longer
    /// than a formula can be.
    ///
    /// ```
    /// use wgpu_weights::Expression;
    /// // RWKV-4's decay of a layer.
    /// let decay = Expression::parse("-5 + 8 * (i / (dim0 - 1)) ^ (.7 + 1.3 * r)")?;
    /// let of_layer = |name: &str| match name {
    ///     "r" => Ok(0.5),
    ///     _ => Err(format!("there is no variable {name}")),
    /// };
    /// let decay = decay.formula(&[768], of_layer)?;
    /// assert_eq!([decay.value(0, 0.0, 0.0), decay.value(767, 0.0, 0.0)], [-5.0, 3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn formula<E>(
        &self,
        shape: &[u64],
        variable: impl FnMut(&str) -> Result<f64, E>,
    ) -> Result<Formula, FormulaError<E>> {
        Formula::new(&self.nodes, &self.names, shape, variable)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

/// A text that is being read. All before `at` is ASCII, so a byte's place is its character's.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    names: Vec<String>,
    nodes: Vec<Node>,
}

impl<'a> Reader<'a> {
    /// An expression of operators that bind at least so tightly. It recurs once for each precedence within one depth.
    fn expression(&mut self, least: Precedence, depth: usize) -> Result<(), ExpressionError> {
        self.operand(depth)?;
        let mut compared = false;
        while let Some((sign, operation, precedence)) = self.operator() {
            if precedence < least {
                break;
            }
            let is_comparison = precedence == Precedence::Comparison;
            if compared && is_comparison {
                return Err(ExpressionError::Chained { at: self.at + 1, operator: sign });
            }
            compared = is_comparison;
            self.at += sign.len();
            self.expression(precedence.tighter(), depth)?;
            self.nodes.push(Node::Operation(operation));
        }
        Ok(())
    }

    /// A number, a name, a call or parentheses, with signs before it.
    fn operand(&mut self, depth: usize) -> Result<(), ExpressionError> {
        // Signs are counted: they may be many, and two of them are none.
        let mut is_negative = false;
        while let Some(sign @ (b'-' | b'+')) = self.next() {
            is_negative ^= sign == b'-';
            self.at += 1;
        }
        match self.next() {
            Some(b'(') => {
                let open = self.open(depth)?;
                self.expression(Precedence::Comparison, depth + 1)?;
                self.close(open)?;
            }
            Some(b'0'..=b'9' | b'.') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => self.named(depth)?,
            _ => {
                return Err(ExpressionError::Operand { at: self.at + 1, found: self.found() });
            }
        }
        if is_negative {
            self.nodes.push(Node::Operation(Operation::Negate));
        }
        Ok(())
    }

    /// A number, as Rust writes them.
    fn number(&mut self) -> Result<(), ExpressionError> {
        let text = self.rest();
        let digits =
            |from: usize| text.bytes().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = digits(0);
        if text.as_bytes().get(end) == Some(&b'.') {
            end += 1 + digits(end + 1);
        }
        // An exponent without digits is none: what follows is then a name, and no operator.
        if let Some(b'e' | b'E') = text.as_bytes().get(end) {
            let sign = usize::from(matches!(text.as_bytes().get(end + 1), Some(b'+' | b'-')));
            match digits(end + 1 + sign) {
                0 => {}
                exponent => end += 1 + sign + exponent,
            }
        }
        let written = text.get(..end).unwrap_or_default();
        match written.parse::<f64>() {
            Ok(number) if number.is_finite() => self.nodes.push(Node::Number(number)),
            Ok(_) => {
                return Err(ExpressionError::Range { at: self.at + 1, number: written.into() });
            }
            // A lone point.
            Err(_) => {
                return Err(ExpressionError::Operand { at: self.at + 1, found: self.found() });
            }
        }
        self.at += end;
        Ok(())
    }

    /// A name: a call, a constant or a variable.
    fn named(&mut self, depth: usize) -> Result<(), ExpressionError> {
        let (at, text) = (self.at + 1, self.rest());
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = text.bytes().take_while(is_part).count();
        let name = text.get(..length).unwrap_or_default();
        self.at += length;
        let is_called = self.next() == Some(b'(');
        if let Some(function) = Operation::named(name) {
            return self.call(function, name, at, is_called, depth);
        }
        if is_called {
            return Err(ExpressionError::UnknownFunction { at, name: name.into() });
        }
        if let Some((_, constant)) = CONSTANTS.iter().find(|constant| constant.0 == name) {
            self.nodes.push(Node::Number(*constant));
            return Ok(());
        }
        let place = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        self.nodes.push(Node::Name(place));
        Ok(())
    }

    /// A function and its operands, in parentheses.
    fn call(
        &mut self,
        function: Operation,
        written: &str,
        at: usize,
        is_called: bool,
        depth: usize,
    ) -> Result<(), ExpressionError> {
        // As the table has it, where it lives long enough for an error.
        let name = Expression::functions().find(|name| *name == written).unwrap_or_default();
        if !is_called {
            return Err(ExpressionError::NotCalled { at, name });
        }
        let open = self.open(depth)?;
        let mut given = 0;
        if self.next() != Some(b')') {
            self.expression(Precedence::Comparison, depth + 1)?;
            given = 1;
            while self.next() == Some(b',') {
                self.at += 1;
                self.expression(Precedence::Comparison, depth + 1)?;
                given += 1;
            }
        }
        self.close(open)?;
        let takes = function.operands();
        if given != takes {
            return Err(ExpressionError::Operands { at, name, takes, given });
        }
        self.nodes.push(Node::Operation(function));
        Ok(())
    }

    /// Passes a `(`, and says where it was.
    fn open(&mut self, depth: usize) -> Result<usize, ExpressionError> {
        let at = self.at + 1;
        if depth >= Expression::MOST_DEPTH {
            return Err(ExpressionError::Depth { at });
        }
        self.at += 1;
        Ok(at)
    }

    /// Passes the `)` of the `(` at `open`.
    fn close(&mut self, open: usize) -> Result<(), ExpressionError> {
        match self.next() {
            Some(b')') => {
                self.at += 1;
                Ok(())
            }
            None => Err(ExpressionError::Unclosed { at: open }),
            Some(_) => Err(self.no_operator()),
        }
    }

    /// The operator that is next, if one is.
    fn operator(&mut self) -> Option<(&'static str, Operation, Precedence)> {
        self.next();
        OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator.0))
    }

    /// The byte that is next, behind spaces.
    fn next(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_ascii_start().len();
        self.rest().bytes().next()
    }

    /// What was not read yet.
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What is here, in words.
    fn found(&self) -> String {
        self.rest().chars().next().map_or("the end".into(), |found| format!("`{found}`"))
    }

    /// The error of what is here, which is no operator.
    fn no_operator(&self) -> ExpressionError {
        ExpressionError::Operator { at: self.at + 1, found: self.found() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> f64 {
        let variable = |name: &str| match name {
            "n_layers" => Ok(12.0),
            "initializer_range" => Ok(0.02),
            "x" => Ok(3.0),
            _ => Err(format!("there is no variable {name}")),
        };
        Expression::parse(text).unwrap().value(variable).unwrap()
    }

    #[test]
    fn arithmetic_is_the_usual() {
        for (text, expected) in [
            ("initializer_range / sqrt(2 * n_layers)", 0.02 / 24f64.sqrt()),
            ("0.02 / (2 * (x + 1)) ^ 0.5", 0.02 / 8f64.sqrt()),
            ("-2^2 + 1e-3", 4.001),
            ("-x^2", 9.0),
            ("-(x^2)", -9.0),
            ("0 - x^2", -9.0),
            ("2E2 * .5 + 1.", 101.0),
            ("8 / 4 / 2 - 1 - 1", -1.0),
            ("2 ^ 3 ^ 2", 64.0),
            ("2 ^ -1", 0.5),
            ("2 * -x", -6.0),
            ("2 - - -x", -1.0),
            ("+-+x", -3.0),
            ("1 + 2 * 3 ^ 2", 19.0),
            ("(1 + 2) * 3", 9.0),
            ("7 * 5 % 4", 3.0),
            ("7 % 4 * 5", 15.0),
            ("1 + 7 % 4", 4.0),
            // From the left, so the product is rounded first.
            ("x * .1 / .3", 3.0 * 0.1 / 0.3),
            ("x - 1 < 2 * 2", 1.0),
            ("1 + (2 < 1)", 1.0),
            ("x >= 3", 1.0),
            ("x > 3", 0.0),
            ("x <= 2", 0.0),
            ("x == 3", 1.0),
            ("x != 3", 0.0),
            ("0/0 == 0/0", 0.0),
            ("0/0 != 0/0", 1.0),
            ("(1 < 2) == (3 > 2)", 1.0),
            ("min ( 1 , 2 )\n*\t4", 4.0),
            ("if(x > 2, if(x > 4, 1, 2), 3)", 2.0),
            ("PI", std::f64::consts::PI),
            ("TAU / 2 - PI + E", std::f64::consts::E),
            ("1e-3", 0.001),
            ("1E+3", 1000.0),
            ("5e-324", 5e-324),
            ("1e-400", 0.0),
        ] {
            assert_eq!(value(text).to_bits(), f64::to_bits(expected), "{text} is {}", value(text));
        }
    }

    #[test]
    fn names_are_asked_for_once() {
        let expression = Expression::parse("b * a + PI * b - _c1 + exp(e)").unwrap();
        assert_eq!(expression.variables(), ["b", "a", "_c1", "e"]);
        let mut asked = Vec::new();
        let value = expression.value(|name| {
            asked.push(name.to_owned());
            Ok::<_, std::convert::Infallible>(0.0)
        });
        assert_eq!((value, asked.as_slice()), (Ok(1.0), expression.variables()));
        assert_eq!(expression.value(|name| Err::<f64, _>(name.len())), Err(1));
        assert_eq!(expression.to_string(), expression.text());
    }

    #[test]
    fn errors_name_the_place_and_the_remedy() {
        for (text, message) in [
            ("", "the end at character 1, where a number"),
            ("1 /", "the end at character 4, where a number"),
            ("2 +* 3", "`*` at character 4, where a number"),
            (".", "`.` at character 1, where a number"),
            ("()", "`)` at character 2, where a number"),
            ("2 x", "`x` at character 3, where an operator belongs"),
            ("1.2.3", "`.` at character 4, where an operator belongs"),
            ("1e", "`e` at character 2, where an operator belongs"),
            ("1 = 1", "`=` at character 3, where an operator belongs"),
            ("1 && 1", "`&` at character 3, where an operator belongs"),
            ("1, 2", "`,` at character 2, where an operator belongs"),
            ("2 ** 3", "`*` at character 4, where a number"),
            ("π", "`π` at character 1, where a number"),
            ("2·3", "`·` at character 2, where an operator belongs"),
            ("1e999", "1e999 at character 1 is beyond the range of f64"),
            ("2 * (1 + 2", "the `(` at character 5 is never closed; add a `)`"),
            ("sqrt(", "the end at character 6, where a number"),
            ("(1)) + 2", "the `)` at character 4 closes nothing"),
            (")(", "`)` at character 1, where a number"),
            ("gamma(2)", "there is no function `gamma` (character 1); there are abs, acos,"),
            ("1 + PI(2)", "there is no function `PI` (character 5)"),
            ("sqrt 2", "`sqrt` at character 1 is a function; write `sqrt(`"),
            ("sin()", "`sin` at character 1 has 0 operands; it takes 1"),
            ("1 + min(1)", "`min` at character 5 has 1 operands; it takes 2"),
            ("if(1, 2, 3, 4)", "`if` at character 1 has 4 operands; it takes 3"),
            ("1 < 2 < 3", "`<` at character 7 compares a comparison"),
            ("1 == 2 != 3", "`!=` at character 8 compares a comparison"),
        ] {
            let error = Expression::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        let called = |depth: usize| format!("{}1{}", "exp(".repeat(depth), ")".repeat(depth));
        for text in [nested(64), called(64)] {
            assert!(Expression::parse(&text).is_ok(), "{text}");
        }
        assert_eq!(Expression::parse(&nested(65)), Err(ExpressionError::Depth { at: 65 }));
        assert_eq!(Expression::parse(&called(65)), Err(ExpressionError::Depth { at: 260 }));
        // Neither signs nor operators are deep.
        assert_eq!(value(&format!("{}1", "-".repeat(999))), -1.0);
        assert_eq!(value(&format!("1{}", "+1".repeat(499))), 500.0);
        assert_eq!(value(&format!("1{}", "^1".repeat(499))), 1.0);
    }

    #[test]
    fn hostile_texts_are_errors() {
        for text in [
            "(".repeat(100_000),
            "(".repeat(900),
            "exp(".repeat(250),
            "1+(".repeat(333),
            "if(".repeat(333),
            "-".repeat(1000),
            "1".repeat(1001),
            "9".repeat(1000),
            "1e99999999999999999999".into(),
            "é".repeat(500),
            "\0".into(),
            "1 + \u{2028}2".into(),
        ] {
            assert!(Expression::parse(&text).is_err(), "{text:.60}");
        }
        assert_eq!(value(&format!("0.{}1", "0".repeat(997))), 0.0);
        assert!(Expression::parse(&"a".repeat(1000)).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = Expression::parse(&text);
        }

        #[test]
        fn no_words_panic(words in prop::collection::vec(prop::sample::select(vec![
            "1", ".5", "2e3", "x", "j", "u", "E", "exp", "if", "min", "(", ")", "(", ")", ",", "+", "-", "*", "/", "%", "^",
            "<", "<=", "==", "!", "=", " ", "é",
        ]), 0..60)) {
            if let Ok(expression) = Expression::parse(&words.concat()) {
                let _ = expression.value(|_| Ok::<_, ()>(2.0));
                let _ = expression.formula(&[3, 0], |_| Ok::<_, ()>(2.0)).map(|it| it.value(u64::MAX, 0.5, 0.5));
            }
        }
    }
}
