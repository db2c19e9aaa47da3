//! Initialisers without chance: the identity in its shapes, zeros, ones, and numbers in order.

use super::{
    argument::{Argument, Arguments},
    definition::{Drawn, Initialiser},
    error::InitError,
    scaled::{CONVENTION, GAIN, scale},
};
use crate::{Convention, Diagonal, Distribution, Layout, ParameterError, region::product};

/// The identity of a matrix: 1 where the row is the column, 0 elsewhere; more rows than columns, or fewer, are allowed.
///
/// Source: torch `nn.init.eye_`.
///
/// # Errors
/// [`InitError::Shape`] unless the shape has two dimensions.
///
/// ```
/// use wgpu_weights::{Diagonal, Kind, eye};
/// assert_eq!(eye(&[3, 5])?.kind(), Kind::Diagonal { value: 1.0, diagonal: Diagonal::of_matrix(3, 5) });
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn eye(shape: &[u64]) -> Result<Distribution, InitError> {
    let &[rows, columns] = shape else {
        return Err(InitError::shape("eye", shape, "two; `identity` takes stacks of matrices"));
    };
    Ok(Distribution::diagonal(1.0, Diagonal::of_matrix(rows, columns))?)
}

/// The identity times a gain, of each matrix of a stack `[..., rows, columns]`.
///
/// Source: Keras `Identity` and MLX `identity` of one matrix; Haiku `Identity` of a stack.
///
/// # Errors
/// [`InitError::Shape`] unless the shape has two dimensions or more, [`InitError::Parameter`] for a gain that is not finite.
///
/// ```
/// use wgpu_weights::{Fill, cpu, identity};
/// let mut stack = [0.0; 8];
/// cpu::fill_f32(&Fill::new(identity(&[2, 2, 2], 0.5)?, [2, 2, 2]), &mut stack)?;
/// assert_eq!(stack, [0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 0.5]);
/// # Ok::<(), wgpu_weights::Error>(())
/// ```
pub fn identity(shape: &[u64], gain: f64) -> Result<Distribution, InitError> {
    let &[ref stack @ .., rows, columns] = shape else {
        return Err(InitError::shape("identity", shape, "two or more: [..., rows, columns]"));
    };
    let all = product(stack.iter().copied()).and_then(|stack| stack.checked_mul(rows));
    let all = all.ok_or_else(|| InitError::overflow(shape))?;
    let diagonal = Diagonal { period: rows, ..Diagonal::of_matrix(all, columns) };
    Ok(Distribution::diagonal(gain, diagonal)?)
}

/// A 1 in each row: in column i of row i, from the first column again after the last.
///
/// # Errors
/// [`InitError::Shape`] unless the shape has two dimensions.
///
/// ```
/// use wgpu_weights::{Fill, cpu, one_hot};
/// let mut rows = [0.0; 6];
/// cpu::fill_f32(&Fill::new(one_hot(&[3, 2])?, [3, 2]), &mut rows)?;
/// assert_eq!(rows, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), wgpu_weights::Error>(())
/// ```
pub fn one_hot(shape: &[u64]) -> Result<Distribution, InitError> {
    let &[rows, columns] = shape else {
        return Err(InitError::shape("one_hot", shape, "two"));
    };
    let diagonal = Diagonal { period: columns, ..Diagonal::of_matrix(rows, columns) };
    Ok(Distribution::diagonal(1.0, diagonal)?)
}

