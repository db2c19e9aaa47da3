//! Orthogonal matrices: how a shape is read as one, or as many.

use super::{
    argument::{Argument, ArgumentError, Arguments},
    definition::Initialiser,
    error::InitError,
    scaled::{BATCH_AXIS, GAIN, PART_AXIS, PARTS},
    structured::TORCH,
};
use crate::{Convention, Distribution, Matrices, fans::place, region};

/// The arguments of [`orthogonal`]; the default is one matrix, of gain 1, by torch's reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orthogonal {
    /// What the matrices are multiplied by, zero or more.
    pub gain: f64,
    /// How a shape is read as rows and columns.
    pub convention: Convention,
    /// The axis of the columns, in place of the convention's; from the end where it is negative.
    pub column_axis: Option<i64>,
    /// So many leading axes are a stack of matrices, each by itself.
    pub batch: usize,
    /// So many equal parts of the first axis behind the stack are matrices, each by itself (3 of a fused q|k|v).
    pub parts: u64,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { gain: 1.0, convention: Convention::Torch, column_axis: None, batch: 0, parts: 1 }
    }
}

/// An orthogonal matrix, or a stack of them, drawn as Haar's measure has it: with at least as many rows as columns the columns are
/// orthonormal, else the rows, times the gain.
///
/// | convention | rows, columns of a shape s |
/// |---|---|
/// | torch, candle, mlx, transformer-lens | s0, ∏s\[1..\] |
/// | jax, keras | ∏s\[..-1\], s\[-1\] |
/// | a column axis a | ∏ of the others, s\[a\] |
///
/// Source: torch `nn.init.orthogonal_`, Flux `orthogonal`; JAX and Haiku `orthogonal` with their `column_axis` and `axis`, Keras
/// `Orthogonal`. MLX' is a block of a larger one, which has the same law (and takes two dimensions alone).
/// [`cpu::Prepared`](crate::cpu::Prepared) says what is made, and [`Distribution::orthogonal`] how it reaches a GPU.
///
/// # Errors
/// [`InitError::Shape`] unless one of the stack has two dimensions or more; [`InitError::Fan`] for an axis that there is not
/// and parts that do not divide theirs; [`InitError::Parameter`] for a gain that is negative or not finite.
///
/// ```
/// use wgpu_weights::{Kind, Matrices, Orthogonal, orthogonal};
/// let conv = orthogonal(&[64, 32, 3, 3], Orthogonal::default())?;
/// assert_eq!(conv.kind(), Kind::Orthogonal { gain: 1.0, matrices: Matrices::one(64, 288) });
/// // Four recurrent gates, each orthogonal by itself.
/// let gates = orthogonal(&[4 * 512, 512], Orthogonal { parts: 4, ..Orthogonal::default() })?;
/// let each = Matrices { count: 4, ..Matrices::one(512, 512) };
/// assert_eq!(gates.kind(), Kind::Orthogonal { gain: 1.0, matrices: each });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn orthogonal(shape: &[u64], args: Orthogonal) -> Result<Distribution, InitError> {
    let Orthogonal { gain, convention, column_axis, batch, parts } = args;
    let one = shape.get(batch..).unwrap_or_default();
    if one.len() < 2 {
        return Err(InitError::shape("orthogonal", shape, "two or more, beside those of a stack"));
    }
    let mut one = one.to_vec();
    if parts != 1 {
        one = crate::shape_of_part(&one, 0, parts)?;
    }
    let overflow = || InitError::overflow(shape);
    let product = |dims: &[u64]| region::product(dims.iter().copied());
    let all = product(&one).ok_or_else(overflow)?;
    let count = product(&shape[..batch]).and_then(|it| it.checked_mul(parts));
    let count = count.ok_or_else(overflow)?;
    let last = one.len() - 1;
    let axis = match (column_axis, convention) {
        (Some(axis), _) => Some(place(axis, &one)?),
        (None, Convention::Jax | Convention::Keras) => Some(last),
        (None, _) => None,
    };
    let matrices = match axis {
        None => Matrices::one(one[0], product(&one[1..]).ok_or_else(overflow)?),
        Some(axis) => {
            let columns = one[axis];
            let inner = product(&one[axis + 1..]).ok_or_else(overflow)?.max(1);
            let rows = all.checked_div(columns).unwrap_or(0);
            Matrices { inner, ..Matrices::one(rows, columns) }
        }
    };
    Ok(Distribution::orthogonal(gain, Matrices { count, ..matrices })?)
}

