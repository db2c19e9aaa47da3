//! Initialisers by name: from a weight's shape and arguments to the distribution of its values.
//!
//! The one table of arguments that the command line, the recipes and every binding read.

mod argument;
mod definition;
mod error;
mod formula;
mod kaiming;
mod orthogonal;
mod scaled;
mod sparse;
mod structured;
mod unscaled;
mod variance_scaling;
mod xavier;

pub use argument::{
    Argument, ArgumentError, ArgumentKind, Arguments, AxisList, DefaultValue, Value,
};
pub use definition::{Drawn, Initialiser};
pub use error::InitError;
pub use kaiming::{FanMode, Kaiming, kaiming_normal, kaiming_uniform};
pub use orthogonal::{Orthogonal, delta_orthogonal, orthogonal};
pub use sparse::{Sparse, sparse};
pub use structured::{dirac, eye, identity, one_hot};
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
        orthogonal::ORTHOGONAL,
        orthogonal::DELTA_ORTHOGONAL,
        sparse::SPARSE,
        structured::EYE,
        structured::IDENTITY,
        structured::DIRAC,
        structured::ONE_HOT,
        structured::ARANGE,
        structured::ZEROS,
        structured::ONES,
        formula::FORMULA,
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
    use crate::{Convention, Nonlinearity};

    #[test]
    fn every_default_may_be_given_and_draws_the_same() {
        for init in Initialiser::ALL {
            let mut given = Arguments::default();
            // A slope needs its nonlinearity.
            for argument in init.arguments.iter().filter(|it| it.key != "a") {
                let Some(default) = argument.default.value() else { continue };
                given.set(argument, default).unwrap();
            }
            // What must be given is.
            let mut least = Arguments::default();
            for argument in init.arguments.iter().filter(|it| it.default.value().is_none()) {
                let error = init.draw(&[3, 5], &Arguments::default()).unwrap_err().to_string();
                assert_eq!(error, format!("`{}` needs `{}`", init.name, argument.key));
                let value = argument.parse("0.5").unwrap();
                least.set(argument, value.clone()).unwrap();
                given.set(argument, value).unwrap();
            }
            // Of a convolution, or of a matrix.
            let drawn = |given| init.draw(&[3, 5, 7], given).or_else(|_| init.draw(&[3, 5], given));
            assert_eq!(drawn(&given), drawn(&least), "{}", init.name);
            assert!(drawn(&given).is_ok(), "{}", init.name);
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
    fn shapes_that_an_initialiser_has_no_values_for() {
        for (name, shape, said) in [
            (
                "eye",
                &[2, 3, 4][..],
                "`eye` has no values for shape [2, 3, 4]; its dimensions must be two",
            ),
            ("identity", &[3], "must be two or more"),
            ("dirac", &[3, 4], "must be three to five"),
            ("dirac", &[2; 6], "must be three to five"),
            ("sparse", &[5], "must be two"),
            ("sparse", &[1 << 32, 2], "of less than 2^32 each"),
            ("orthogonal", &[5], "must be two or more"),
            ("delta_orthogonal", &[3, 4], "must be three to five"),
            ("delta_orthogonal", &[3, 4, 2], "at least as many outputs"),
            ("identity", &[1 << 40, 1 << 30, 2], "2^64 or more"),
            ("orthogonal", &[2, 1 << 40, 1 << 40], "2^64 or more"),
        ] {
            let init = Initialiser::named(name).unwrap();
            let mut given = Arguments::default();
            for argument in init.arguments.iter().filter(|it| it.key == "sparsity") {
                given.set(argument, Value::Number(0.5)).unwrap();
            }
            let error = init.draw(shape, &given).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(
            dirac(&[3, 4, 5], 2, Convention::Torch).unwrap_err().to_string().contains("2 groups")
        );
        assert!(dirac(&[3, 4, 5], 1, Convention::TransformerLens).is_err());
        for convention in [Convention::Torch, Convention::Jax, Convention::Mlx] {
            for at in 0..5 {
                let mut shape = [1 << 40; 5];
                shape[at] = 0;
                let _ = dirac(&shape, 1, convention);
            }
        }
        for sparsity in [-0.1, 1.1, f64::NAN] {
            let error = sparse(&[4, 4], Sparse { sparsity, ..Sparse::default() }).unwrap_err();
            assert!(error.to_string().starts_with(&format!("sparsity is {sparsity}")), "{error}");
        }
        let empty = Orthogonal { batch: 9, ..Orthogonal::default() };
        assert!(orthogonal(&[2, 2], empty).is_err());
        for column_axis in [3, -4] {
            let args = Orthogonal { column_axis: Some(column_axis), ..Orthogonal::default() };
            assert!(orthogonal(&[2, 2, 2], args).is_err());
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