/// A convolution that changes nothing: in each group, output c takes input c at the kernel's centre.
///
/// | convention | shape | centre |
/// |---|---|---|
/// | torch, candle | `[out, in, field...]` | k/2 of each field dimension |
/// | jax, keras | `[field..., in, out]` | (k - 1)/2 |
/// | mlx | `[out, field..., in]` | k/2 |
///
/// They differ where k is even. Outputs beyond a group's inputs are 0.
///
/// Source: torch `nn.init.dirac_`; the centre of JAX is that of its `delta_orthogonal`, and of Flux' `identity_init`.
///
/// # Errors
/// [`InitError::Shape`] unless there are three to five dimensions, or for TransformerLens' convention, which has no
/// convolutions; [`InitError::Groups`] where the groups do not divide the outputs.
///
/// ```
/// use wgpu_weights::{Convention, Kind, dirac};
/// let Kind::Diagonal { diagonal, .. } = dirac(&[8, 4, 3, 2], 2, Convention::Torch)?.kind() else { panic!() };
/// assert_eq!((diagonal.tap, diagonal.taps, diagonal.period), (1 * 2 + 1, 6, 4));
/// # Ok::<(), wgpu_weights::InitError>(())
/// ```
pub fn dirac(
    shape: &[u64],
    groups: u64,
    convention: Convention,
) -> Result<Distribution, InitError> {
    let wrong = |needs| InitError::shape("dirac", shape, needs);
    if !(3..=5).contains(&shape.len()) {
        return Err(wrong("three to five: outputs, inputs and one to three of the kernel"));
    }
    let (layout, rows, columns, field) = match (convention, shape) {
        (Convention::Torch | Convention::Candle, &[out, input, ref field @ ..]) => {
            (Layout::OutInField, out, input, field)
        }
        (Convention::Jax | Convention::Keras, &[ref field @ .., input, out]) => {
            (Layout::FieldInOut, out, input, field)
        }
        (Convention::Mlx, &[out, ref field @ .., input]) => (Layout::OutFieldIn, out, input, field),
        _ => return Err(wrong("those of a convolution, which `convention` says how to read")),
    };
    let centre = |k: u64| match layout {
        Layout::FieldInOut => k.saturating_sub(1) / 2,
        Layout::OutInField | Layout::OutFieldIn => k / 2,
    };
    if groups == 0 || rows % groups != 0 {
        return Err(InitError::Groups { groups, outputs: rows });
    }
    let taps = product(field.iter().copied()).ok_or_else(|| InitError::overflow(shape))?;
    // Each is below its dimension, and so the whole below the taps; without any there is none in the middle.
    let tap = match taps {
        0 => 0,
        _ => field.iter().fold(0, |tap, &k| tap * k + centre(k)),
    };
    let diagonal = Diagonal { layout, rows, columns, taps, tap, period: rows / groups };
    Ok(Distribution::diagonal(1.0, diagonal)?)
}

/// The convention of what comes from torch.
pub(super) const TORCH: Argument = Argument {
    default: super::argument::DefaultValue::Name(Convention::Torch.name()),
    ..CONVENTION
};

const GROUPS: Argument = Argument::count("groups", 1, "groups of the convolution");
const FIRST: Argument = Argument::number("first", 0.0, "the first number");
const STEP: Argument = Argument::number("step", 1.0, "from one number to the next");

/// A law that the shape has a say in, but no fan.
fn plain(distribution: Result<Distribution, InitError>) -> Result<Drawn, InitError> {
    Ok(distribution?.into())
}

fn constant(value: f64) -> Result<Drawn, InitError> {
    Ok(Distribution::constant(value)?.into())
}

pub(super) const ZEROS: Initialiser = Initialiser {
    name: "zeros",
    about: "0 everywhere",
    arguments: &[],
    draw: |_, _| constant(0.0),
};

pub(super) const ONES: Initialiser =
    Initialiser { name: "ones", about: "1 everywhere", arguments: &[], draw: |_, _| constant(1.0) };

pub(super) const EYE: Initialiser = Initialiser {
    name: "eye",
    about: "1 on the diagonal of a matrix (torch)",
    arguments: &[],
    draw: |shape, _| plain(eye(shape)),
};

pub(super) const IDENTITY: Initialiser = Initialiser {
    name: "identity",
    about: "The identity times a gain, of each matrix of a stack (Keras, MLX, Haiku)",
    arguments: &[GAIN],
    draw: |shape, given: &Arguments| plain(identity(shape, scale("gain", given.number(&GAIN))?)),
};

pub(super) const ONE_HOT: Initialiser = Initialiser {
    name: "one_hot",
    about: "A 1 in each row, in column i of row i and from the first again",
    arguments: &[],
    draw: |shape, _| plain(one_hot(shape)),
};

pub(super) const DIRAC: Initialiser = Initialiser {
    name: "dirac",
    about: "The identity at the centre tap of a convolution (torch)",
    arguments: &[GROUPS, TORCH],
    draw: |shape, given: &Arguments| {
        plain(dirac(shape, given.count(&GROUPS), given.name(&TORCH).parse()?))
    },
};

pub(super) const ARANGE: Initialiser = Initialiser {
    name: "arange",
    about: "Numbers in order along the last axis, as of position_ids; integers in I64 and I32 too",
    arguments: &[FIRST, STEP],
    draw: |shape, given: &Arguments| {
        let period = shape.last().copied().unwrap_or(1);
        let law = Distribution::arange(given.number(&FIRST), given.number(&STEP), period);
        plain(law.map_err(ParameterError::into))
    },
};
