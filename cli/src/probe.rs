//! Whether a device can be had, tried in a process of its own: a driver may panic, crash or hang, as where memory is
//! short, and must not take the program with it.

use std::{
    env,
    io::Read,
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    device::{Choice, Chosen, check_backend, has_gpu_node},
    progress::say,
};

/// Says to the program that it is such a process, and which device it tries.
const VARIABLE: &str = "WGPU_WEIGHTS_PROBE";

/// More than any driver takes to load and open a device.
const LIMIT: Duration = Duration::from_secs(30);

/// What the process does that tries a device; none where this is not such a process.
pub(crate) fn child() -> Option<ExitCode> {
    let choice: Choice = env::var(VARIABLE).ok()?.parse().ok()?;
    Some(match choice.find().and_then(|chosen| chosen.open()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    })
}

/// Tries to find and open a device in a process of its own.
///
/// # Errors
/// Why it cannot be had: the device's own words, or how the process ended.
fn probe(choice: Choice) -> Result<()> {
    let failed = "a process that tries the device cannot be started";
    let mut child = Command::new(env::current_exe().context(failed)?)
        .env(VARIABLE, choice.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context(failed)?;
    let stderr = child.stderr.take();
    // It may say more than a pipe holds.
    let said = thread::Builder::new().spawn(move || {
        let mut said = String::new();
        let _ = stderr.map(|stderr| stderr.take(1 << 16).read_to_string(&mut said));
        said
    });
    let started = Instant::now();
    let status = loop {
        match child.try_wait().context(failed)? {
            Some(status) => break Some(status),
            None if started.elapsed() > LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let said = said.ok().and_then(|it| it.join().ok()).unwrap_or_default();
    match status {
        Some(status) if status.success() => Ok(()),
        // Its own words, and no driver's before them.
        Some(status) if status.code() == Some(1) => {
            bail!("{}", said.trim().lines().last().unwrap_or("the device cannot be opened"))
        }
        Some(status) => bail!("the driver ended the process that tried it ({status})"),
        None => bail!("the driver did not answer for {} seconds", LIMIT.as_secs()),
    }
}

impl Choice {
    /// The device that this means on this machine.
    ///
    /// # Errors
    /// None that fits, with the remedy.
    pub(crate) fn choose(self) -> Result<Chosen> {
        let named = env::var_os("WGPU_ADAPTER_NAME").is_some_and(|name| !name.is_empty());
        check_backend()?;
        if self == Self::Cpu || self == Self::Auto && !named && !has_gpu_node() {
            return Ok(Chosen::Cpu);
        }
        match probe(self) {
            // Whoever asks for a device by name wants that one.
            Err(error) if self == Self::Auto && !named => {
                say(format_args!(
                    "note: no GPU can be used ({error:#}); the CPU makes the same bits"
                ));
                Ok(Chosen::Cpu)
            }
            Err(error) => Err(error),
            Ok(()) => self.find(),
        }
    }
}

/// Whether adapters can be listed at all: drivers are tried in a process of its own first.
///
/// # Errors
/// A backend that is none; a driver that ends the program.
pub(crate) fn check_adapters() -> Result<()> {
    check_backend()?;
    match probe(Choice::Gpu) {
        Err(error) if error.to_string().contains("the driver") => Err(error),
        _ => Ok(()),
    }
}
