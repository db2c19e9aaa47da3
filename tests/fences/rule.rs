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
//! A sum with 1 or -1 may not meet a product, since `(1 - x) * y` costs no operation as `y - x * y`, nor may what
//! a power of two would make one: `(0.5 - q) * 2`.
//!
//! Bits stay what the number was, but for those that the shaders take apart: a mantissa, a sign, a
//! mantissa put into [1, 2). A compiler may see an absolute value or a negation in other masks, or nothing at all.

/// The member of the parameters that is zero, as no compiler knows.
pub(crate) const ZERO: &str = "zero";

const SIGN: u32 = 0x8000_0000;
const MANTISSA: u32 = 0x7f_ffff;
/// The exponent of [1, 2).
const UNIT: u32 = 0x3f80_0000;

/// What is known of a value: an f32 or its bits, or something else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Value {
    /// An f32, or a vector of them.
    pub(crate) float: bool,
    /// Holds a product that nothing has fenced.
    pub(crate) product: bool,
    /// Holds an exact product, with a power of two.
    pub(crate) exact: bool,
    /// Holds a sum that nothing has fenced.
    pub(crate) sum: bool,
    /// Holds such a sum with 1 or -1, with a power of two, with any number written in the shader.
    pub(crate) with_one: bool,
    pub(crate) with_power: bool,
    pub(crate) with_literal: bool,
    /// Written in the shader.
    pub(crate) known: bool,
    /// Its bits, where it is one number written in the shader.
    pub(crate) literal: Option<u32>,
    /// May be 1 or -1, or another power of two, written in the shader.
    pub(crate) one: bool,
    pub(crate) power: bool,
    /// The lower 23 bits of a word.
    pub(crate) mantissa: bool,
    /// The sign bit of a word that is no number.
    pub(crate) sign: bool,
    /// The zero that no compiler knows.
    pub(crate) zero: bool,
    /// Came out of an exclusive or with that zero.
    pub(crate) fenced: bool,
}

impl Value {
    pub(crate) const INTEGER: Self = Self {
        float: false,
        product: false,
        exact: false,
        sum: false,
        with_one: false,
        with_power: false,
        with_literal: false,
        known: false,
        literal: None,
        one: false,
        power: false,
        mantissa: false,
        sign: false,
        zero: false,
        fenced: false,
    };
    pub(crate) const FLOAT: Self = Self { float: true, ..Self::INTEGER };
    pub(crate) const ZERO: Self = Self { zero: true, ..Self::INTEGER };

    pub(crate) fn literal(number: f32) -> Self {
        let literal = Some(number.to_bits());
        let power = is_power_of_two(number);
        Self { known: true, literal, one: number.abs() == 1.0, power, ..Self::FLOAT }
    }

    pub(crate) fn word(number: u32) -> Self {
        // Which a cast may make a number of.
        let float = Self::literal(f32::from_bits(number));
        Self { float: false, ..float }
    }

    fn is_power_of_two(self) -> bool {
        self.float && self.literal.is_some_and(|bits| is_power_of_two(f32::from_bits(bits)))
    }

    /// Either of the two, or a vector of both.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            float: self.float || other.float,
            product: self.product || other.product,
            exact: self.exact || other.exact,
            sum: self.sum || other.sum,
            with_one: self.with_one || other.with_one,
            with_power: self.with_power || other.with_power,
            with_literal: self.with_literal || other.with_literal,
            known: self.known && other.known,
            literal: self.literal.filter(|_| self.literal == other.literal),
            one: self.one || other.one,
            power: self.power || other.power,
            mantissa: self.mantissa && other.mantissa,
            sign: self.sign && other.sign,
            zero: self.zero && other.zero,
            fenced: self.fenced || other.fenced,
        }
    }

    /// The same bits as another type.
    pub(crate) fn bits(self, float: bool) -> Self {
        Self { float, ..self }
    }

    /// After `-`, `~` or `!`: a number is no less what it was.
    pub(crate) fn negated(self) -> Self {
        Self { literal: None, mantissa: false, sign: false, zero: false, ..self }
    }
}

