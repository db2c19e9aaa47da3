//! The rule of DESIGN.md, "Which roundings are fenced", on one operation at a time.
//!
//! A product may only be fenced. A sum may be fenced, or multiplied by what is not a power of two: the
//! product is then fenced itself. What needs no fence:
//! * a product with a power of two is exact (the host keeps clear of the subnormal numbers), so fused
//!   into a sum or not it is the same, as long as what it multiplies is not a sum itself, over which
//!   it could be distributed;
//! * an exclusive or with any word that is not written in the shader is a fence, also where the
//!   word is a sign bit, since no compiler can know that it is only that;
//! * what is not arithmetic (choosing, comparing, converting integers, storing) rounds nothing.
//!
//! Bits stay what the number was through shifts and masks: a compiler may see an absolute value there.

/// What is known of a value: an f32 or its bits, or something else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Value {
    /// An f32, or a vector of them.
    pub(crate) float: bool,
    /// Holds a product that nothing has fenced.
    pub(crate) product: bool,
    /// Holds a sum that nothing has fenced.
    pub(crate) sum: bool,
    /// Written in the shader.
    pub(crate) known: bool,
    pub(crate) power_of_two: bool,
}

impl Value {
    pub(crate) const INTEGER: Self =
        Self { float: false, product: false, sum: false, known: false, power_of_two: false };
    pub(crate) const FLOAT: Self = Self { float: true, ..Self::INTEGER };

    pub(crate) fn literal(number: f32) -> Self {
        let power_of_two = number.is_normal() && number.to_bits() & 0x7f_ffff == 0;
        Self { known: true, power_of_two, ..Self::FLOAT }
    }

    /// Either of the two, or a vector of both.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            float: self.float || other.float,
            product: self.product || other.product,
            sum: self.sum || other.sum,
            known: self.known && other.known,
            power_of_two: false,
        }
    }

    /// The same bits as another type.
    pub(crate) fn bits(self, float: bool) -> Self {
        Self { float, power_of_two: false, ..self }
    }
}

/// Applies the rule, and keeps what it objects to.
#[derive(Default)]
pub(crate) struct Rule {
    pub(crate) objections: Vec<String>,
}

impl Rule {
    fn object(&mut self, what: &str) {
        self.objections.push(what.into());
    }

    /// An operator as WGSL and all of its back ends write it.
    pub(crate) fn binary(&mut self, operator: &str, a: Value, b: Value) -> Value {
        match operator {
            "*" if a.float || b.float => self.product(a, b),
            "+" | "-" if a.float || b.float => self.sum(a, b),
            "/" | "%" if a.float || b.float => {
                self.object("drivers divide with other roundings");
                Value::FLOAT
            }
            "^" if !a.known && !b.known => Value::INTEGER,
            "+" | "-" | "*" | "/" | "%" | "^" | "&" | "|" | "<<" | ">>" => a.or(b),
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => Value::INTEGER,
            other => panic!("an operator that the rule does not speak of: {other}"),
        }
    }

    fn product(&mut self, a: Value, b: Value) -> Value {
        if a.product || b.product {
            self.object("a product of a product could be reordered");
        }
        if a.power_of_two || b.power_of_two {
            if a.sum || b.sum {
                self.object("an exact product of a sum is not fenced");
            }
            return Value::FLOAT;
        }
        Value { product: true, ..Value::FLOAT }
    }

    fn sum(&mut self, a: Value, b: Value) -> Value {
        if a.product || b.product {
            self.object("a product could be fused into a sum");
        }
        if a.sum || b.sum {
            self.object("a sum of a sum could be reassociated");
        }
        Value { sum: true, ..Value::FLOAT }
    }

    /// A function of the language, of these.
    pub(crate) fn built_in(&mut self, name: &str, arguments: &[Value]) -> Value {
        let all = arguments.iter().copied().reduce(Value::or).unwrap_or_default();
        if all.float {
            self.object(&format!("drivers compute {name} with other roundings"));
        }
        Value { known: false, ..all }
    }
}
