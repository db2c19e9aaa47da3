//! Fan-in and fan-out of a weight, in the shape conventions of the field.

use thiserror::Error;

/// How a weight's shape is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Convention {
    /// TransformerLens: `[n]`, `[in, out]`, `[heads, in, out]`.
    #[default]
    TransformerLens,
    /// torch: `[out, in, receptive field...]`, two dimensions or more.
    Torch,
}

impl Convention {
    /// Every convention, in the order of the documentation.
    pub const ALL: &[Self] = &[Self::TransformerLens, Self::Torch];

    /// The name used in recipes and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TransformerLens => "transformer-lens",
            Self::Torch => "torch",
        }
    }
}

crate::names::from_str_by_name!(Convention, "shape convention");

/// The number of inputs and outputs that one unit of a weight connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fans {
    /// Inputs per output unit.
    pub fan_in: u64,
    /// Outputs per input unit.
    pub fan_out: u64,
}

/// Why a shape has no fans.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FanError {
    /// The convention does not cover this number of dimensions.
    #[error(
        "fan in and fan out can not be computed for shape {shape:?}: the {} convention takes {}",
        convention.name(),
        match convention {
            Convention::TransformerLens => "1 to 3 dimensions ([n], [in, out], [heads, in, out])",
            Convention::Torch => "2 or more dimensions ([out, in, receptive field...])",
        }
    )]
    Dimensions {
        /// The shape that was given.
        shape: Vec<u64>,
        /// The convention it was read in.
        convention: Convention,
    },
    /// A product of dimensions is beyond 64 bits.
    #[error("the product of the dimensions of shape {shape:?} is 2^64 or more")]
    Overflow {
        /// The shape that was given.
        shape: Vec<u64>,
    },
}

/// The fans of a weight of this shape.
///
/// | convention | dimensions | fan in, fan out |
/// |---|---|---|
/// | [`Convention::TransformerLens`] | 1 | 1, s0 |
/// | | 2 | s0, s1 |
/// | | 3 | s1, s0·s2 |
/// | [`Convention::Torch`] | 2 or more | s1·∏s\[2..\], s0·∏s\[2..\] |
///
/// Source: TransformerLens `utilities/initialization_utils.calc_fan_in_and_fan_out`;
/// torch `nn.init._calculate_fan_in_and_fan_out`.
///
/// # Errors
/// [`FanError::Dimensions`] for any other number of dimensions, [`FanError::Overflow`]
/// when a product is 2^64 or more.
///
/// ```
/// use wgpu_weights::{Convention, calc_fan_in_and_fan_out};
/// let w_q = calc_fan_in_and_fan_out(&[12, 768, 64], Convention::TransformerLens)?;
/// assert_eq!((w_q.fan_in, w_q.fan_out), (768, 768));
/// let conv = calc_fan_in_and_fan_out(&[32, 16, 3, 3], Convention::Torch)?;
/// assert_eq!((conv.fan_in, conv.fan_out), (144, 288));
/// # Ok::<(), wgpu_weights::FanError>(())
/// ```
pub fn calc_fan_in_and_fan_out(shape: &[u64], convention: Convention) -> Result<Fans, FanError> {
    let product = |dims: &[u64]| {
        dims.iter()
            .try_fold(1u64, |product, &dim| product.checked_mul(dim))
            .ok_or_else(|| FanError::Overflow { shape: shape.to_vec() })
    };
    let (fan_in, fan_out) = match (convention, shape) {
        (Convention::TransformerLens, &[n]) => (1, n),
        (Convention::TransformerLens, &[input, output]) => (input, output),
        (Convention::TransformerLens, &[heads, input, output]) => {
            (input, product(&[heads, output])?)
        }
        (Convention::Torch, &[output, input, ref field @ ..]) => {
            let field = product(field)?;
            (product(&[input, field])?, product(&[output, field])?)
        }
        _ => return Err(FanError::Dimensions { shape: shape.to_vec(), convention }),
    };
    Ok(Fans { fan_in, fan_out })
}
