//! How many products and sums of f32 the WGSL of a kernel writes, and how many of them a compiler may
//! fuse since that changes nothing.
//!
//! One function is carried out on symbols, calls and branches included: what no value depends on does not
//! count, and what stands twice counts once, as in any compiler.

use std::collections::{HashMap, HashSet};

use naga::{
    Block, Expression, Function, Handle, Literal, LocalVariable, Module, ScalarKind, Statement,
    TypeInner, UnaryOperator, valid::FunctionInfo, valid::ModuleInfo,
};

use crate::translate::Valid;

/// Operations on f32, a component of a vector each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) products: u32,
    pub(crate) sums: u32,
    /// Products with a power of two, which a compiler may leave to a modifier.
    pub(crate) exact: u32,
    /// Sums that meet an exact product or, where the mean is 0, a product and nothing else.
    pub(crate) fusible: u32,
    /// Which a machine without an instruction for it makes sums with zero.
    pub(crate) negations: u32,
}

/// What a scalar is made of; its place in the arena of them all is its name.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Node {
    Product(Id, Id),
    Sum(Id, Id),
    Literal(u64),
    /// The zero that no compiler knows.
    Zero,
    /// Anything else, by a description.
    Other(String, Vec<Id>),
}

const NEGATED: &str = "negated";

type Id = usize;
/// The components of a scalar or vector.
type Value = Vec<Id>;

struct Symbols<'a> {
    module: &'a Module,
    info: &'a ModuleInfo,
    nodes: Vec<Node>,
    ids: HashMap<Node, Id>,
}

/// One call of a function.
struct Frame<'a> {
    function: (&'a Function, &'a FunctionInfo),
    arguments: Vec<Value>,
    values: HashMap<Handle<Expression>, Value>,
    locals: HashMap<Handle<LocalVariable>, Value>,
    returned: Vec<Value>,
}

/// What a function of the kernel, of the number of a block, writes.
pub(crate) fn written(valid: &Valid, function: &str) -> Written {
    let mut symbols = Symbols {
        module: &valid.module,
        info: &valid.info,
        nodes: Vec::new(),
        ids: HashMap::new(),
    };
    let named = |(_, it): &(_, &Function)| it.name.as_deref() == Some(function);
    let (draw, _) = valid.module.functions.iter().find(named).expect("every kernel has it");
    let block = (0..2).map(|at| symbols.other(format!("block {at}"), Vec::new())).collect();
    let drawn = symbols.call(draw, vec![block]);
    symbols.count(drawn)
}

impl<'a> Symbols<'a> {
    fn id(&mut self, node: Node) -> Id {
        let Self { nodes, ids, .. } = self;
        *ids.entry(node.clone()).or_insert_with(|| {
            nodes.push(node);
            nodes.len() - 1
        })
    }

    fn other(&mut self, what: String, of: Vec<Id>) -> Id {
        self.id(Node::Other(what, of))
    }

    fn count(&self, from: Value) -> Written {
        let mut written = Written::default();
        let (mut seen, mut open) = (HashSet::new(), from);
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match &self.nodes[id] {
                &Node::Product(a, b) => {
                    written.products += 1;
                    written.exact += u32::from(self.is_exact(id));
                    open.extend([a, b]);
                }
                &Node::Sum(a, b) => {
                    written.sums += 1;
                    let fusible = |a, b| self.is_exact(a) || self.is_zero(b);
                    written.fusible += u32::from(fusible(a, b) || fusible(b, a));
                    open.extend([a, b]);
                }
                Node::Other(what, of) => {
                    written.negations += u32::from(what == NEGATED);
                    open.extend(of);
                }
                Node::Literal(_) | Node::Zero => {}
            }
        }
        written
    }

    fn is_exact(&self, id: Id) -> bool {
        let power_of_two = |id: Id| match self.nodes[id] {
            Node::Literal(bits) => {
                let number = f32::from_bits(bits as u32);
                number.is_normal() && bits & 0x7f_ffff == 0
            }
            _ => false,
        };
        matches!(self.nodes[id], Node::Product(a, b) if power_of_two(a) || power_of_two(b))
    }

    fn is_zero(&self, id: Id) -> bool {
        match &self.nodes[id] {
            Node::Zero => true,
            Node::Other(what, of) if what == "bits" => self.is_zero(of[0]),
            _ => false,
        }
    }

    fn call(&mut self, function: Handle<Function>, arguments: Vec<Value>) -> Value {
        let of = (&self.module.functions[function], &self.info[function]);
        let (values, locals, returned) = (HashMap::new(), HashMap::new(), Vec::new());
        let mut frame = Frame { function: of, arguments, values, locals, returned };
        frame.block(&of.0.body, self);
        let returned = frame.returned;
        let length = returned.first().map_or(0, Vec::len);
        (0..length)
            .map(|at| {
                let of: Vec<Id> = returned.iter().map(|value| value[at]).collect();
                if let [one] = of[..] { one } else { self.other("returned".into(), of) }
            })
            .collect()
    }
}

