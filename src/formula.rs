//! Formulas: a small language for structured parameters, computed on the host in f64 with the same bits on every system.
//!
//! An [`Expression`] is text that was read. Its [`value`](Expression::value) is a number, given those of its variables; its
//! [`formula`](Expression::formula) is a [`Formula`], which computes each element of a tensor from the element's own coordinates and draws.
//!
//! | written | meaning |
//! |---|---|
//! | `2`, `.5`, `1.`, `1e-3`, `2E2` | numbers |
//! | `PI`, `E`, `TAU` | π, e and 2π |
//! | `(a)`, `-a`, `+a` | signs bind tightest, also before a power: `-2^2` is 4 |
//! | `a ^ b` | a power; `a^b^c` is `(a^b)^c` |
//! | `a * b`, `a / b`, `a % b` | product, quotient, and the remainder of the quotient that is cut to an integer, which has a's sign |
//! | `a + b`, `a - b` | sum and difference |
//! | `a < b`, `<=`, `>`, `>=`, `==`, `!=` | 1 where it is so, else 0; of two numbers, never of three in a row |
//! | `if(condition, a, b)` | a where the condition is not 0 (NaN is not), else b |
//! | `min(a, b)`, `max(a, b)` | the smaller and the larger; NaN where either is NaN; -0 is below 0 |
//! | `pow(a, b)`, `atan2(y, x)` | `a ^ b`; the angle of the point (x, y) |
//! | `exp`, `expm1`, `ln` (`log` too), `log1p`, `log2`, `log10`, `sqrt`, `cbrt` | `expm1(x)` is `exp(x) - 1` and `log1p(x)` is `ln(1 + x)`, without the loss near 0 |
//! | `sin`, `cos`, `tan`, `asin`, `acos`, `atan`, and each with `h` behind it | of radians |
//! | `floor`, `ceil`, `trunc`, `fract`, `round` | `fract(x)` is `x - trunc(x)`; `round` takes halves to the even integer |
//! | `abs`, `sign`, `signum` | `sign(0)` is 0; `signum(0)` is 1 and `signum(-0)` is -1 |
//!
//! In a [`Formula`] these names are the element's; every other name is a variable, as all of them are in an [`Expression`]:
//!
//! | name | meaning |
//! |---|---|
//! | `i`, `j`, `k`, `l`, `m` | its coordinates along the dimensions 0 to 4 |
//! | `index` | its row-major position in the whole tensor |
//! | `dim0` to `dim7` | the sizes of the dimensions |
//! | `u` | a draw of its own, uniform on `[0, 1)` |
//! | `z` | a draw of its own, standard normal |
//!
//! # Bits
//! Arithmetic, remainders, square roots and roundings to integers are IEEE 754's, which determines their bits; all other functions are the crate
//! `libm`'s, in Rust and never the system's. Constant parts are computed once, when a formula is made, by the same functions. So a value has the
//! same bits on every system whose f64 is IEEE 754's (x86 without SSE2 has none). Nothing is an error
//! while values are computed: `ln(0)` is -∞ and `sqrt(-1)` is NaN, always the same NaN; whoever asked for the value judges whether it is one.
//!
//! ```
//! use wgpu_weights::Expression;
//!
//! // Mamba's A_log, [d_inner, d_state].
//! let a_log = Expression::parse("ln(j + 1)")?;
//! let formula = a_log.formula(&[4, 16], |name| Err(format!("there is no variable {name}")))?;
//! assert_eq!(formula.value(17, 0.0, 0.0), 0.6931471805599453); // row 1, column 1
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod expression;
mod functions;
mod program;
mod text;
#[cfg(feature = "serde")]
mod written;

pub use error::{ExpressionError, FormulaError};
pub use expression::Expression;
pub use program::Formula;
