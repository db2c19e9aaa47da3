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
    /// JAX, Flax: `[receptive field..., in, out]`, two dimensions or more.
    Jax,
    /// Keras, Haiku: as [`Jax`](Self::Jax); of fewer dimensions both fans are the number of elements.
    Keras,
    /// MLX, channels last: `[out, receptive field..., in]`, two dimensions or more.
    Mlx,
    /// candle, and Flux with its dimensions reversed: as [`Torch`](Self::Torch); of fewer dimensions one input.
    Candle,
}

impl Convention {
    /// Every convention, in the order of the documentation.
    pub const ALL: &[Self] =
        &[Self::TransformerLens, Self::Torch, Self::Jax, Self::Keras, Self::Mlx, Self::Candle];

    /// The name used in recipes and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TransformerLens => "transformer-lens",
            Self::Torch => "torch",
            Self::Jax => "jax",
            Self::Keras => "keras",
            Self::Mlx => "mlx",
            Self::Candle => "candle",
        }
    }

    /// The dimensions that it reads, in words.
    pub const fn reads(self) -> &'static str {
        match self {
            Self::TransformerLens => "1 to 3 dimensions ([n], [in, out], [heads, in, out])",
            Self::Torch => "2 or more dimensions ([out, in, receptive field...])",
            Self::Jax => "2 or more dimensions ([receptive field..., in, out])",
            Self::Keras => "any number of dimensions ([n], [receptive field..., in, out])",
            Self::Mlx => "2 or more dimensions ([out, receptive field..., in])",
            Self::Candle => "any number of dimensions ([n], [out, in, receptive field...])",
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
        convention.reads()
    )]
    Dimensions {
        /// The shape that was given.
        shape: Vec<u64>,
        /// The convention it was read in.
        convention: Convention,
    },
    /// An axis that the shape does not have.
    #[error("shape {shape:?} has no axis {axis}; its axes are {first} to {last}, or from the end -1 to -{}", shape.len(), first = 0, last = shape.len().saturating_sub(1))]
    Axis {
        /// The axis, from the end where it is negative.
        axis: i64,
        /// The shape that was given.
        shape: Vec<u64>,
    },
    /// A batch axis that is one of the inputs or outputs too, or an axis that is named twice.
    #[error(
        "axis {axis} of shape {shape:?} is named twice; an axis of a batch is neither input nor output"
    )]
    AxisTwice {
        /// The axis.
        axis: i64,
        /// The shape that was given.
        shape: Vec<u64>,
    },
    /// An axis that cannot be cut into so many equal parts.
    #[error(
        "axis {axis} of shape {shape:?} can not be cut into {parts} equal parts; give a number that divides it"
    )]
    Parts {
        /// The axis.
        axis: i64,
        /// The number of parts.
        parts: u64,
        /// The shape that was given.
        shape: Vec<u64>,
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
/// | [`Convention::Jax`] | 2 or more | s\[-2\]·∏s\[..-2\], s\[-1\]·∏s\[..-2\] |
/// | [`Convention::Keras`] | 0, 1 | 1, 1; s0, s0 |
/// | | 2 or more | as JAX |
/// | [`Convention::Mlx`] | 2 or more | s\[-1\]·∏s\[1..-1\], s0·∏s\[1..-1\] |
/// | [`Convention::Candle`] | 0, 1 | 1, 1; 1, s0 |
/// | | 2 or more | as torch |
///
/// Source: TransformerLens `utilities/initialization_utils.calc_fan_in_and_fan_out`;
/// torch `nn.init._calculate_fan_in_and_fan_out`; JAX `nn.initializers._compute_fans`; Keras
/// `initializers.compute_fans`; MLX `nn.init._calculate_fan_in_fan_out`; candle `candle_nn::init::FanInOut`. Other axes: [`Axes`].
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
    let product = |dims: &[u64]| product(dims.iter().copied(), shape);
    let (fan_in, fan_out) = match (convention, shape) {
        (Convention::TransformerLens, &[n]) => (1, n),
        (Convention::TransformerLens, &[input, output]) => (input, output),
        (Convention::TransformerLens, &[heads, input, output]) => {
            (input, product(&[heads, output])?)
        }
        (Convention::Keras | Convention::Candle, &[]) => (1, 1),
        (Convention::Keras, &[n]) => (n, n),
        (Convention::Candle, &[n]) => (1, n),
        (Convention::Torch | Convention::Candle, &[output, input, ref field @ ..])
        | (Convention::Jax | Convention::Keras, &[ref field @ .., input, output])
        | (Convention::Mlx, &[output, ref field @ .., input]) => {
            let field = product(field)?;
            (product(&[input, field])?, product(&[output, field])?)
        }
        _ => return Err(FanError::Dimensions { shape: shape.to_vec(), convention }),
    };
    Ok(Fans { fan_in, fan_out })
}

