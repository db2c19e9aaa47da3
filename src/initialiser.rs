//! Initialisers by name: from a weight's shape and arguments to the distribution of its values.
//!
//! The one table of arguments that the command line, the recipes and every binding read.

mod argument;
mod error;
mod kaiming;
mod scaled;
mod unscaled;
mod xavier;

pub use argument::{Argument, ArgumentError, ArgumentKind, Arguments, Value};
pub use error::InitError;
pub use kaiming::{FanMode, Kaiming, kaiming_normal, kaiming_uniform};
pub use xavier::{Xavier, xavier_normal, xavier_uniform};

use crate::{Convention, Distribution, Fans, UnknownName};

/// An initialiser by name, with the arguments that it takes.
///
/// ```
/// use wgpu_weights::{Kind, initialiser::{Arguments, Initialiser}};
/// let kaiming = Initialiser::named("kaiming_normal")?;
/// let mut given = Arguments::default();
/// for (key, text) in [("nonlinearity", "tanh"), ("convention", "torch")] {
///     let argument = kaiming.argument(key)?;
///     given.set(argument, argument.parse(text)?)?;
/// }
/// let drawn = kaiming.draw(&[10, 64], &given)?;
/// assert_eq!(drawn.fans.unwrap().fan_in, 64);
/// let Kind::Normal { std, .. } = drawn.distribution.kind() else { panic!() };
/// assert_eq!(std, (5.0f64 / 3.0 / 8.0) as f32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Initialiser {
    /// Its name.
    pub name: &'static str,
    /// What it draws, in a line.
    pub about: &'static str,
    /// The arguments that it takes.
    pub arguments: &'static [Argument],
    draw: fn(&[u64], &Arguments) -> Result<Drawn, InitError>,
}

/// What a tensor is drawn from, and the fans that its scale came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// The distribution.
    pub distribution: Distribution,
    /// The fans; none where no fan had a say.
    pub fans: Option<Fans>,
    /// How the shape was read for them.
    pub convention: Option<Convention>,
}

impl Initialiser {
    /// Every initialiser, in the order of help texts.
    pub const ALL: &[Self] = &[
        kaiming::NORMAL,
        kaiming::UNIFORM,
        xavier::NORMAL,
        xavier::UNIFORM,
        unscaled::CONSTANT,
        unscaled::UNIFORM,
        unscaled::NORMAL,
        unscaled::TRUNCATED_NORMAL,
        unscaled::BITS,
    ];

    /// The initialiser of this name.
    ///
    /// # Errors
    /// [`UnknownName`], with the names that there are.
    pub fn named(name: &str) -> Result<&'static Self, UnknownName> {
        Self::ALL.iter().find(|it| it.name == name).ok_or_else(|| UnknownName {
            what: "initialiser",
            given: name.into(),
            known: Self::ALL.iter().map(|it| it.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// The argument of this name.
    ///
    /// # Errors
    /// [`ArgumentError::Unused`], with the names that the initialiser takes.
    pub fn argument(&self, key: &str) -> Result<&'static Argument, ArgumentError> {
        self.arguments.iter().find(|it| it.key == key).ok_or_else(|| ArgumentError::Unused {
            key: key.into(),
            initialiser: self.name,
            takes: match self.arguments {
                [] => "no argument".into(),
                takes => {
                    takes.iter().map(|it| format!("`{}`", it.key)).collect::<Vec<_>>().join(", ")
                }
            },
        })
    }

    /// What a tensor of this shape is drawn from.
    ///
    /// # Errors
    /// [`InitError`]: an argument that the initialiser does not take; a shape without the fans that are
    /// needed; a parameter out of its range.
    pub fn draw(&self, shape: &[u64], given: &Arguments) -> Result<Drawn, InitError> {
        for key in given.keys() {
            self.argument(key)?;
        }
        (self.draw)(shape, given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_may_be_given_and_draws_the_same() {
        for init in Initialiser::ALL {
            let mut given = Arguments::default();
            for argument in init.arguments {
                given.set(argument, argument.default).unwrap();
            }
            let drawn = init.draw(&[3, 5], &Arguments::default()).unwrap();
            assert_eq!(init.draw(&[3, 5], &given).unwrap(), drawn, "{}", init.name);
        }
    }

    #[test]
    fn defaults_are_those_of_the_functions() {
        let drawn = |name: &str| {
            let init = Initialiser::named(name).unwrap();
            init.draw(&[3, 5], &Arguments::default()).unwrap().distribution
        };
        let shape = [3, 5];
        assert_eq!(drawn("kaiming_normal"), kaiming_normal(&shape, Kaiming::default()).unwrap());
        assert_eq!(drawn("kaiming_uniform"), kaiming_uniform(&shape, Kaiming::default()).unwrap());
        assert_eq!(drawn("xavier_normal"), xavier_normal(&shape, Xavier::default()).unwrap());
        assert_eq!(drawn("xavier_uniform"), xavier_uniform(&shape, Xavier::default()).unwrap());
    }

    #[test]
    fn what_an_initialiser_does_not_take_is_an_error() {
        let xavier = Initialiser::named("xavier_normal").unwrap();
        let mode = Initialiser::named("kaiming_normal").unwrap().argument("mode").unwrap();
        let mut given = Arguments::default();
        given.set(mode, Value::Name("fan_out")).unwrap();
        let error = xavier.draw(&[3, 5], &given).unwrap_err().to_string();
        assert_eq!(
            error,
            "`mode` has no effect on `xavier_normal`, which takes `gain`, `convention`"
        );
        let error = Initialiser::named("bits").unwrap().argument("std").unwrap_err().to_string();
        assert!(error.ends_with("which takes no argument"), "{error}");
        assert!(Initialiser::named("lecun").unwrap_err().to_string().contains("kaiming_normal"));
    }
}