/// Where the host keeps products with it clear of the subnormal numbers.
fn is_power_of_two(number: f32) -> bool {
    let exponent = (number.to_bits() >> 23 & 0xff).abs_diff(127);
    number.to_bits() & MANTISSA == 0 && exponent <= 64
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
            "+" | "-" if a.float || b.float => self.sum(operator, a, b),
            "/" | "%" if a.float || b.float => {
                self.object("drivers divide with other roundings");
                Value::FLOAT
            }
            "^" => self.exclusive_or(a, b),
            "&" | "|" => masked(operator, a, b),
            "+" | "-" | "*" | "/" | "%" | "<<" | ">>" => {
                Value { literal: None, mantissa: false, sign: false, zero: false, ..a.or(b) }
            }
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => Value::INTEGER,
            other => panic!("an operator that the rule does not speak of: {other}"),
        }
    }

    fn exclusive_or(&mut self, a: Value, b: Value) -> Value {
        for (word, fence) in [(a, b), (b, a)] {
            if fence.sign && !fence.known {
                return Value::INTEGER;
            }
            if fence.zero {
                if word.fenced || word.zero {
                    self.object("what is fenced twice is not");
                }
                return Value { fenced: true, ..Value::INTEGER };
            }
        }
        Value { literal: None, ..a.or(b) }
    }

    fn product(&mut self, a: Value, b: Value) -> Value {
        if a.product || b.product {
            self.object("a product of a product could be reordered");
        }
        for (sum, other) in [(a, b), (b, a)] {
            if other.is_power_of_two() {
                // Of a sum with a power of two this may make one with 1.
                let with_one = sum.with_one || sum.with_power;
                return Value { exact: true, with_one, known: false, literal: None, ..sum }
                    .bits(true);
            }
        }
        for (sum, other) in [(a, b), (b, a)] {
            if sum.with_one || (sum.with_power && other.exact && !other.with_power) {
                self.object("a product could be distributed over a sum with 1");
            }
            if sum.with_literal && other.known {
                self.object(
                    "a product with a literal could be distributed over a sum with another",
                );
            }
        }
        Value { product: true, ..Value::FLOAT }
    }

    fn sum(&mut self, operator: &str, a: Value, b: Value) -> Value {
        let of_zero = a.zero || (b.zero && operator == "+");
        if (a.product || b.product) && !of_zero {
            self.object("a product could be fused into a sum");
        }
        if a.sum || b.sum {
            self.object("a sum of a sum could be reassociated");
        }
        Value {
            sum: true,
            product: a.product || b.product,
            with_one: a.one || b.one,
            with_power: a.power || b.power,
            with_literal: a.known || b.known,
            ..Value::FLOAT
        }
    }

    /// A function of the language, of these.
    pub(crate) fn built_in(&mut self, name: &str, arguments: &[Value]) -> Value {
        let all = arguments.iter().copied().reduce(Value::or).unwrap_or_default();
        if all.float {
            self.object(&format!("drivers compute {name} with other roundings"));
        }
        Value { known: false, literal: None, ..all }
    }
}

/// Masks that the shaders take numbers apart with leave none; any other leaves what it was.
fn masked(operator: &str, a: Value, b: Value) -> Value {
    let (word, mask) = match (a.literal, b.literal) {
        (None, Some(mask)) => (a, Some(mask)),
        (Some(mask), None) => (b, Some(mask)),
        _ => (a, None),
    };
    let number = word.product || word.sum || word.exact;
    match (operator, mask) {
        ("&", Some(MANTISSA)) => Value { mantissa: true, ..Value::INTEGER },
        ("&", Some(SIGN)) if !number => Value { sign: !word.zero, ..Value::INTEGER },
        ("|", Some(UNIT)) if word.mantissa => Value::INTEGER,
        _ => Value { literal: None, mantissa: false, sign: false, zero: false, ..a.or(b) },
    }
}
