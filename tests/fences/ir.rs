//! The rule of the fences on naga's own representation: what SPIR-V is made from.

use std::collections::HashMap;

use naga::{
    AddressSpace, Arena, BinaryOperator, Block, Constant, Expression, Function, Handle, Literal,
    LocalVariable, Module, ScalarKind, Statement, TypeInner,
    valid::{FunctionInfo, ModuleInfo},
};

use crate::rule::{Rule, Value, ZERO};

/// What the rule objects to, from the entry point on, through every call.
pub(crate) fn objections(module: &Module, info: &ModuleInfo) -> Vec<String> {
    let mut rule = Rule::default();
    let entry = &module.entry_points[0].function;
    call(module, info, (entry, info.get_entry_point(0)), &[], &mut rule);
    rule.objections
}

/// One call of a function.
struct Frame<'a> {
    module: &'a Module,
    info: &'a ModuleInfo,
    function: (&'a Function, &'a FunctionInfo),
    arguments: &'a [Value],
    values: HashMap<Handle<Expression>, Value>,
    locals: HashMap<Handle<LocalVariable>, Value>,
    returned: Option<Value>,
}

fn call(
    module: &Module,
    info: &ModuleInfo,
    function: (&Function, &FunctionInfo),
    arguments: &[Value],
    rule: &mut Rule,
) -> Value {
    let (values, locals) = (HashMap::new(), HashMap::new());
    let mut frame = Frame { module, info, function, arguments, values, locals, returned: None };
    frame.block(&function.0.body, true, rule);
    frame.returned.unwrap_or_default()
}

