//! What a rule sees of a parameter.

use burn::tensor::DType;

use crate::entry::Entry;

/// A parameter as a rule sees it: its path, the types that hold it, its shape, and its neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) all: &'a [Entry],
}

impl<'a> Parameter<'a> {
    /// The path in the module: `blocks.0.norm.gamma`. It is the parameter's name in a draw that has none of its own.
    pub fn path(&self) -> &'a str {
        &self.entry.path
    }

    /// The last part of the path: `gamma`.
    pub fn name(&self) -> &'a str {
        self.path().rsplit('.').next().unwrap_or_default()
    }

    /// The type that holds the parameter: `Linear`, `LayerNorm`. Vectors and arrays between them do not count.
    pub fn container(&self) -> &'a str {
        self.entry.containers.first().map(String::as_str).unwrap_or_default()
    }

    /// The type that holds the [`container`](Self::container), where there is one: `MultiHeadAttention` of a `Linear`.
    pub fn holder(&self) -> Option<&'a str> {
        self.entry.containers.get(1).map(String::as_str)
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

    /// The parameter of this name in the same place of the module; a bias asks for its weight.
    pub fn sibling(&self, name: &str) -> Option<Self> {
        let parent = self.path().strip_suffix(self.name())?;
        let entry = self.all.iter().find(|it| it.path.strip_prefix(parent) == Some(name))?;
        Some(Self { entry, all: self.all })
    }
}
