//! What an initialiser is.

use super::{
    argument::{Argument, ArgumentError, Arguments},
    error::InitError,
};
use crate::{Convention, Distribution, Fans};

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
    pub(super) draw: fn(&[u64], &Arguments) -> Result<Drawn, InitError>,
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
    /// [`InitError`]: an argument that the initialiser does not take, or that it needs and has not got; a shape without the fans that are
    /// needed; a parameter out of its range.
    pub fn draw(&self, shape: &[u64], given: &Arguments) -> Result<Drawn, InitError> {
        for key in given.keys() {
            self.argument(key)?;
        }
        let missing = |it: &&Argument| it.default.value().is_none() && !given.has(it);
        if let Some(&Argument { key, .. }) = self.arguments.iter().find(missing) {
            return Err(ArgumentError::Missing { key, initialiser: self.name }.into());
        }
        (self.draw)(shape, given)
    }
}