/// Which axes of a weight are inputs, outputs and batches: the fans of any layout.
///
/// An axis counts from the end where it is negative. What is none of the three is a receptive field, and counts in both
/// fans; a batch counts in none. So the fan in is the product of all dimensions that are neither output nor batch, as
/// in JAX's `in_axis`, `out_axis` and `batch_axis`. (Keras' `input_axes` and `output_axes` leave out what
/// is neither.)
///
/// ```
/// use wgpu_weights::{Axes, Fans};
/// // TransformerLens' W_Q [heads, d_model, d_head] and W_O [heads, d_head, d_model].
/// let w_q = Axes { input: vec![1], output: vec![0, 2], ..Axes::default() };
/// assert_eq!(w_q.fans(&[12, 768, 64])?, Fans { fan_in: 768, fan_out: 768 });
/// let w_o = Axes { input: vec![0, 1], output: vec![2], ..Axes::default() };
/// assert_eq!(w_o.fans(&[12, 64, 768])?, Fans { fan_in: 768, fan_out: 768 });
/// // Experts [E, in, out], each scaled by its own fans.
/// let experts = Axes { batch: vec![0], ..Axes::default() };
/// assert_eq!(experts.fans(&[8, 768, 3072])?, Fans { fan_in: 768, fan_out: 3072 });
/// # Ok::<(), wgpu_weights::FanError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Axes {
    /// The inputs.
    pub input: Vec<i64>,
    /// The outputs.
    pub output: Vec<i64>,
    /// Weights that are stacked, each with its own fans.
    pub batch: Vec<i64>,
}

impl Default for Axes {
    /// JAX's: the last but one is the input, the last the output.
    fn default() -> Self {
        Self { input: vec![-2], output: vec![-1], batch: Vec::new() }
    }
}

impl Axes {
    /// The fans of a weight of this shape.
    ///
    /// # Errors
    /// [`FanError::Axis`], [`FanError::AxisTwice`], [`FanError::Overflow`].
    pub fn fans(&self, shape: &[u64]) -> Result<Fans, FanError> {
        let (input, output) = (places(&self.input, shape)?, places(&self.output, shape)?);
        let batch = places(&self.batch, shape)?;
        let twice =
            self.batch.iter().zip(&batch).find(|(_, at)| input.contains(at) || output.contains(at));
        if let Some((&axis, _)) = twice {
            return Err(FanError::AxisTwice { axis, shape: shape.to_vec() });
        }
        let without = |others: &[usize]| {
            let counts = |at: &usize| !others.contains(at) && !batch.contains(at);
            product((0..shape.len()).filter(counts).map(|at| shape[at]), shape)
        };
        Ok(Fans { fan_in: without(&output)?, fan_out: without(&input)? })
    }
}

/// The shape that is left of one weight of a stack: without the batch axes.
pub(crate) fn without_batch(shape: &[u64], batch: &[i64]) -> Result<Vec<u64>, FanError> {
    let batch = places(batch, shape)?;
    Ok((0..shape.len()).filter(|at| !batch.contains(at)).map(|at| shape[at]).collect())
}

/// The shape of one of the equal parts that a fused weight has along an axis (q, k and v; gate and up): each is scaled by
/// its own fans.
///
/// # Errors
/// [`FanError::Axis`]; [`FanError::Parts`] where the axis is no multiple of the number of parts.
///
/// ```
/// use wgpu_weights::{Convention, calc_fan_in_and_fan_out, shape_of_part};
/// let q = shape_of_part(&[3 * 768, 768], 0, 3)?; // of torch's fused in_proj_weight
/// assert_eq!(calc_fan_in_and_fan_out(&q, Convention::Torch)?.fan_out, 768);
/// # Ok::<(), wgpu_weights::FanError>(())
/// ```
pub fn shape_of_part(shape: &[u64], axis: i64, parts: u64) -> Result<Vec<u64>, FanError> {
    let at = place(axis, shape)?;
    if parts == 0 || !shape[at].is_multiple_of(parts) {
        return Err(FanError::Parts { axis, parts, shape: shape.to_vec() });
    }
    let mut part = shape.to_vec();
    part[at] /= parts;
    Ok(part)
}

/// Where an axis lies, from the front.
pub(crate) fn place(axis: i64, shape: &[u64]) -> Result<usize, FanError> {
    let dims = shape.len() as i64;
    let at = if axis < 0 { axis.saturating_add(dims) } else { axis };
    match (0..dims).contains(&at) {
        true => Ok(at as usize),
        false => Err(FanError::Axis { axis, shape: shape.to_vec() }),
    }
}

/// Where axes lie, each once.
fn places(axes: &[i64], shape: &[u64]) -> Result<Vec<usize>, FanError> {
    let mut places = Vec::with_capacity(axes.len());
    for &axis in axes {
        let at = place(axis, shape)?;
        if places.contains(&at) {
            return Err(FanError::AxisTwice { axis, shape: shape.to_vec() });
        }
        places.push(at);
    }
    Ok(places)
}

fn product(mut dims: impl Iterator<Item = u64>, of: &[u64]) -> Result<u64, FanError> {
    dims.try_fold(1u64, |product, dim| product.checked_mul(dim))
        .ok_or_else(|| FanError::Overflow { shape: of.to_vec() })
}
