//! Sparse matrices.

use super::{
    argument::{Argument, Arguments},
    definition::Initialiser,
    error::InitError,
};
use crate::{Distribution, Line, Zeros};

/// The arguments of [`sparse`]; the defaults are torch's, and of the sparsity, where it has none, that of its example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparse {
    /// The part of each line that is 0, of 0 to 1.
    pub sparsity: f64,
    /// The mean of the others.
    pub mean: f64,
    /// The standard deviation of the others.
    pub std: f64,
    /// In which lines zeros are counted.
    pub each: Line,
}

impl Default for Sparse {
    fn default() -> Self {
        Self { sparsity: 0.1, mean: 0.0, std: 0.01, each: Line::Column }
    }
}

/// Normal, with exactly `ceil(sparsity·n)` zeros among the n elements of each column, or of each row, at random places.
///
/// Source: torch `nn.init.sparse_` and Flux `sparse_init` (in each column, std 0.01; Martens 2010), MLX `sparse` (in each row,
/// std 1). Where the zeros are is a function of the address here, so that every shard agrees; torch's ignore its
/// `generator`.
///
/// # Errors
/// [`InitError::Shape`] unless the shape has two dimensions, of less than 2^32 each; [`InitError::Sparsity`] for a sparsity
/// outside of \[0, 1\], which torch takes for all or some; [`InitError::Parameter`].
///
/// ```
/// use wgpu_weights::{Kind, Sparse, sparse};
/// let weight = sparse(&[100, 30], Sparse { sparsity: 0.905, ..Sparse::default() })?;
/// let Kind::Sparse { zeros, .. } = weight.kind() else { panic!() };
/// assert_eq!(zeros.zeros, 91);
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn sparse(shape: &[u64], args: Sparse) -> Result<Distribution, InitError> {
    let wrong = |needs| InitError::shape("sparse", shape, needs);
    let &[rows, columns] = shape else { return Err(wrong("two")) };
    let (Ok(rows), Ok(columns)) = (u32::try_from(rows), u32::try_from(columns)) else {
        return Err(wrong("two, of less than 2^32 each"));
    };
    let Sparse { sparsity, mean, std, each } = args;
    if !(0.0..=1.0).contains(&sparsity) {
        return Err(InitError::Sparsity { sparsity });
    }
    let zeros = Zeros { each, rows, columns, zeros: 0 };
    let zeros = Zeros { zeros: (sparsity * f64::from(zeros.length())).ceil() as u32, ..zeros };
    Ok(Distribution::sparse(mean, std, zeros)?)
}

const SPARSITY: Argument =
    Argument::number("sparsity", 0.0, "the part of each line that is 0, of 0 to 1").required();
const MEAN: Argument = Argument::number("mean", 0.0, "the mean of what is not 0");
const STD: Argument = Argument::scale("std", 0.01, "the standard deviation of what is not 0");
const EACH: Argument = Argument::choice(
    "each",
    &crate::names::names_of!(Line),
    Line::Column.name(),
    "in which lines zeros are counted: columns (torch, Flux) or rows (MLX)",
);

pub(super) const SPARSE: Initialiser = Initialiser {
    name: "sparse",
    about: "Normal with as many zeros in each column, or row, at random places (torch, Flux, MLX)",
    arguments: &[SPARSITY, MEAN, STD, EACH],
    draw: |shape, given: &Arguments| {
        let args = Sparse {
            sparsity: given.number(&SPARSITY),
            mean: given.number(&MEAN),
            std: given.number(&STD),
            each: given.name(&EACH).parse()?,
        };
        Ok(sparse(shape, args)?.into())
    },
};