impl Frame<'_> {
    /// Statements in order. In a branch (not `always`) a variable may also keep what it was.
    fn block(&mut self, block: &Block, always: bool, rule: &mut Rule) {
        for statement in block {
            match statement {
                Statement::Emit(range) => {
                    for handle in range.clone() {
                        let value = self.evaluate(handle, rule);
                        self.values.insert(handle, value);
                    }
                }
                Statement::Block(block) => self.block(block, always, rule),
                Statement::If { accept, reject, .. } => {
                    self.block(accept, false, rule);
                    self.block(reject, false, rule);
                }
                Statement::Loop { body, continuing, .. } => {
                    // What the end leaves in a variable reaches the beginning, and the next one's.
                    for _ in 0..4 {
                        self.block(body, false, rule);
                        self.block(continuing, false, rule);
                    }
                }
                Statement::Store { pointer, value } => {
                    let value = self.value(*value, rule);
                    if let Some((local, whole)) = self.local(*pointer) {
                        let kept = self.locals.get(&local).copied();
                        let kept = kept.filter(|_| !(always && whole));
                        self.locals.insert(local, kept.map_or(value, |kept| kept.or(value)));
                    } else {
                        assert!(
                            self.is_output(*pointer),
                            "a place that the checker does not follow"
                        );
                    }
                }
                Statement::Call { function, arguments, result } => {
                    let arguments: Vec<Value> =
                        arguments.iter().map(|&handle| self.value(handle, rule)).collect();
                    let callee = (&self.module.functions[*function], &self.info[*function]);
                    let value = call(self.module, self.info, callee, &arguments, rule);
                    if let Some(result) = result {
                        self.values.insert(*result, value);
                    }
                }
                Statement::Return { value: Some(value) } => {
                    let value = self.value(*value, rule);
                    self.returned = Some(self.returned.map_or(value, |other| other.or(value)));
                }
                Statement::Return { value: None } | Statement::Break | Statement::Continue => {}
                other => panic!("a statement that the checker does not know: {other:?}"),
            }
        }
    }

    /// The local variable that a pointer leads to, and whether to all of it.
    fn local(&self, pointer: Handle<Expression>) -> Option<(Handle<LocalVariable>, bool)> {
        match self.function.0.expressions[pointer] {
            Expression::LocalVariable(local) => Some((local, true)),
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => {
                self.local(base).map(|(local, _)| (local, false))
            }
            _ => None,
        }
    }

    /// What a local variable begins with; nothing is known of what lies in the parameters.
    fn initial(&mut self, pointer: Handle<Expression>, rule: &mut Rule) -> Value {
        let local = self.local(pointer).map(|(local, _)| local);
        match local.and_then(|local| self.function.0.local_variables[local].init) {
            Some(init) => self.value(init, rule),
            None => Value::INTEGER,
        }
    }

    /// A pointer that is not a local variable's leads to the output, or to what this does not follow.
    fn is_output(&self, pointer: Handle<Expression>) -> bool {
        match self.function.0.expressions[pointer] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => {
                self.is_output(base)
            }
            Expression::GlobalVariable(global) => {
                let space = self.module.global_variables[global].space;
                matches!(space, AddressSpace::Storage { .. })
            }
            _ => false,
        }
    }

    /// Whether a pointer leads to the run-time zero: `params.zero`.
    fn is_zero(&self, pointer: Handle<Expression>) -> bool {
        let Expression::AccessIndex { base, index } = self.function.0.expressions[pointer] else {
            return false;
        };
        let Expression::GlobalVariable(global) = self.function.0.expressions[base] else {
            return false;
        };
        match &self.module.types[self.module.global_variables[global].ty].inner {
            TypeInner::Struct { members, .. } => {
                members[index as usize].name.as_deref() == Some(ZERO)
            }
            _ => false,
        }
    }

    fn value(&mut self, handle: Handle<Expression>, rule: &mut Rule) -> Value {
        match self.values.get(&handle) {
            Some(&value) => value,
            None => self.evaluate(handle, rule),
        }
    }

    fn evaluate(&mut self, handle: Handle<Expression>, rule: &mut Rule) -> Value {
        let (function, info) = self.function;
        let kind = info[handle].ty.inner_with(&self.module.types).scalar_kind();
        let float = kind == Some(ScalarKind::Float);
        let value = match function.expressions[handle] {
            Expression::Literal(literal) => of_literal(literal),
            Expression::Constant(constant) => of_constant(self.module, constant),
            Expression::ZeroValue(_) => Value { known: true, ..Value::INTEGER },
            Expression::Compose { ref components, .. } => {
                let parts = components.iter().map(|&part| self.value(part, rule));
                parts.reduce(Value::or).unwrap_or_default()
            }
            Expression::FunctionArgument(at) => {
                self.arguments.get(at as usize).copied().unwrap_or_default()
            }
            Expression::Load { pointer } => {
                let local = self.local(pointer).and_then(|(it, _)| self.locals.get(&it));
                let zero = self.is_zero(pointer).then_some(Value::ZERO);
                match local.copied().or(zero) {
                    Some(value) => value,
                    None => self.initial(pointer, rule),
                }
            }
            Expression::Access { base: of, .. }
            | Expression::AccessIndex { base: of, .. }
            | Expression::Splat { value: of, .. }
            | Expression::Swizzle { vector: of, .. }
            | Expression::As { expr: of, convert: None, .. } => self.value(of, rule),
            Expression::As { convert: Some(_), .. }
            | Expression::Relational { .. }
            | Expression::ArrayLength(_)
            | Expression::GlobalVariable(_)
            | Expression::LocalVariable(_) => Value::INTEGER,
            Expression::Unary { expr, .. } => self.value(expr, rule).negated(),
            Expression::Binary { op, left, right } => {
                let (a, b) = (self.value(left, rule), self.value(right, rule));
                rule.binary(sign(op), a, b)
            }
            Expression::Select { accept, reject, .. } => {
                self.value(accept, rule).or(self.value(reject, rule))
            }
            Expression::Math { fun, arg, arg1, arg2, arg3 } => {
                let handles = [Some(arg), arg1, arg2, arg3].into_iter().flatten();
                let arguments: Vec<Value> = handles.map(|it| self.value(it, rule)).collect();
                rule.built_in(&format!("{fun:?}"), &arguments)
            }
            ref other => panic!("an expression that the checker does not know: {other:?}"),
        };
        Value { float, ..value }
    }
}

fn of_literal(literal: Literal) -> Value {
    match literal {
        Literal::F32(number) => Value::literal(number),
        Literal::U32(number) => Value::word(number),
        _ => Value { known: true, ..Value::INTEGER },
    }
}

fn of_constant(module: &Module, constant: Handle<Constant>) -> Value {
    let globals: &Arena<Expression> = &module.global_expressions;
    match globals[module.constants[constant].init] {
        Expression::Literal(literal) => of_literal(literal),
        _ => Value { known: true, ..Value::INTEGER },
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => ">=",
        BinaryOperator::And => "&",
        BinaryOperator::ExclusiveOr => "^",
        BinaryOperator::InclusiveOr => "|",
        BinaryOperator::LogicalAnd => "&&",
        BinaryOperator::LogicalOr => "||",
        BinaryOperator::ShiftLeft => "<<",
        BinaryOperator::ShiftRight => ">>",
    }
}
