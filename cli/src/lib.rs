//! Initial checkpoints from a template, with one command: the program `wgpu-weights`, whose command
//! line is its interface. It is a library so that fuzzers reach what reads hostile input.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod checkpoint;
mod checkpoint_files;
mod chunks;
mod describe;
mod device;
mod devices;
mod digest;
mod dtype;
mod expression;
mod fill;
mod flushed;
mod folder;
mod help;
mod histogram;
// For the fuzz targets, which are another package; nobody else's.
#[doc(hidden)]
pub mod hostile;
mod init;
mod initialiser;
mod job;
mod law;
mod layout;
mod measure;
mod memory;
mod model_plan;
mod narrow;
mod output;
mod parse;
mod piece;
mod plan;
mod plot;
mod prepare;
mod process;
mod progress;
mod promise;
mod recipe;
mod recipes;
mod resume;
mod rules_file;
mod source;
mod stats;
mod table;
mod template;
mod tensor_parallel;
mod truncated;
mod vars;
mod verdict;
mod work;
mod write_back;

use std::{io, process::ExitCode};

use args::{Arguments, Command};
use clap::Parser;

/// Runs the program on its command line.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Init(args) => init::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Fill(args) => fill::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Recipes(args) => recipes::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
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

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
