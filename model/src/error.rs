//! The error of this crate: what went wrong, and beneath it why.

use std::{error::Error as StdError, fmt, io};

/// What an error may be caused by.
pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// What went wrong, in words that name the remedy: all of it, from the outermost to the cause, in one text.
///
/// ```
/// use wgpu_weights_model::Recipe;
/// let error = Recipe::parse("mine", "[[rule]]\nname = \"*\"\ninit = \"kaiming\"").unwrap_err();
/// let text = error.to_string();
/// assert!(text.starts_with("recipe mine: rule 1 (`*`): line 3: unknown initialiser `kaiming`"), "{text}");
/// ```
pub struct Error {
    /// None where the cause speaks for itself.
    message: Option<String>,
    cause: Option<Cause>,
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: Some(message.to_string()), cause: None }
    }

    /// An error that speaks for its cause.
    pub(crate) fn from_cause(cause: impl Into<Cause>) -> Self {
        Self { message: None, cause: Some(cause.into()) }
    }

    /// The system's own error, where one is the cause: a broken pipe can be told from a full disk.
    pub fn io(&self) -> Option<&io::Error> {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<io::Error>() {
                return Some(io);
            }
            // An error that speaks for its cause hides it from its source.
            let hidden = error.downcast_ref::<Self>().and_then(|error| error.cause.as_deref());
            cause = hidden.map(|it| it as _).or_else(|| error.source());
        }
        None
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(message) = &self.message {
            f.write_str(message)?;
            separator = ": ";
        }
        let mut cause: Option<&(dyn StdError + 'static)> = self.cause.as_deref().map(|it| it as _);
        while let Some(error) = cause {
            write!(f, "{separator}{error}")?;
            separator = ": ";
            // One of this crate's has told of its own.
            cause = if error.is::<Self>() { None } else { error.source() };
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// It has no source: its text has all of them.
impl StdError for Error {}

macro_rules! from {
    ($($type:ty),* $(,)?) => {
        $(impl From<$type> for Error {
            fn from(cause: $type) -> Self {
                Self::from_cause(cause)
            }
        })*
    };
}

from! {
    io::Error,
    serde_json::Error,
    std::string::FromUtf8Error,
    std::sync::mpsc::RecvError,
    wgpu_weights::Error,
    wgpu_weights::FanError,
    wgpu_weights::FillError,
    wgpu_weights::InitError,
    wgpu_weights::ParameterError,
    wgpu_weights::UnknownName,
    wgpu_weights::cpu::CpuError,
    wgpu_weights::initialiser::ArgumentError,
    wgpu_weights::shard::ShardError,
    crate::launch::LaunchError,
}
#[cfg(feature = "gpu")]
from! { wgpu_weights::gpu::GpuError }

/// What was being done when something went wrong.
pub(crate) trait Context<T> {
    fn context(self, what: impl fmt::Display) -> Result<T>;
    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T>;
}

impl<T, E: Into<Cause>> Context<T> for Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.with_context(|| what)
    }

    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|cause| Error { message: Some(what().to_string()), cause: Some(cause.into()) })
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.with_context(|| what)
    }

    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T> {
        self.ok_or_else(|| Error::new(what()))
    }
}

macro_rules! bail {
    ($($message:tt)*) => {
        return Err($crate::error::Error::new(format_args!($($message)*)))
    };
}
pub(crate) use bail;

macro_rules! ensure {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            $crate::error::bail!($($message)*);
        }
    };
}
pub(crate) use ensure;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once_each() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        let plain: Error = broken().into();
        assert_eq!(plain.to_string(), "broken pipe");
        let error = Err::<(), _>(plain).context("output x").unwrap_err();
        assert_eq!(error.to_string(), "output x: broken pipe");
        assert_eq!(error.io().unwrap().kind(), io::ErrorKind::BrokenPipe);
        let error = Err::<(), _>(error).context("a checkpoint").unwrap_err();
        assert_eq!(error.to_string(), "a checkpoint: output x: broken pipe");
        assert_eq!(format!("{error:?}"), error.to_string());
        assert_eq!(error.io().unwrap().kind(), io::ErrorKind::BrokenPipe);
        assert!(Error::new("alone").io().is_none());
        assert_eq!(None::<u8>.context("none").unwrap_err().to_string(), "none");
    }
}
