//! Tensors as a file holds them: whole parameters, or slices of them.

use wgpu_weights::{Distribution, Dtype, Fill};

use crate::{error::Result, plan::PlannedParameter, provenance::Slice};

/// A tensor of a file: a whole parameter, or a slice of one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FileTensor {
    /// The parameter's name.
    pub name: String,
    /// Its dtype.
    pub dtype: Dtype,
    /// The dimensions of the whole or of the slice.
    pub shape: Vec<u64>,
    /// What makes it.
    pub fill: Fill,
    /// The bytes that it takes.
    pub bytes: u64,
    /// What it is drawn from.
    pub law: Distribution,
    /// Which slice it is; none for a whole parameter.
    pub slice: Option<Slice>,
}

impl FileTensor {
    /// The whole of a parameter.
    ///
    /// # Errors
    /// None that is known of: a plan has been checked.
    pub fn whole(parameter: &PlannedParameter, seed: u64) -> Result<Self> {
        let fill = parameter.fill(seed);
        Ok(Self {
            name: parameter.name.clone(),
            dtype: parameter.dtype,
            shape: parameter.shape.clone(),
            bytes: fill.bytes()?,
            fill,
            law: parameter.drawn.distribution,
            slice: None,
        })
    }
}
