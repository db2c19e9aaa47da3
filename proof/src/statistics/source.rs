//! Where the values under test come from: the library, or a planted defect.

use wgpu_weights::{Distribution, Fill, cpu};

/// Values by address.
pub(crate) trait Source: Sync {
    /// The elements from `start` on.
    fn fill(&self, seed: u64, stream: u64, start: u64, out: &mut [f32]);
}

/// What users get.
pub(crate) struct Library(pub(crate) Distribution);

impl Source for Library {
    fn fill(&self, seed: u64, stream: u64, start: u64, out: &mut [f32]) {
        let fill = Fill::new(self.0, [u64::MAX]).with_seed(seed).with_stream(stream);
        let window = fill.window(start, out.len() as u64).expect("it is within 2^64 elements");
        cpu::fill_f32(&window, out).expect("the slice is as long as the window");
    }
}

/// A stretch of one source: as much of it as a test looks at.
pub(crate) struct Sample<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) law: super::law::Law,
    pub(crate) seed: u64,
    pub(crate) stream: u64,
    /// Values that each test looks at, give or take a window, a row or a pair.
    pub(crate) n: u64,
}

impl Sample<'_> {
    pub(crate) fn fill(&self, start: u64, out: &mut [f32]) {
        self.source.fill(self.seed, self.stream, start, out);
    }
}
