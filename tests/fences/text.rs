//! The rule of the fences on the text of a back end: MSL, HLSL or GLSL as naga writes them.
//!
//! Runs the entry point on values of which only what the rule asks is known. What naga writes
//! otherwise one day, and this does not understand, is a panic rather than a pass.

use std::collections::HashMap;

use crate::{
    expression::Reader,
    rule::{Rule, Value},
    tokens::{Token, tokens},
};

/// A function: its parameters and the tokens between its braces.
struct Function {
    float: bool,
    parameters: Vec<String>,
    body: Vec<Token>,
}

pub(crate) struct Program {
    functions: HashMap<String, Function>,
    /// Members of structures, and whether they are f32.
    members: HashMap<String, bool>,
    globals: HashMap<String, Value>,
}

/// A variable, and how deep in braces it was declared.
pub(crate) type Variables = HashMap<String, (Value, usize)>;

/// What the rule objects to, from this entry point on, through every call.
pub(crate) fn objections(text: &str, entry_point: &str) -> Vec<String> {
    let mut rule = Rule::default();
    Program::read(text).call(entry_point, &[], &mut rule);
    rule.objections
}

/// Whether a type is f32, or a vector of them.
pub(crate) fn is_float(name: &str) -> bool {
    let name = name.trim_start_matches("metal::");
    name.starts_with("float") || name.starts_with("vec")
}

pub(crate) fn is_type(name: &str) -> bool {
    let name = name.trim_start_matches("metal::");
    let scalars = ["uint", "int", "bool", "float", "ulong", "uvec", "ivec", "bvec", "vec"];
    scalars.iter().any(|scalar| {
        let rest = name.strip_prefix(scalar).map(|rest| rest.trim_start_matches("64_t"));
        rest.is_some_and(|rest| rest.is_empty() || ["2", "3", "4"].contains(&rest))
    })
}

/// MSL's `typedef metal::uint4 Counter`: the type itself wherever its other name stands.
fn without_aliases(mut tokens: Vec<Token>) -> Vec<Token> {
    let aliases: HashMap<Token, Token> = tokens
        .windows(4)
        .filter(|it| it[0] == "typedef" && is_type(&it[1]) && it[3] == ";")
        .map(|it| (it[2].clone(), it[1].clone()))
        .collect();
    for token in &mut tokens {
        if let Some(ty) = aliases.get(token) {
            token.clone_from(ty);
        }
    }
    tokens
}

fn end_of_block(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at,
            "}" => depth -= 1,
            _ => {}
        }
    }
    panic!("a brace is not closed");
}

impl Program {
    fn read(text: &str) -> Self {
        let tokens = without_aliases(tokens(text));
        let (functions, members) = (HashMap::new(), HashMap::new());
        let mut program = Self { functions, members, globals: HashMap::new() };
        let mut at = 0;
        while at < tokens.len() {
            let stop = (at..tokens.len())
                .find(|&at| ["{", ";"].contains(&tokens[at].as_str()))
                .unwrap_or(tokens.len() - 1);
            let header = &tokens[at..stop];
            at = stop + 1;
            if tokens[stop] == ";" {
                program.constant(header);
                continue;
            }
            let end = end_of_block(&tokens, stop);
            let body = &tokens[stop + 1..end];
            at = end + 1;
            if header.last().is_some_and(|token| token == ")") && header[0] != "cbuffer" {
                program.function(header, body);
            } else {
                program.structure(body);
            }
        }
        program
    }

    /// `constant uint ELEMENTS_PER_WORD = 1u`.
    fn constant(&mut self, header: &[Token]) {
        if let Some(equals) = header.iter().position(|token| token == "=") {
            let value = Value { known: true, ..Value::INTEGER }.bits(is_float(&header[equals - 2]));
            self.globals.insert(header[equals - 1].clone(), value);
        }
    }

