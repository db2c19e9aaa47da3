//! What makes a device go on while a future waits for it.

#[cfg(not(target_arch = "wasm32"))]
use std::thread::JoinHandle;

/// A thread that polls until a submission is done, and is waited for when dropped: it must not
/// outlive the caller, who may end the program while a driver is still in its hands.
///
/// None polls while a chunk is read: to poll a device that was destroyed is to free what it mapped.
#[cfg(not(target_arch = "wasm32"))]
pub(super) struct Poller(Option<JoinHandle<()>>);

#[cfg(not(target_arch = "wasm32"))]
impl Poller {
    /// The system may refuse a thread, as where memory runs out.
    pub(super) fn new(
        device: &wgpu::Device,
        submission: wgpu::SubmissionIndex,
    ) -> std::io::Result<Self> {
        let device = device.clone();
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: None };
        // The callback runs on whichever thread polls; an error is told through it too.
        let thread = std::thread::Builder::new().name("wgpu-weights poller".into());
        thread.spawn(move || drop(device.poll(wait))).map(|thread| Self(Some(thread)))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Drop for Poller {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

/// A browser goes on by itself.
#[cfg(target_arch = "wasm32")]
pub(super) struct Poller;

#[cfg(target_arch = "wasm32")]
impl Poller {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere a thread may be refused")]
    pub(super) fn new(_: &wgpu::Device, _: wgpu::SubmissionIndex) -> std::io::Result<Self> {
        Ok(Self)
    }
}
