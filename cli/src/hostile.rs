//! What is drawn of input that anyone may have written, as fuzzers call it: it must return.

use std::path::Path;

use crate::plot;

/// A file that `init`, `plan` and `stats` are given, as what it may be, up to its plot.
pub fn file(path: &Path, bytes: &[u8]) {
    let _ = plot::svg(&wgpu_weights_model::hostile::file(path, bytes));
}