/// An orthogonal matrix at the centre tap of a convolution `[field..., in, out]`, and 0 at the others: what keeps norms
/// through a deep convolutional network.
///
/// Source: JAX `nn.initializers.delta_orthogonal`, of the column axis -1; Xiao et al. 2018. The centre is (k - 1)/2.
///
/// # Errors
/// [`InitError::Shape`] unless the shape has three to five dimensions and at least as many outputs as inputs;
/// [`InitError::Parameter`] for a gain that is negative or not finite.
///
/// ```
/// use wgpu_weights::{Kind, Matrices, delta_orthogonal};
/// let matrices = Matrices { first: 4 * 8 * 16, ..Matrices::one(8, 16) };
/// assert_eq!(delta_orthogonal(&[3, 3, 8, 16], 1.0)?.kind(), Kind::Orthogonal { gain: 1.0, matrices });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn delta_orthogonal(shape: &[u64], gain: f64) -> Result<Distribution, InitError> {
    let wrong = |needs| InitError::shape("delta_orthogonal", shape, needs);
    let (3..=5, &[ref field @ .., input, output]) = (shape.len(), shape) else {
        return Err(wrong("three to five: [field..., in, out]"));
    };
    if output < input {
        return Err(wrong("at least as many outputs (the last) as inputs (the last but one)"));
    }
    let tap = field
        .iter()
        .try_fold(0u64, |tap, &k| tap.checked_mul(k)?.checked_add(k.saturating_sub(1) / 2));
    let size = input.checked_mul(output);
    let first = tap.zip(size).and_then(|(tap, size)| tap.checked_mul(size));
    let first = first.ok_or_else(|| InitError::overflow(shape))?;
    // Without a tap there is none in the middle.
    let count = u64::from(!field.contains(&0));
    let matrices = Matrices { first, count, ..Matrices::one(input, output) };
    Ok(Distribution::orthogonal(gain, matrices)?)
}

const COLUMN_AXIS: Argument = Argument::axes(
    "column_axis",
    "the axis of the columns, in place of the convention's (JAX's column_axis, Haiku's axis)",
);

const STACK: Argument = Argument {
    help: "leading axes along which matrices are stacked, each orthogonal by itself: 0, or 0,1",
    ..BATCH_AXIS
};
const EACH: Argument =
    Argument { help: "equal parts of the first axis, each orthogonal by itself", ..PARTS };
const ALONG: Argument = Argument { help: "0, the only axis that parts may lie along", ..PART_AXIS };

fn given(given: &Arguments) -> Result<Orthogonal, InitError> {
    let needs = |key, needs| InitError::from(ArgumentError::Needs { key, needs });
    let column_axis = match given.axes(&COLUMN_AXIS)[..] {
        [] => None,
        [axis] => Some(axis),
        _ => return Err(needs(COLUMN_AXIS.key, "it is one axis")),
    };
    let batch = given.axes(&BATCH_AXIS);
    if !batch.iter().copied().eq(0..batch.len() as i64) {
        return Err(needs(BATCH_AXIS.key, "it is the leading axes: 0, or 0,1"));
    }
    if !matches!(given.axes(&PART_AXIS)[..], [] | [0]) {
        return Err(needs(
            PART_AXIS.key,
            "it is 0: parts of another axis are no matrices in a row",
        ));
    }
    Ok(Orthogonal {
        gain: given.number(&GAIN),
        convention: given.name(&TORCH).parse()?,
        column_axis,
        batch: batch.len(),
        parts: given.count(&PARTS),
    })
}

pub(super) const ORTHOGONAL: Initialiser = Initialiser {
    name: "orthogonal",
    about: "Orthogonal matrices, uniformly distributed (torch, JAX, Keras, MLX, Flux, Haiku)",
    arguments: &[GAIN, TORCH, COLUMN_AXIS, STACK, EACH, ALONG],
    draw: |shape, arguments| Ok(orthogonal(shape, given(arguments)?)?.into()),
};

pub(super) const DELTA_ORTHOGONAL: Initialiser = Initialiser {
    name: "delta_orthogonal",
    about: "An orthogonal matrix at the centre tap of a convolution [field..., in, out] (JAX)",
    arguments: &[GAIN],
    draw: |shape, given| Ok(delta_orthogonal(shape, given.number(&GAIN))?.into()),
};
