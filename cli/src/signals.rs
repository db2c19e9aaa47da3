//! Signals that end the program: what it has begun goes first.

use std::process::ExitCode;

/// Starts a thread that waits for them. Signals that are ignored (as `nohup` and a shell's background do) stay
/// ignored; where no thread can be started, a signal ends the program as if it were not for this.
#[cfg(unix)]
pub(crate) fn watch() {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    };

    let ignored = ignored();
    let watched = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
    let watched = watched.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let Ok(mut signals) = Signals::new(watched) else { return };
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            let _abandoned = wgpu_weights_model::checkpoint::abandon();
            // With the signal's own status, as whoever waits for the program expects.
            let _ = emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    };
    let _ = std::thread::Builder::new().name("signals".into()).spawn(wait);
}

/// Which signals the program was started with as ignored, as bits; none where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
pub(crate) fn watch() {}

/// Ends the program as a pipe that nobody reads ends `cat`.
pub(crate) fn broken_pipe() -> ExitCode {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
    ExitCode::from(141)
}
