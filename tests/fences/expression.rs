//! Expressions and assignments of MSL, HLSL and GLSL, evaluated under the rule of the fences.

use crate::{
    rule::{Rule, Value, ZERO},
    text::{Program, Variables, is_float, is_type},
    tokens::Token,
};

/// Binary operators, those that bind least first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", "<=", ">", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Reinterpret bits.
const CASTS: [&str; 7] = [
    "asfloat",
    "asuint",
    "asint",
    "uintBitsToFloat",
    "intBitsToFloat",
    "floatBitsToUint",
    "floatBitsToInt",
];

/// What the shaders use of the languages' functions: none of them on an f32.
const BUILT_IN: [&str; 9] =
    ["min", "max", "mix", "select", "any", "all", "lessThan", "equal", "notEqual"];

/// One statement.
pub(crate) struct Reader<'a> {
    program: &'a Program,
    variables: &'a Variables,
    rule: &'a mut Rule,
    tokens: &'a [Token],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        program: &'a Program,
        variables: &'a Variables,
        rule: &'a mut Rule,
        tokens: &'a [Token],
    ) -> Self {
        Self { program, variables, rule, tokens }
    }

    pub(crate) fn skip(mut self, count: usize) -> Self {
        self.tokens = &self.tokens[count..];
        self
    }

    fn peek(&self) -> &'a str {
        self.tokens.first().map_or("", |token| token.as_str())
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.tokens = self.tokens.get(1..).unwrap_or_default();
        token
    }

    fn takes(&mut self, token: &str) -> bool {
        let found = self.peek() == token;
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, token: &str) {
        assert!(self.takes(token), "{token} is expected before {:?}", self.tokens);
    }

    /// The name that is assigned to, whether it is declared (as f32 or not) and wholly assigned, and
    /// the value. None where nothing is assigned: a call.
    pub(crate) fn assignment(mut self) -> Option<(String, Option<bool>, bool, Value)> {
        let assigns = |token: &Token| ["=", "+=", "-="].contains(&token.as_str());
        let Some(at) = self.tokens.iter().position(assigns) else {
            // HLSL and GLSL leave some variables without a value.
            return match self.tokens {
                [ty, name] => Some((name.clone(), Some(is_float(ty)), true, Value::INTEGER)),
                _ => {
                    self.expression();
                    None
                }
            };
        };
        let (target, sign) = (&self.tokens[..at], self.tokens[at].clone());
        self.tokens = &self.tokens[at + 1..];
        let value = self.expression();
        assert!(self.tokens.is_empty(), "{:?} is left", self.tokens);
        let target = target.strip_prefix(&["const".to_owned()]).unwrap_or(target);
        match target {
            [ty, name] => Some((name.clone(), Some(is_float(ty)), true, value)),
            [name, part @ ..] => {
                assert!(sign == "=" || !value.float, "{sign} on an f32");
                Some((name.clone(), None, sign == "=" && part.is_empty(), value))
            }
            [] => panic!("nothing is assigned to"),
        }
    }

    pub(crate) fn expression(&mut self) -> Value {
        let condition = self.level(0);
        if !self.takes("?") {
            return condition;
        }
        let yes = self.expression();
        self.expect(":");
        yes.or(self.expression())
    }

    fn level(&mut self, level: usize) -> Value {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut value = self.level(level + 1);
        while operators.contains(&self.peek()) {
            let operator = self.next();
            let right = self.level(level + 1);
            value = self.rule.binary(operator, value, right);
        }
        value
    }

    fn unary(&mut self) -> Value {
        match self.peek() {
            "-" | "~" | "!" => {
                self.next();
                self.unary().negated()
            }
            _ => self.postfix(),
        }
    }

    fn postfix(&mut self) -> Value {
        let mut value = self.primary();
        loop {
            if self.takes(".") {
                let member = self.next();
                if self.peek() == "(" {
                    // HLSL's buffers: `words.Load(..)`.
                    self.arguments();
                    value = Value::INTEGER;
                } else if member == ZERO {
                    value = Value::ZERO;
                } else if let Some(float) = self.program.member(member) {
                    value = Value::INTEGER.bits(float);
                }
            } else if self.takes("[") {
                self.expression();
                self.expect("]");
            } else {
                return value;
            }
        }
    }

    fn arguments(&mut self) -> Vec<Value> {
        self.expect("(");
        let mut arguments = Vec::new();
        while !self.takes(")") {
            arguments.push(self.expression());
            self.takes(",");
        }
        arguments
    }

    fn primary(&mut self) -> Value {
        let token = self.next();
        if token == "(" {
            // HLSL's `(uint4)0`.
            if is_type(self.peek()) && self.tokens.get(1).is_some_and(|token| token == ")") {
                let ty = self.next();
                self.expect(")");
                return self.unary().bits(is_float(ty));
            }
            let value = self.expression();
            self.expect(")");
            return value;
        }
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            return literal(token);
        }
        if self.peek() == "(" {
            return self.call(token);
        }
        match self.variables.get(token) {
            Some((value, _)) => *value,
            None if ["true", "false"].contains(&token) => Value { known: true, ..Value::INTEGER },
            None => self.program.global(token),
        }
    }

    fn call(&mut self, name: &str) -> Value {
        let arguments = self.arguments();
        let all = arguments.iter().copied().reduce(Value::or).unwrap_or_default();
        if self.program.has(name) {
            return self.program.call(name, &arguments, self.rule);
        }
        if let Some(ty) = name.strip_prefix("as_type<") {
            return all.bits(is_float(ty));
        }
        if CASTS.contains(&name) {
            return all.bits(name.ends_with("float") || name.ends_with("Float"));
        }
        let ty = name.strip_prefix("static_cast<").map_or(name, |ty| ty.trim_end_matches('>'));
        if is_type(ty) {
            // A vector of these, or a conversion.
            return if is_float(ty) == all.float { all } else { Value::INTEGER.bits(is_float(ty)) };
        }
        let plain = name.trim_start_matches("metal::");
        // With an f32 it is objected to.
        let known = BUILT_IN.contains(&plain) || all.float;
        assert!(known, "a function that the checker does not know: {name}");
        self.rule.built_in(plain, &arguments)
    }
}

fn literal(token: &str) -> Value {
    match token.contains('.') {
        true => Value::literal(token.trim_end_matches(['f', 'F']).parse().expect("a number")),
        false => match token.trim_end_matches(['u', 'U']).parse() {
            Ok(number) => Value::word(number),
            Err(_) => Value { known: true, ..Value::INTEGER },
        },
    }
}
