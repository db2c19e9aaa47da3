//! Tensors as a file holds them: whole parameters, or slices of them.

use anyhow::Result;
use serde::Serialize;
use wgpu_weights::{Dtype, Fill};

use crate::{describe::Described, model_plan::Planned};

/// A tensor of a file.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The parameter's name.
    pub(crate) name: String,
    /// Its dtype.
    pub(crate) dtype: Dtype,
    /// The dimensions of the whole or of the slice.
    pub(crate) shape: Vec<u64>,
    /// What makes it.
    pub(crate) fill: Fill,
    /// The bytes that it takes.
    pub(crate) bytes: u64,
    /// What it was drawn from.
    pub(crate) promised: Option<Described>,
    /// Which slice it is; none for a whole parameter.
    pub(crate) slice: Option<Slice>,
}

/// A slice of a parameter, as the file's `__metadata__` tells it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Slice {
    /// The dimension that is split.
    pub(crate) dim: usize,
    /// In how many equal parts it is seen, each of which is split by itself.
    pub(crate) parts: u64,
    /// First and end in each part.
    pub(crate) range: [u64; 2],
    /// The dimensions of the whole.
    pub(crate) shape: Vec<u64>,
}

impl Piece {
    /// The whole of a parameter.
    ///
    /// # Errors
    /// None that is known of: a plan has been checked.
    pub(crate) fn whole(planned: &Planned, seed: u64) -> Result<Self> {
        let fill = planned.fill(seed);
        Ok(Self {
            name: planned.entry.name.clone(),
            dtype: planned.dtype,
            shape: planned.entry.shape.clone(),
            bytes: fill.bytes()?,
            fill,
            promised: Described::of(&planned.drawn.distribution),
            slice: None,
        })
    }
}
