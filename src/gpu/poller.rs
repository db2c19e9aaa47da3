//! What makes a device go on while a future waits for it.

use super::readback::Arrival;
#[cfg(not(target_arch = "wasm32"))]
use std::{
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Who polls or submits shares it, and who reads mapped memory has it alone: wgpu frees what a destroyed device mapped
/// when any thread polls it, under the reader's hands.
#[cfg(not(target_arch = "wasm32"))]
static MAPPED_MEMORY: RwLock<()> = RwLock::new(());

/// While this is held nobody of this crate reads mapped memory.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn polling() -> RwLockReadGuard<'static, ()> {
    MAPPED_MEMORY.read().unwrap_or_else(PoisonError::into_inner)
}

/// While this is held nobody of this crate polls or submits.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn reading() -> RwLockWriteGuard<'static, ()> {
    MAPPED_MEMORY.write().unwrap_or_else(PoisonError::into_inner)
}

/// How long a poll may last, and so a reader may wait for another one's poll.
#[cfg(not(target_arch = "wasm32"))]
const SLICE: Duration = Duration::from_millis(1);
/// How long after the submission is done another thread that polls may take to tell of it.
#[cfg(not(target_arch = "wasm32"))]
const GRACE: Duration = Duration::from_secs(2);

/// A thread that polls until a mapping is told, and is waited for when dropped: it must not
/// outlive the caller, who may end the program while a driver is still in its hands.
#[cfg(not(target_arch = "wasm32"))]
pub(super) struct Poller(Option<JoinHandle<()>>);

#[cfg(not(target_arch = "wasm32"))]
impl Poller {
    /// The system may refuse a thread, as where memory runs out.
    pub(super) fn new(
        device: &wgpu::Device,
        submission: wgpu::SubmissionIndex,
        arrival: &Arrival,
    ) -> std::io::Result<Self> {
        let (device, arrival) = (device.clone(), arrival.clone());
        let poll = move || {
            let mut done: Option<Instant> = None;
            while !arrival.is_over() {
                let wait = wgpu::PollType::Wait {
                    submission_index: Some(submission.clone()),
                    timeout: Some(SLICE),
                };
                let shared = polling();
                let polled = device.poll(wait);
                drop(shared);
                match polled {
                    Err(wgpu::PollError::Timeout) => continue,
                    // What was submitted to the queue of another device is told by nobody.
                    Err(_) => return arrival.give_up(),
                    Ok(_) => {}
                }
                if done.get_or_insert_with(Instant::now).elapsed() > GRACE {
                    return arrival.give_up();
                }
                std::thread::yield_now();
            }
        };
        // The callback runs on whichever thread polls.
        let thread = std::thread::Builder::new().name("wgpu-weights poller".into());
        thread.spawn(poll).map(|thread| Self(Some(thread)))
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

/// A browser goes on by itself, on one thread.
#[cfg(target_arch = "wasm32")]
pub(super) struct Poller;

#[cfg(target_arch = "wasm32")]
impl Poller {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere a thread may be refused")]
    pub(super) fn new(
        _: &wgpu::Device,
        _: wgpu::SubmissionIndex,
        _: &Arrival,
    ) -> std::io::Result<Self> {
        Ok(Self)
    }
}

#[cfg(target_arch = "wasm32")]
pub(super) fn polling() {}

#[cfg(target_arch = "wasm32")]
pub(super) fn reading() {}
