//! The rule of DESIGN.md, "Which roundings are fenced", on one operation at a time.
//!
//! A product may only be fenced. A sum may be fenced, or multiplied by what is not a power of two: the
//! product is then fenced itself. What needs no fence:
//! * a product with a power of two is exact (the host keeps clear of the subnormal numbers), so fused
//!   into a sum or not it is the same; of a sum it is a sum;
//! * a product that meets the run-time zero is rounded once, fused or not;
//! * an exclusive or with any word that is not written in the shader is a fence, also where the
//!   word is a sign bit, which no compiler at hand looks through;
//! * what is not arithmetic (choosing, comparing, converting integers, storing) rounds nothing.
//!
//! A sum with 1 or -1 may not meet a product, since `(1 - x) * y` costs no operation as `y - x * y`, unless
//! it is exact: `m - 1` of a mantissa put into [1/2, 1).
//!
//! Bits stay what the number was through shifts, and through masks that take or put a sign: a
//! compiler may see an absolute value or a negation there. Through other masks they do not.

/// What is known of a value: an f32 or its bits, or something else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Value {
    /// An f32, or a vector of them.
    pub(crate) float: bool,
    /// Holds a product that nothing has fenced.
    pub(crate) product: bool,
    /// Holds a sum that nothing has fenced.
    pub(crate) sum: bool,
    /// Holds a sum with 1 or -1 that nothing has fenced.
    pub(crate) with_one: bool,
    /// Written in the shader.
    pub(crate) known: bool,
    /// Its bits, where it is a number written in the shader.
    pub(crate) literal: Option<u32>,
    /// The lower 23 bits of a word.
    pub(crate) mantissa: bool,
    /// In [1/2, 1), or the bits of that.
    pub(crate) unit: bool,
    /// The zero that no compiler knows.
    pub(crate) zero: bool,
}

/// The member of the parameters that is zero, as no compiler knows.
pub(crate) const ZERO: &str = "zero";

const ONE: u32 = 0x3f80_0000;
const HALF: u32 = 0x3f00_0000;
const SIGN: u32 = 0x8000_0000;
const MANTISSA: u32 = 0x7f_ffff;

impl Value {
    pub(crate) const INTEGER: Self = Self {
        float: false,
        product: false,
        sum: false,
        with_one: false,
        known: false,
        literal: None,
        mantissa: false,
        unit: false,
        zero: false,
    };
    pub(crate) const FLOAT: Self = Self { float: true, ..Self::INTEGER };
    pub(crate) const ZERO: Self = Self { zero: true, ..Self::INTEGER };

    pub(crate) fn literal(number: f32) -> Self {
        Self { known: true, literal: Some(number.to_bits()), ..Self::FLOAT }
    }

    pub(crate) fn word(number: u32) -> Self {
        Self { known: true, literal: Some(number), ..Self::INTEGER }
    }

    fn is_power_of_two(self) -> bool {
        let is = |bits| f32::from_bits(bits).is_normal() && bits & MANTISSA == 0;
        self.float && self.literal.is_some_and(is)
    }

    fn is_one(self) -> bool {
        self.float && self.literal.is_some_and(|bits| bits & !SIGN == ONE)
    }

    /// Either of the two, or a vector of both.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            float: self.float || other.float,
            product: self.product || other.product,
            sum: self.sum || other.sum,
            with_one: self.with_one || other.with_one,
            known: self.known && other.known,
            literal: self.literal.filter(|_| self.literal == other.literal),
            mantissa: self.mantissa && other.mantissa,
            unit: self.unit && other.unit,
            zero: self.zero && other.zero,
        }
    }

    /// The same bits as another type.
    pub(crate) fn bits(self, float: bool) -> Self {
        Self { float, literal: None, ..self }
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
            "&" | "|" => masked(operator, a, b).unwrap_or(a.or(b)),
            "+" | "-" | "*" | "/" | "%" | "^" | "&" | "|" | "<<" | ">>" => a.or(b),
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => Value::INTEGER,
            other => panic!("an operator that the rule does not speak of: {other}"),
        }
    }

    fn product(&mut self, a: Value, b: Value) -> Value {
        if a.product || b.product {
            self.object("a product of a product could be reordered");
        }
        if a.is_power_of_two() || b.is_power_of_two() {
            let (sum, with_one) = (a.sum || b.sum, a.with_one || b.with_one);
            return Value { sum, with_one, ..Value::FLOAT };
        }
        if a.with_one || b.with_one {
            self.object("a product could be distributed over a sum with 1");
        }
        Value { product: true, ..Value::FLOAT }
    }

    fn sum(&mut self, a: Value, b: Value) -> Value {
        if a.zero || b.zero {
            return Value { sum: true, float: true, ..a.or(b) };
        }
        if a.product || b.product {
            self.object("a product could be fused into a sum");
        }
        if a.sum || b.sum {
            self.object("a sum of a sum could be reassociated");
        }
        let with_one = (a.is_one() && !b.unit) || (b.is_one() && !a.unit);
        Value { sum: true, with_one, ..Value::FLOAT }
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

/// A word masked by a literal that neither takes nor puts a sign is no number any more.
fn masked(operator: &str, a: Value, b: Value) -> Option<Value> {
    let (word, mask) = match (a.literal, b.literal) {
        (None, Some(mask)) => (a, mask),
        (Some(mask), None) => (b, mask),
        _ => return None,
    };
    match (operator, mask) {
        ("&", mask) if mask == !SIGN => None,
        ("|", SIGN) => None,
        ("&", mask) => Some(Value { mantissa: mask == MANTISSA, ..Value::INTEGER }),
        (_, mask) => Some(Value { unit: word.mantissa && mask == HALF, ..Value::INTEGER }),
    }
}