    fn structure(&mut self, body: &[Token]) {
        for member in body.split(|token| token == ";") {
            if let [ty, name] = member {
                self.members.insert(name.clone(), is_float(ty));
            }
        }
    }

    fn function(&mut self, header: &[Token], body: &[Token]) {
        let open = header.iter().rposition(|token| token == "(").expect("parameters");
        let parameters = header[open + 1..header.len() - 1].split(|token| token == ",");
        let name = |parameter: &[Token]| {
            // HLSL says after a colon where a parameter comes from.
            let end = parameter.iter().position(|token| token == ":").unwrap_or(parameter.len());
            parameter[..end].last().cloned().unwrap_or_default()
        };
        let function = Function {
            float: is_float(&header[open - 2]),
            parameters: parameters.map(name).collect(),
            body: body.to_vec(),
        };
        self.functions.insert(header[open - 1].clone(), function);
    }

    pub(crate) fn has(&self, function: &str) -> bool {
        self.functions.contains_key(function)
    }

    /// Whether a member of a structure is f32; none for another name.
    pub(crate) fn member(&self, name: &str) -> Option<bool> {
        self.members.get(name).copied()
    }

    pub(crate) fn global(&self, name: &str) -> Value {
        self.globals.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn call(&self, name: &str, arguments: &[Value], rule: &mut Rule) -> Value {
        let function = self.functions.get(name).unwrap_or_else(|| panic!("{name} is not there"));
        let padded = arguments.iter().copied().chain(std::iter::repeat(Value::INTEGER));
        let mut variables: Variables = function
            .parameters
            .iter()
            .zip(padded)
            .map(|(name, value)| (name.clone(), (value, 0)))
            .collect();
        let mut returned: Option<Value> = None;
        // Where the loops that are open begin, and whether they were run once already.
        let mut open: Vec<Option<(usize, bool)>> = Vec::new();
        let mut at = 0;
        while at < function.body.len() {
            let rest = &function.body[at..];
            let length = rest.iter().position(|it| ["{", "}", ";"].contains(&it.as_str()));
            let length = length.unwrap_or_else(|| panic!("{rest:?} does not end"));
            let (statement, end) = (&rest[..length], &rest[length]);
            at += length + 1;
            let reader = Reader::new(self, &variables, rule, statement);
            match end.as_str() {
                "{" => {
                    let header = statement.first().map_or("", |token| token.as_str());
                    match header {
                        "" | "else" => {}
                        "if" | "while" => drop(reader.skip(1).expression()),
                        other => panic!(
                            "{name}: a block that the checker does not know: {other} {statement:?}"
                        ),
                    }
                    open.push((header == "while").then_some((at, false)));
                }
                // A loop is run twice: what its end leaves in a variable reaches its beginning.
                "}" => {
                    if let Some((begin, false)) = open.pop().expect("a block") {
                        open.push(Some((begin, true)));
                        at = begin;
                    }
                }
                _ => match statement {
                    [] => {}
                    [word] if ["break", "continue", "return"].contains(&word.as_str()) => {}
                    [word, ..] if word == "return" => {
                        let value = reader.skip(1).expression();
                        returned = Some(returned.map_or(value, |other| other.or(value)));
                    }
                    _ => {
                        if let Some((name, declared, whole, value)) = reader.assignment() {
                            assign(&mut variables, name, declared, whole, value, open.len());
                        }
                    }
                },
            }
        }
        returned.unwrap_or_default().bits(function.float)
    }
}

/// A variable keeps what it was as well where only a part of it is assigned, or in a branch only.
fn assign(
    variables: &mut Variables,
    name: String,
    declared: Option<bool>,
    whole: bool,
    value: Value,
    depth: usize,
) {
    if let Some(float) = declared {
        variables.insert(name, (value.bits(float), depth));
    } else if let Some((kept, at)) = variables.get_mut(&name) {
        let value = value.bits(kept.float);
        *kept = if whole && *at == depth { value } else { kept.or(value) };
    }
}
