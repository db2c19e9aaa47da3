//! Operations and their bits. Nothing here asks the system's mathematical library.

/// What is done with numbers: an operator or a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Negate,
    Power,
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
    If,
    Min,
    Max,
    Atan2,
    Abs,
    Sign,
    Signum,
    Floor,
    Ceil,
    Round,
    Trunc,
    Fract,
    Sqrt,
    Cbrt,
    Exp,
    Expm1,
    Ln,
    Log1p,
    Log2,
    Log10,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
}

use Operation as Op;

/// How tightly an operator binds. Operators of one precedence are taken from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Comparison,
    Sum,
    Product,
    Power,
    Sign,
    /// Numbers, names, calls and parentheses, which nothing can part.
    Whole,
}

impl Precedence {
    /// The next tighter one.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Power,
            Self::Power => Self::Sign,
            Self::Sign | Self::Whole => Self::Whole,
        }
    }
}

/// The operators between two operands; of two that begin alike, the longer one comes first.
pub(super) const OPERATORS: [(&str, Operation, Precedence); 12] = [
    ("<=", Op::AtMost, Precedence::Comparison),
    (">=", Op::AtLeast, Precedence::Comparison),
    ("==", Op::Equal, Precedence::Comparison),
    ("!=", Op::Unequal, Precedence::Comparison),
    ("<", Op::Less, Precedence::Comparison),
    (">", Op::More, Precedence::Comparison),
    ("+", Op::Add, Precedence::Sum),
    ("-", Op::Subtract, Precedence::Sum),
    ("*", Op::Multiply, Precedence::Product),
    ("/", Op::Divide, Precedence::Product),
    ("%", Op::Remainder, Precedence::Product),
    ("^", Op::Power, Precedence::Power),
];

/// The functions by name, in alphabetical order. Of two names the first is the one that is written.
pub(super) const FUNCTIONS: [(&str, Operation); 34] = [
    ("abs", Op::Abs),
    ("acos", Op::Acos),
    ("acosh", Op::Acosh),
    ("asin", Op::Asin),
    ("asinh", Op::Asinh),
    ("atan", Op::Atan),
    ("atan2", Op::Atan2),
    ("atanh", Op::Atanh),
    ("cbrt", Op::Cbrt),
    ("ceil", Op::Ceil),
    ("cos", Op::Cos),
    ("cosh", Op::Cosh),
    ("exp", Op::Exp),
    ("expm1", Op::Expm1),
    ("floor", Op::Floor),
    ("fract", Op::Fract),
    ("if", Op::If),
    ("ln", Op::Ln),
    ("log", Op::Ln),
    ("log10", Op::Log10),
    ("log1p", Op::Log1p),
    ("log2", Op::Log2),
    ("max", Op::Max),
    ("min", Op::Min),
    ("pow", Op::Power),
    ("round", Op::Round),
    ("sign", Op::Sign),
    ("signum", Op::Signum),
    ("sin", Op::Sin),
    ("sinh", Op::Sinh),
    ("sqrt", Op::Sqrt),
    ("tan", Op::Tan),
    ("tanh", Op::Tanh),
    ("trunc", Op::Trunc),
];

/// The constants by name.
pub(super) const CONSTANTS: [(&str, f64); 3] =
    [("PI", std::f64::consts::PI), ("E", std::f64::consts::E), ("TAU", std::f64::consts::TAU)];

/// The most operands that an operation has.
pub(super) const MOST_OPERANDS: usize = 3;

