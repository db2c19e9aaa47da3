//! Initial checkpoints from a template, with one command: the program `wgpu-weights`, whose command
//! line is its interface; what it does is in `wgpu-weights-model`. It is a library so that fuzzers reach what
//! reads hostile input.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod commands;
mod device;
mod fold;
mod help;
// For the fuzz targets, which are another package; nobody else's.
#[doc(hidden)]
pub mod hostile;
mod init_arguments;
mod parse;
mod plot;
mod probe;
mod progress;
mod signals;
mod table;

use std::{io, process::ExitCode};

use args::{Arguments, Command};
use clap::Parser;
use commands::{check, completions, devices, fill, init, man, plan, recipes, stats};

/// Runs the program on its command line.
pub fn run() -> ExitCode {
    if let Some(code) = probe::child() {
        return code;
    }
    signals::watch();
    let result = match Arguments::parse().command {
        Command::Init(args) => init::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Fill(args) => fill::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Recipes(args) => recipes::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Somebody counts on all of these bytes.
        Err(error) if error.is::<Cut>() => signals::broken_pipe(),
        // Whoever reads the pipe has what it wanted.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(usage) = error.downcast_ref::<args::Usage>() {
                usage.exit();
            }
            progress::say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Standard output was closed before all of the data was there.
#[derive(Debug)]
pub(crate) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("standard output was closed before all bytes were written")
    }
}

impl std::error::Error for Cut {}

pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let own = || cause.downcast_ref::<wgpu_weights_model::Error>()?.io();
        let io = cause.downcast_ref::<io::Error>().or_else(own);
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
