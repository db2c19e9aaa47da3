//! `man`.

use std::io::Write;

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::args::{Arguments, ManArgs};

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
/// A command that there is not; a closed pipe.
pub(crate) fn run(args: &ManArgs) -> Result<()> {
    let mut all = Arguments::command();
    all.build();
    let command = match &args.command {
        None => all,
        Some(name) => {
            let found = all.find_subcommand(name).cloned();
            found.with_context(|| {
                format!("there is no command `{name}`; `wgpu-weights --help` lists them")
            })?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    std::io::stdout().lock().write_all(&page)?;
    Ok(())
}
