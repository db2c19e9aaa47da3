//! Initialisers by name: from a weight's shape and arguments to the distribution of its values.
//!
//! The one table of arguments that the command line, the recipes and every binding read.

mod argument;
mod definition;
mod error;
mod kaiming;
mod scaled;
mod unscaled;
mod variance_scaling;
mod xavier;

pub use argument::{Argument, ArgumentError, ArgumentKind, Arguments, AxisList, Value};
pub use definition::{Drawn, Initialiser};
pub use error::InitError;
pub use kaiming::{FanMode, Kaiming, kaiming_normal, kaiming_uniform};
pub use variance_scaling::{ScaledLaw, VarianceFan, VarianceScaling, variance_scaling};
pub use xavier::{Xavier, xavier_normal, xavier_uniform};

use crate::UnknownName;

impl Initialiser {
    /// Every initialiser, in the order of help texts.
    pub const ALL: &[Self] = &[
        kaiming::NORMAL,
        kaiming::UNIFORM,
        xavier::NORMAL,
        xavier::UNIFORM,
        variance_scaling::VARIANCE_SCALING,
        variance_scaling::LECUN_NORMAL,
        variance_scaling::LECUN_UNIFORM,
        variance_scaling::GLOROT_NORMAL,
        variance_scaling::GLOROT_UNIFORM,
        variance_scaling::HE_NORMAL,
        variance_scaling::HE_UNIFORM,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Nonlinearity;

    #[test]
    fn every_default_may_be_given_and_draws_the_same() {
        for init in Initialiser::ALL {
            let mut given = Arguments::default();
            // A slope needs its nonlinearity.
            for argument in init.arguments.iter().filter(|it| it.key != "a") {
                given.set(argument, argument.default).unwrap();
            }
            let drawn = init.draw(&[3, 5], &Arguments::default()).unwrap();
            assert_eq!(init.draw(&[3, 5], &given).unwrap(), drawn, "{}", init.name);
        }
    }

    /// A slope that nothing takes would be torch's default call, otherwise scaled, in silence.
    #[test]
    fn a_slope_needs_a_leaky_relu() {
        let kaiming = Initialiser::named("kaiming_uniform").unwrap();
        let mut given = Arguments::default();
        given.set(kaiming.argument("a").unwrap(), Value::Number(5f64.sqrt())).unwrap();
        let error = kaiming.draw(&[6, 4], &given).unwrap_err().to_string();
        assert!(
            error.starts_with("`a` has no effect unless `nonlinearity` is leaky_relu"),
            "{error}"
        );
        given.set(kaiming.argument("nonlinearity").unwrap(), Value::Name("leaky_relu")).unwrap();
        let leaky = Nonlinearity::LeakyRelu { negative_slope: 5f64.sqrt() };
        let expected =
            kaiming_uniform(&[6, 4], Kaiming { nonlinearity: leaky, ..Kaiming::default() });
        assert_eq!(kaiming.draw(&[6, 4], &given).unwrap().distribution, expected.unwrap());
        for negative_slope in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let nonlinearity = Nonlinearity::LeakyRelu { negative_slope };
            let args = Kaiming { nonlinearity, ..Kaiming::default() };
            assert!(kaiming_normal(&[6, 4], args).is_err(), "{negative_slope}");
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
            "`mode` has no effect on `xavier_normal`, which takes `gain`, `convention`, `in_axis`, `out_axis`, \
             `batch_axis`, `parts`, `part_axis`"
        );
        let error = Initialiser::named("bits").unwrap().argument("std").unwrap_err().to_string();
        assert!(error.ends_with("which takes no argument"), "{error}");
        assert!(Initialiser::named("lecun").unwrap_err().to_string().contains("kaiming_normal"));
    }
}
