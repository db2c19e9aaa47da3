//! What a caller may choose.

use crate::kernel::Integers;

/// Choices that a caller may make for a [`Filler`](super::Filler). Values do not depend on them.
#[derive(Clone, Debug, Default)]
pub struct FillerOptions {
    /// Which integers kernels are made of; chosen for the device by default. For measuring and testing.
    pub integers: Option<Integers>,
    /// Where compiled pipelines are kept between runs of a program, on a device with
    /// `PIPELINE_CACHE`: the caller's, who loads and stores its data.
    pub pipeline_cache: Option<wgpu::PipelineCache>,
}
