//! Initialisers that no fan has a say in: the distributions by name.

use super::{
    argument::Argument,
    definition::{Drawn, Initialiser},
};
use crate::Distribution;

impl From<Distribution> for Drawn {
    /// What no fan had a say in.
    fn from(distribution: Distribution) -> Self {
        Self { distribution, fans: None, convention: None }
    }
}

const MEAN: Argument = Argument::number("mean", 0.0, "the mean");
const STD: Argument = Argument::scale("std", 1.0, "the standard deviation");
const STD_CUT: Argument =
    Argument { help: "the standard deviation before the cut, or as `bounds` says", ..STD };
const VALUE: Argument = Argument::number("value", 0.0, "the value");
const LOW: Argument = Argument::number("low", 0.0, "the lowest value");
const HIGH: Argument = Argument::number("high", 1.0, "the bound that is never reached");
const LOWEST: Argument = Argument::number("low", -2.0, "the lower bound, as `bounds` says");
const HIGHEST: Argument = Argument::number("high", 2.0, "the upper bound, as `bounds` says");
const ABSOLUTE: &str = "absolute";
const SIGMA: &str = "sigma";
const STD_AFTER: &str = "std-after";
const BOUNDS: Argument = Argument::choice(
    "bounds",
    &[ABSOLUTE, SIGMA, STD_AFTER],
    ABSOLUTE,
    "what low and high are: values (torch); standard deviations from the mean (JAX's truncated_normal, timm's tf); or \
     these, with `std` that after the cut (JAX's and Keras' lecun, glorot, he)",
);

pub(super) const CONSTANT: Initialiser = Initialiser {
    name: "constant",
    about: "One value everywhere",
    arguments: &[VALUE],
    draw: |_, given| Ok(Distribution::constant(given.number(&VALUE))?.into()),
};

pub(super) const UNIFORM: Initialiser = Initialiser {
    name: "uniform",
    about: "Uniform on [low, high)",
    arguments: &[LOW, HIGH],
    draw: |_, given| Ok(Distribution::uniform(given.number(&LOW), given.number(&HIGH))?.into()),
};

pub(super) const NORMAL: Initialiser = Initialiser {
    name: "normal",
    about: "Normal with mean and std",
    arguments: &[MEAN, STD],
    draw: |_, given| Ok(Distribution::normal(given.number(&MEAN), given.number(&STD))?.into()),
};

pub(super) const TRUNCATED_NORMAL: Initialiser = Initialiser {
    name: "truncated_normal",
    about: "Normal with mean and std within [low, high], absolute, in sigmas, or with the std after the cut",
    arguments: &[MEAN, STD_CUT, LOWEST, HIGHEST, BOUNDS],
    draw: |_, given| {
        let [mean, std] = [MEAN, STD_CUT].map(|it| given.number(&it));
        let [low, high] = [LOWEST, HIGHEST].map(|it| given.number(&it));
        let drawn = match given.name(&BOUNDS) {
            SIGMA => Distribution::truncated_normal_in_sigmas(mean, std, [low, high]),
            STD_AFTER => Distribution::truncated_normal_with_std_after(mean, std, [low, high]),
            _ => Distribution::truncated_normal(mean, std, low, high),
        };
        Ok(drawn?.into())
    },
};

pub(super) const BITS: Initialiser = Initialiser {
    name: "bits",
    about: "The generator's 32-bit words, as U32",
    arguments: &[],
    draw: |_, _| Ok(Distribution::bits().into()),
};
