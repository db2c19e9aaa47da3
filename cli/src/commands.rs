//! The commands, one a file.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod devices;
pub(crate) mod fill;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod recipes;
pub(crate) mod stats;

/// The standard deviation of a truncated normal after the cut; its law has that before.
fn std_after_cut(law: &wgpu_weights::Distribution) -> Option<f64> {
    matches!(law.kind(), wgpu_weights::Kind::TruncatedNormal { .. }).then(|| law.std()).flatten()
}