impl Operation {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|function| function.0 == name).map(|function| function.1)
    }

    /// The name, of a function, or the sign of an operator.
    pub(super) fn name(self) -> &'static str {
        let operator = OPERATORS.iter().find(|it| it.1 == self).map(|it| it.0);
        let function = || FUNCTIONS.iter().find(|it| it.1 == self).map(|it| it.0);
        operator.or_else(function).unwrap_or("-")
    }

    /// How tightly it binds; none of a function.
    pub(super) fn precedence(self) -> Option<Precedence> {
        if self == Self::Negate {
            return Some(Precedence::Sign);
        }
        OPERATORS.iter().find(|it| it.1 == self).map(|it| it.2)
    }

    /// How many operands it has.
    pub(super) const fn operands(self) -> usize {
        match self {
            Self::If => 3,
            Self::Power
            | Self::Multiply
            | Self::Divide
            | Self::Remainder
            | Self::Add
            | Self::Subtract
            | Self::Less
            | Self::AtMost
            | Self::More
            | Self::AtLeast
            | Self::Equal
            | Self::Unequal
            | Self::Min
            | Self::Max
            | Self::Atan2 => 2,
            _ => 1,
        }
    }

    /// The value of its operands; those beyond its own are not looked at.
    pub(super) fn value(self, [a, b, c]: [f64; MOST_OPERANDS]) -> f64 {
        let truth = |holds: bool| f64::from(u8::from(holds));
        match self {
            Self::Negate => -a,
            Self::Power => libm::pow(a, b),
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Remainder => a % b,
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Less => truth(a < b),
            Self::AtMost => truth(a <= b),
            Self::More => truth(a > b),
            Self::AtLeast => truth(a >= b),
            Self::Equal => truth(a == b),
            Self::Unequal => truth(a != b),
            Self::If => {
                if a != 0.0 {
                    b
                } else {
                    c
                }
            }
            Self::Min => min(a, b),
            Self::Max => -min(-a, -b),
            Self::Atan2 => libm::atan2(a, b),
            Self::Abs => a.abs(),
            // NaN is its own sign.
            Self::Sign => {
                if a == 0.0 {
                    0.0
                } else {
                    a.signum()
                }
            }
            Self::Signum => a.signum(),
            Self::Floor => a.floor(),
            Self::Ceil => a.ceil(),
            Self::Round => a.round_ties_even(),
            Self::Trunc => a.trunc(),
            Self::Fract => a - a.trunc(),
            Self::Sqrt => a.sqrt(),
            Self::Cbrt => libm::cbrt(a),
            Self::Exp => libm::exp(a),
            Self::Expm1 => libm::expm1(a),
            Self::Ln => libm::log(a),
            Self::Log1p => libm::log1p(a),
            Self::Log2 => libm::log2(a),
            Self::Log10 => libm::log10(a),
            Self::Sin => libm::sin(a),
            Self::Cos => libm::cos(a),
            Self::Tan => libm::tan(a),
            Self::Asin => libm::asin(a),
            Self::Acos => libm::acos(a),
            Self::Atan => libm::atan(a),
            Self::Sinh => libm::sinh(a),
            Self::Cosh => libm::cosh(a),
            Self::Tanh => libm::tanh(a),
            Self::Asinh => libm::asinh(a),
            Self::Acosh => libm::acosh(a),
            Self::Atanh => libm::atanh(a),
        }
    }
}

/// IEEE 754-2019's minimum: std's leaves open which of two zeros it is, and hides a NaN.
fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a < b || (a == b && a.is_sign_negative()) {
        a
    } else {
        b
    }
}

