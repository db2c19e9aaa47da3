//! `completions`.

use std::io::Write;

use anyhow::Result;
use clap::CommandFactory;

use crate::args::{Arguments, CompletionsArgs};

/// Prints what makes a shell complete this program's command lines.
///
/// # Errors
/// A closed pipe.
pub(crate) fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "wgpu-weights", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}
