//! What a rule sees of a parameter.

use burn::tensor::DType;

use crate::walk::Entry;

/// A parameter as a rule sees it: its path, the type that holds it, its shape, and its neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) all: &'a [Entry],
}

impl<'a> Parameter<'a> {
    /// The path in the module, which is the parameter's name in every draw: `blocks.0.norm.gamma`.
    pub fn path(&self) -> &'a str {
        &self.entry.path
    }

    /// The last part of the path: `gamma`.
    pub fn name(&self) -> &'a str {
        self.path().rsplit('.').next().unwrap_or_default()
    }

    /// The type that holds the parameter: `Linear`, `LayerNorm`.
    pub fn container(&self) -> &'a str {
        &self.entry.container
    }

    /// The shape, as burn saves it. A `Linear`'s weight is `[in, out]` (with `LinearLayout::Col`: `[out, in]`), a
    /// convolution's `[out, in / groups, kernel...]`.
    pub fn shape(&self) -> &'a [u64] {
        &self.entry.shape
    }

    /// The dtype of burn.
    pub fn dtype(&self) -> DType {
        self.entry.dtype
    }

    /// The shape of the parameter of this name in the same place of the module; a bias asks for its weight's.
    pub fn sibling(&self, name: &str) -> Option<&'a [u64]> {
        let parent = self.path().strip_suffix(self.name())?;
        let found = self.all.iter().find(|it| it.path.strip_prefix(parent) == Some(name))?;
        Some(&found.shape)
    }
}
