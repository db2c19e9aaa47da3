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
const STD_BEFORE: Argument = Argument { help: "the standard deviation before truncation", ..STD };
const VALUE: Argument = Argument::number("value", 0.0, "the value");
const LOW: Argument = Argument::number("low", 0.0, "the lowest value");
const HIGH: Argument = Argument::number("high", 1.0, "the bound that is never reached");
const LOWEST: Argument = Argument::number("low", -2.0, "the lowest value, absolute");
const HIGHEST: Argument = Argument::number("high", 2.0, "the highest value, absolute");

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
    about: "Normal with mean and std within [low, high], absolute; by default -2 and 2",
    arguments: &[MEAN, STD_BEFORE, LOWEST, HIGHEST],
    draw: |_, given| {
        let [mean, std] = [MEAN, STD].map(|it| given.number(&it));
        let [low, high] = [LOWEST, HIGHEST].map(|it| given.number(&it));
        Ok(Distribution::truncated_normal(mean, std, low, high)?.into())
    },
};

pub(super) const BITS: Initialiser = Initialiser {
    name: "bits",
    about: "The generator's 32-bit words, as U32",
    arguments: &[],
    draw: |_, _| Ok(Distribution::bits().into()),
};