impl Frame<'_> {
    fn block(&mut self, block: &Block, symbols: &mut Symbols<'_>) {
        for statement in block {
            match statement {
                Statement::Emit(range) => {
                    for handle in range.clone() {
                        let ty = &self.function.1[handle].ty;
                        if ty.inner_with(&symbols.module.types).pointer_space().is_none() {
                            let value = self.evaluate(handle, symbols);
                            self.values.insert(handle, value);
                        }
                    }
                }
                Statement::Block(block) => self.block(block, symbols),
                Statement::If { condition, accept, reject } => {
                    let condition = self.value(*condition, symbols)[0];
                    let before = self.locals.clone();
                    self.block(accept, symbols);
                    let accepted = std::mem::replace(&mut self.locals, before);
                    self.block(reject, symbols);
                    for (local, value) in accepted {
                        let other = self.locals.entry(local).or_insert_with(|| value.clone());
                        for (a, b) in value.into_iter().zip(other) {
                            if a != *b {
                                *b = symbols.other("either".into(), vec![condition, a, *b]);
                            }
                        }
                    }
                }
                Statement::Store { pointer, value } => {
                    let value = self.value(*value, symbols);
                    match self.function.0.expressions[*pointer] {
                        Expression::LocalVariable(local) => {
                            self.locals.insert(local, value);
                        }
                        Expression::AccessIndex { base, index } => {
                            let Expression::LocalVariable(local) =
                                self.function.0.expressions[base]
                            else {
                                panic!("a place that is not understood");
                            };
                            let whole = self.locals.get_mut(&local).expect("it has a value");
                            whole[index as usize] = value[0];
                        }
                        ref other => panic!("a place that is not understood: {other:?}"),
                    }
                }
                Statement::Call { function, arguments, result } => {
                    let arguments =
                        arguments.iter().map(|&handle| self.value(handle, symbols)).collect();
                    let value = symbols.call(*function, arguments);
                    if let Some(result) = result {
                        self.values.insert(*result, value);
                    }
                }
                Statement::Return { value: Some(value) } => {
                    let value = self.value(*value, symbols);
                    self.returned.push(value);
                }
                other => panic!("a statement that is not understood: {other:?}"),
            }
        }
    }

    fn value(&mut self, handle: Handle<Expression>, symbols: &mut Symbols<'_>) -> Value {
        match self.values.get(&handle) {
            Some(value) => value.clone(),
            None => self.evaluate(handle, symbols),
        }
    }

    /// One operation on each component of its operands.
    fn each(
        &mut self,
        of: &[Handle<Expression>],
        symbols: &mut Symbols<'_>,
        node: impl Fn(Vec<Id>) -> Node,
    ) -> Value {
        let values: Vec<Value> = of.iter().map(|&handle| self.value(handle, symbols)).collect();
        let length = values.iter().map(Vec::len).max().unwrap_or_default();
        let part = |value: &Value, at: usize| if value.len() == 1 { value[0] } else { value[at] };
        (0..length)
            .map(|at| symbols.id(node(values.iter().map(|value| part(value, at)).collect())))
            .collect()
    }

    fn evaluate(&mut self, handle: Handle<Expression>, symbols: &mut Symbols<'_>) -> Value {
        let (function, info) = self.function;
        let inner = info[handle].ty.inner_with(&symbols.module.types);
        let float = inner.scalar_kind() == Some(ScalarKind::Float);
        let named = |what: String| move |of: Vec<Id>| Node::Other(what.clone(), of);
        match function.expressions[handle] {
            Expression::Literal(literal) => vec![symbols.id(of_literal(literal))],
            Expression::Constant(constant) => {
                let init = symbols.module.constants[constant].init;
                match symbols.module.global_expressions[init] {
                    Expression::Literal(literal) => vec![symbols.id(of_literal(literal))],
                    ref other => panic!("a constant that is not understood: {other:?}"),
                }
            }
            Expression::ZeroValue(_) => vec![symbols.id(Node::Literal(0)); components(inner)],
            Expression::Compose { ref components, .. } => {
                components.clone().into_iter().flat_map(|it| self.value(it, symbols)).collect()
            }
            Expression::FunctionArgument(at) => self.arguments[at as usize].clone(),
            Expression::Load { pointer } => match self.local(pointer) {
                Some((local, part)) => {
                    let value = self.locals.get(&local).cloned();
                    let value = value.unwrap_or_else(|| self.initial(local, symbols));
                    part.map_or(value.clone(), |at| vec![value[at as usize]])
                }
                None => self.parameter(pointer, components(inner), symbols),
            },
            Expression::AccessIndex { base, index } => {
                vec![self.value(base, symbols)[index as usize]]
            }
            Expression::Splat { value, .. } => {
                vec![self.value(value, symbols)[0]; components(inner)]
            }
            Expression::Swizzle { vector, pattern, .. } => {
                let whole = self.value(vector, symbols);
                let length = components(inner);
                pattern[..length].iter().map(|&at| whole[at as usize]).collect()
            }
            Expression::Unary { op: UnaryOperator::Negate, expr } if float => {
                self.each(&[expr], symbols, named(NEGATED.into()))
            }
            Expression::Unary { op, expr } => self.each(&[expr], symbols, named(format!("{op:?}"))),
            Expression::As { expr, convert: None, .. } => {
                self.each(&[expr], symbols, named("bits".into()))
            }
            Expression::As { expr, kind, .. } => {
                self.each(&[expr], symbols, named(format!("as {kind:?}")))
            }
            Expression::Binary { op, left, right } => {
                use naga::BinaryOperator::{Add, Multiply, Subtract};
                self.each(&[left, right], symbols, |of| match op {
                    Multiply if float => Node::Product(of[0], of[1]),
                    Add | Subtract if float => Node::Sum(of[0], of[1]),
                    _ => Node::Other(format!("{op:?}"), of),
                })
            }
            Expression::Select { condition, accept, reject } => {
                self.each(&[condition, accept, reject], symbols, named("select".into()))
            }
            Expression::Math { fun, arg, arg1, arg2, arg3 } => {
                let of: Vec<_> = [Some(arg), arg1, arg2, arg3].into_iter().flatten().collect();
                self.each(&of, symbols, named(format!("{fun:?}")))
            }
            ref other => panic!("an expression that is not understood: {other:?}"),
        }
    }

    fn local(&self, pointer: Handle<Expression>) -> Option<(Handle<LocalVariable>, Option<u32>)> {
        match self.function.0.expressions[pointer] {
            Expression::LocalVariable(local) => Some((local, None)),
            Expression::AccessIndex { base, index } => {
                self.local(base).map(|(local, _)| (local, Some(index)))
            }
            _ => None,
        }
    }

    fn initial(&mut self, local: Handle<LocalVariable>, symbols: &mut Symbols<'_>) -> Value {
        match self.function.0.local_variables[local].init {
            Some(init) => self.value(init, symbols),
            None => {
                let ty = self.function.0.local_variables[local].ty;
                vec![symbols.id(Node::Literal(0)); components(&symbols.module.types[ty].inner)]
            }
        }
    }

    /// What a uniform or a part of it is called.
    fn parameter(
        &self,
        pointer: Handle<Expression>,
        length: usize,
        symbols: &mut Symbols<'_>,
    ) -> Value {
        let (mut path, mut at) = (Vec::new(), pointer);
        while let Expression::AccessIndex { base, index } = self.function.0.expressions[at] {
            path.push(index);
            at = base;
        }
        let Expression::GlobalVariable(global) = self.function.0.expressions[at] else {
            panic!("a pointer that is not understood");
        };
        let ty = &symbols.module.types[symbols.module.global_variables[global].ty].inner;
        let TypeInner::Struct { members, .. } = ty else { panic!("only parameters are read") };
        let &member = path.last().expect("a member of the parameters");
        if members[member as usize].name.as_deref() == Some("zero") {
            return vec![symbols.id(Node::Zero)];
        }
        (0..length)
            .map(|part| symbols.other(format!("params {path:?} {part}"), Vec::new()))
            .collect()
    }
}

fn components(inner: &TypeInner) -> usize {
    match inner {
        TypeInner::Vector { size, .. } => *size as usize,
        _ => 1,
    }
}

fn of_literal(literal: Literal) -> Node {
    match literal {
        Literal::F32(number) => Node::Literal(number.to_bits().into()),
        // Apart from every f32.
        Literal::U32(number) => Node::Literal((u64::from(number) << 32) | 1),
        other => Node::Other(format!("{other:?}"), Vec::new()),
    }
}