/// A number whose bits are determined: of NaN IEEE 754 leaves them open.
pub(super) fn determined(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::Expression;

    fn value(text: &str) -> f64 {
        let nothing = |name: &str| Err(format!("there is no variable {name}"));
        Expression::parse(text).unwrap().value(nothing).unwrap()
    }

    /// Functions whose bits IEEE 754 does not determine: mpmath's value, rounded, and the bits that are made.
    #[allow(clippy::approx_constant, reason = "they are values to hold functions against")]
    const KNOWN: &[(&str, f64, u64)] = &[
        ("exp(1)", 2.718281828459045, 0x4005_bf0a_8b14_576a),
        ("exp(-9.75)", 5.829466373086881e-05, 0x3f0e_902d_64e0_03bb),
        ("exp(.3)", 1.3498588075760032, 0x3ff5_9905_8c8c_1a96),
        ("expm1(1e-5)", 1.0000050000166668e-05, 0x3ee4_f8bc_681c_dfb6),
        ("expm1(-2.5)", -0.9179150013761012, 0xbfed_5f8f_47ed_617c),
        ("ln(3)", 1.0986122886681098, 0x3ff1_93ea_7aad_030a),
        ("ln(.3)", -1.2039728043259361, 0xbff3_4378_fcbd_a721),
        ("ln(1e-300)", -690.7755278982137, 0xc085_9634_47f8_7fb5),
        ("log(10)", 2.302585092994046, 0x4002_6bb1_bbb5_5516),
        ("log1p(1e-5)", 9.999950000333332e-06, 0x3ee4_f8ae_a9ae_7317),
        ("log1p(2.5)", 1.252762968495368, 0x3ff4_0b51_2eb5_3d60),
        ("log2(10)", 3.321928094887362, 0x400a_934f_0979_a371),
        ("log2(.3)", -1.7369655941662063, 0xbffb_ca9c_6f53_897b),
        ("log10(2)", 0.3010299956639812, 0x3fd3_4413_509f_79ff),
        ("log10(5e5)", 5.698970004336019, 0x4016_cbbe_caf6_0860),
        ("cbrt(2)", 1.2599210498948732, 0x3ff4_28a2_f98d_728b),
        ("cbrt(-10)", -2.154434690031884, 0xc001_3c48_4138_704f),
        ("sin(1)", 0.8414709848078965, 0x3fea_ed54_8f09_0cee),
        ("sin(1e6)", -0.34999350217129294, 0xbfd6_664b_2568_d867),
        ("sin(-3)", -0.1411200080598672, 0xbfc2_1038_6db6_d55b),
        ("cos(1)", 0.5403023058681398, 0x3fe1_4a28_0fb5_068c),
        ("cos(1e22)", 0.523214785395139, 0x3fe0_be2c_ef01_c8f4),
        ("tan(1)", 1.5574077246549023, 0x3ff8_eb24_5cbe_e3a6),
        ("tan(1.5)", 14.101419947171719, 0x402c_33ed_50b8_8777),
        ("asin(.3)", 0.3046926540153975, 0x3fd3_8015_9e14_f6ff),
        ("acos(.3)", 1.2661036727794992, 0x3ff4_41f5_ecbe_ef59),
        ("atan(.3)", 0.2914567944778671, 0x3fd2_a73a_661e_af06),
        ("atan(-20)", -1.5208379310729538, 0xbff8_555a_2787_981f),
        ("atan2(1,-2)", 2.677945044588987, 0x4005_6c6e_7397_f5ae),
        ("atan2(-3,.1)", -1.5374753309166493, 0xbff8_997f_bb8b_19c0),
        ("sinh(.3)", 0.3045202934471426, 0x3fd3_7d42_af54_b926),
        ("cosh(2)", 3.7621956910836314, 0x400e_18fa_0df2_d9bc),
        ("tanh(.3)", 0.2913126124515909, 0x3fd2_a4dd_a7d9_14f9),
        ("tanh(-2)", -0.9640275800758169, 0xbfee_d950_5e1b_c3d4),
        ("asinh(.3)", 0.29567304756342244, 0x3fd2_ec4e_a565_fcc1),
        ("acosh(3)", 1.762747174039086, 0x3ffc_3436_6179_d426),
        ("atanh(.3)", 0.3095196042031117, 0x3fd3_cf2b_5061_7c96),
        ("2^.5", 1.4142135623730951, 0x3ff6_a09e_667f_3bcd),
        ("pow(.3,2.7)", 0.038746045822494066, 0x3fa3_d685_8f50_590e),
        ("10^-3.3", 0.0005011872336272725, 0x3f40_6c43_6388_7513),
        ("1.0001^12345", 3.4364476540328197, 0x400b_7dd8_4483_e523),
        (".7^-200", 9.558549579477195e+30, 0x465e_2955_b95c_7ea8),
    ];

    /// Functions that are exact, with the very value.
    const EXACT: &[(&str, f64)] = &[
        ("exp(0)", 1.0),
        ("ln(0)", f64::NEG_INFINITY),
        ("ln(-1)", f64::NAN),
        ("log2(8)", 3.0),
        ("log10(1e3)", 3.0),
        ("sqrt(2.25)", 1.5),
        ("sqrt(-1)", f64::NAN),
        ("floor(-1.5)", -2.0),
        ("ceil(-1.5)", -1.0),
        ("ceil(-.5)", -0.0),
        ("trunc(-1.5)", -1.0),
        ("fract(-1.75)", -0.75),
        ("round(.5)", 0.0),
        ("round(1.5)", 2.0),
        ("round(2.5)", 2.0),
        ("round(-2.5)", -2.0),
        ("round(-2.6)", -3.0),
        ("abs(-2)", 2.0),
        ("sign(-3)", -1.0),
        ("sign(1e-320)", 1.0),
        ("sign(0)", 0.0),
        ("sign(-0)", 0.0),
        ("sign(0/0)", f64::NAN),
        ("signum(0)", 1.0),
        ("signum(-0)", -1.0),
        ("min(2, -3)", -3.0),
        ("max(2, -3)", 2.0),
        ("min(0, -0)", -0.0),
        ("min(-0, 0)", -0.0),
        ("max(0, -0)", 0.0),
        ("max(-0, 0)", 0.0),
        ("max(0/0, 1)", f64::NAN),
        ("min(1, 0/0)", f64::NAN),
        ("max(-1/0, 1)", 1.0),
        ("pow(2, 10)", 1024.0),
        ("0^0", 1.0),
        ("(-2)^3", -8.0),
        ("(-8)^(1/3)", f64::NAN),
        ("if(2 > 1, 3, 4)", 3.0),
        ("if(2 < 1, 3, 4)", 4.0),
        ("if(-0, 3, 4)", 4.0),
        ("if(0/0, 3, 4)", 3.0),
        ("7 % 3", 1.0),
        ("-7 % 3", -1.0),
        ("5.5 % -2", 1.5),
        ("1 % 0", f64::NAN),
        ("-0", -0.0),
        ("0 / 0", f64::NAN),
        ("-(0 / 0)", f64::NAN),
        ("abs(-(0 / 0))", f64::NAN),
        ("1 / -0", f64::NEG_INFINITY),
    ];

    #[test]
    fn bits_are_known() {
        for &(text, near, bits) in KNOWN {
            let found = value(text);
            let apart = (found.to_bits() as i64).abs_diff(near.to_bits() as i64);
            assert!(apart <= 1, "{text}: {found:?} is {apart} from {near:?}");
            assert_eq!(found.to_bits(), bits, "{text}: {found:?}");
        }
        for &(text, exact) in EXACT {
            let found = value(text);
            assert_eq!(found.to_bits(), exact.to_bits(), "{text}: {found:?} for {exact:?}");
        }
    }

    #[test]
    fn every_function_has_a_known_value() {
        let texts = KNOWN.iter().map(|it| it.0).chain(EXACT.iter().map(|it| it.0));
        let all = texts.collect::<Vec<_>>();
        for (name, operation) in FUNCTIONS {
            let call = format!("{name}(");
            assert!(all.iter().any(|text| text.starts_with(&call)), "{name}");
            let written = super::Operation::named(operation.name());
            assert!(written == Some(operation) || operation == super::Operation::Power, "{name}");
        }
        assert!(FUNCTIONS.is_sorted_by_key(|function| function.0));
    }
}
