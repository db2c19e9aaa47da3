//! Why an initialiser has no distribution for a weight.

use thiserror::Error;

use super::argument::ArgumentError;
use crate::{FanError, ParameterError, UnknownName};

/// Why an initialiser has no distribution for a weight.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum InitError {
    /// The shape has no fans.
    #[error(transparent)]
    Fan(#[from] FanError),
    /// The fan that the scale is divided by is zero.
    #[error(
        "{fan} of shape {shape:?} is 0 and the scale would be divided by it; \
         leave the empty dimension out, or use `constant` or `normal` with a scale of your own"
    )]
    ZeroFan {
        /// `fan_in`, `fan_out` or their sum.
        fan: &'static str,
        /// The shape that was given.
        shape: Vec<u64>,
    },
    /// The fan that was given, by which the scale is divided, is zero.
    #[error("{fan} is 0 and the scale would be divided by it; give a fan of 1 or more")]
    ZeroGivenFan {
        /// `fan_in`, `fan_out` or their sum.
        fan: &'static str,
    },
    /// The shape is not one that the initialiser is for.
    #[error("`{initialiser}` has no values for shape {shape:?}; its dimensions must be {needs}")]
    Shape {
        /// The initialiser.
        initialiser: &'static str,
        /// The shape that was given.
        shape: Vec<u64>,
        /// The dimensions that it takes.
        needs: &'static str,
    },
    /// Groups that do not divide the outputs.
    #[error("{groups} groups do not divide {outputs} outputs; give a divisor of them")]
    Groups {
        /// The groups.
        groups: u64,
        /// The outputs.
        outputs: u64,
    },
    /// A part of zeros that is no part.
    #[error("sparsity is {sparsity}; it must be from 0 (no zeros) to 1 (nothing else)")]
    Sparsity {
        /// The part that was given.
        sparsity: f64,
    },
    /// A formula that has no values for the shape.
    #[error("`{expression}`: {why}")]
    Formula {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
    /// A parameter that no scale follows from.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// An argument that cannot be.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// A name that is none of those known.
    #[error(transparent)]
    Name(#[from] UnknownName),
}

impl InitError {
    pub(super) fn shape(initialiser: &'static str, shape: &[u64], needs: &'static str) -> Self {
        Self::Shape { initialiser, shape: shape.to_vec(), needs }
    }

    pub(super) fn overflow(shape: &[u64]) -> Self {
        FanError::Overflow { shape: shape.to_vec() }.into()
    }

    /// The same, where the fans that were given are those of this shape.
    pub(super) fn of_shape(self, shape: &[u64]) -> Self {
        match self {
            Self::ZeroGivenFan { fan } => Self::ZeroFan { fan, shape: shape.to_vec() },
            other => other,
        }
    }
}
