//! The command line.

use std::{fmt, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, error::ErrorKind};
use wgpu_weights::{Convention, FanMode, Nonlinearity};

use crate::{device::Choice, initialiser::Init};

/// Neural-network weights from a seed: the same bits on every GPU, graphics API, driver and CPU.
#[derive(Debug, Parser)]
#[command(name = "wgpu-weights", version, about, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the initial checkpoint of a model, given its parameters' names and shapes
    #[command(after_long_help = RECIPE_HELP)]
    Init(InitArgs),
    /// Show what each parameter of a model would get, without making it
    #[command(after_long_help = RECIPE_HELP)]
    Plan(PlanArgs),
    /// Write one tensor, or a window of one
    Fill(FillArgs),
    /// Measure the tensors of a safetensors file against what they were promised to be
    Stats(StatsArgs),
    /// List the GPUs, and whether each makes the very bits that the CPU makes
    Devices(DevicesArgs),
    /// List the built-in recipes, or print one as TOML to start your own from
    #[command(after_long_help = RECIPE_HELP)]
    Recipes(RecipesArgs),
}

/// `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// A safetensors file, of which only the header is read, or such a header as JSON:
    /// {"NAME": {"dtype": "F32", "shape": [768, 3072]}, ...}
    pub(crate) template: PathBuf,
    /// A built-in recipe (see `wgpu-weights recipes`) or a TOML file of your own
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) recipe: String,
    /// The seed, from 0 to 2^64-1, decimal or 0x hexadecimal
    #[arg(long, value_name = "N", value_parser = parse_u64)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Replace OUT if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// The safetensors file to write
    #[arg(short, long, value_name = "OUT.safetensors")]
    pub(crate) out: PathBuf,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A safetensors file, of which only the header is read, or such a header as JSON
    pub(crate) template: PathBuf,
    /// A built-in recipe (see `wgpu-weights recipes`) or a TOML file of your own
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) recipe: String,
    /// Print a JSON list instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `fill`.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(crate) struct FillArgs {
    /// The shape of the whole tensor, comma-separated; "" is a scalar
    #[arg(long, value_name = "N,N,...", value_parser = parse_shape)]
    pub(crate) shape: Shape,
    /// What to draw from
    #[arg(long, value_enum)]
    pub(crate) init: Init,
    /// The seed, from 0 to 2^64-1, decimal or 0x hexadecimal
    #[arg(long, value_name = "N", default_value = "0", value_parser = parse_u64)]
    pub(crate) seed: u64,
    /// The parameter's name, which decides the stream: its 64-bit FNV-1a hash [default: `weight` on
    /// stream 0]
    #[arg(long, value_name = "NAME", conflicts_with = "stream")]
    pub(crate) name: Option<String>,
    /// The stream itself, from 0 to 2^64-1, decimal or 0x hexadecimal [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_u64)]
    pub(crate) stream: Option<u64>,
    /// The first element of a window of the whole tensor [default: 0]
    #[arg(long, value_name = "I", value_parser = parse_u64)]
    pub(crate) start: Option<u64>,
    /// Elements in the window [default: all from START on]
    #[arg(long, value_name = "N", value_parser = parse_u64)]
    pub(crate) count: Option<u64>,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Say what would be made and make nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print what was made as JSON, on standard output (with `-o -` on standard error)
    #[arg(long)]
    pub(crate) json: bool,
    /// Replace OUT if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// The safetensors file to write; `-` is the raw little-endian bytes on standard output
    #[arg(short, long, value_name = "OUT.safetensors|-", required_unless_present = "dry_run")]
    pub(crate) out: Option<PathBuf>,
    // Last, for its heading would take in what follows.
    #[command(flatten)]
    pub(crate) arguments: InitArguments,
}

/// The arguments of the initialisers; each is an error with an initialiser that does not use it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Arguments of the initialiser")]
pub(crate) struct InitArguments {
    /// xavier_*, kaiming_*: how the shape is read, transformer-lens ([in, out], [heads, in, out]) or
    /// torch ([out, in, field...]) [default: transformer-lens]
    #[arg(long, value_name = "NAME")]
    pub(crate) convention: Option<Convention>,
    /// kaiming_*: what follows the weight, as linear, conv2d, sigmoid, tanh, relu, leaky_relu, selu
    /// [default: relu]
    #[arg(long, value_name = "NAME")]
    pub(crate) nonlinearity: Option<Nonlinearity>,
    /// kaiming_*: the negative slope of leaky_relu [default: 0]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) a: Option<f64>,
    /// xavier_*, kaiming_*: a factor, zero or more [default: 1]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) gain: Option<f64>,
    /// kaiming_*: the fan whose variance is kept, fan_in or fan_out [default: fan_in]
    #[arg(long, value_name = "FAN")]
    pub(crate) mode: Option<FanMode>,
    /// normal: the mean [default: 0]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) mean: Option<f64>,
    /// normal: the standard deviation, zero or more [default: 1]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) std: Option<f64>,
    /// uniform: the lowest value [default: 0]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) low: Option<f64>,
    /// uniform: the bound that is never reached [default: 1]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) high: Option<f64>,
    /// constant: the value [default: 0]
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(crate) value: Option<f64>,
}

/// Where to draw.
#[derive(Debug, Args)]
pub(crate) struct DeviceArgs {
    /// Where to draw; the bits are the same. auto: a real GPU if there is one, else cpu; gpu: the
    /// best adapter, a software one if there is no other; INDEX: that of `wgpu-weights devices`
    #[arg(long, value_name = "auto|cpu|gpu|INDEX", default_value = "auto")]
    pub(crate) device: Choice,
}

/// `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// A safetensors file
    pub(crate) file: PathBuf,
    /// Print a JSON list instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Also draw the histograms and the promised densities
    #[arg(long, value_name = "OUT.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Replace OUT.svg if it exists
    #[arg(long, requires = "plot")]
    pub(crate) force: bool,
}

/// `devices`.
#[derive(Debug, Args)]
pub(crate) struct DevicesArgs {
    /// Print a JSON list instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// `recipes`.
#[derive(Debug, Args)]
pub(crate) struct RecipesArgs {
    /// The recipe to print
    pub(crate) name: Option<String>,
}

/// Dimensions of a tensor. Not a bare `Vec`, which clap would take for a repeated option.
#[derive(Clone, Debug)]
pub(crate) struct Shape(pub(crate) Vec<u64>);

fn parse_shape(text: &str) -> Result<Shape, String> {
    if text.trim().is_empty() {
        return Ok(Shape(Vec::new()));
    }
    let dims: Vec<u64> = text
        .split(',')
        .map(|dim| {
            let dim = dim.trim();
            dim.parse().map_err(|_| {
                format!(
                    "dimension `{dim}` is not an integer from 0 to 2^64-1; write it as 12,768,64"
                )
            })
        })
        .collect::<Result<_, _>>()?;
    match dims.len() {
        0..=crate::template::MAX_DIMS => Ok(Shape(dims)),
        given => {
            Err(format!("{given} dimensions; at most {} are taken", crate::template::MAX_DIMS))
        }
    }
}

/// Decimal or 0x hexadecimal.
fn parse_u64(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        // from_str_radix takes a sign of its own.
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    parsed.ok_or_else(|| "it must be an integer from 0 to 2^64-1, decimal or 0x hexadecimal".into())
}

/// A command line that is wrong in a way that only its meaning tells.
#[derive(Debug)]
pub(crate) struct Usage {
    /// The subcommand.
    pub(crate) command: &'static str,
    /// What is wrong, and what would be right.
    pub(crate) message: String,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Usage {}

impl Usage {
    /// Ends the program as clap does for a command line it cannot read.
    pub(crate) fn exit(&self) -> ! {
        let mut command = Arguments::command();
        command.build();
        let command = command.find_subcommand_mut(self.command).cloned().unwrap_or(command);
        command.clone().error(ErrorKind::ArgumentConflict, &self.message).exit()
    }
}

/// How to write a recipe.
const RECIPE_HELP: &str = r#"RECIPES
  A recipe is a TOML file of ordered rules; the first whose pattern matches a parameter's name
  decides. A parameter that no rule matches is an error. `wgpu-weights recipes NAME` prints a
  built-in one to start from.

    convention = "torch"       # how shapes are read: transformer-lens (the default) or torch

    [vars]                     # numbers, expressions, and things read off the template
    initializer_range = 0.02
    n_layers = { count = "*.layers.*.input_layernorm.weight" }   # how many names match
    d_model = { dim = 1, of = "model.embed_tokens.weight" }      # a dimension, counted from 0

    [[rule]]
    name = "*.{o_proj,down_proj}.weight"    # a glob; `*` matches dots too, {a,b} is a choice
    init = "normal"                         # and its arguments, as those of `fill`
    std = "initializer_range / sqrt(2 * n_layers)"

  inits and arguments (with their defaults):
    normal                            mean (0), std (1)
    uniform                           low (0), high (1): low is reached, high is not
    constant                          value (0)
    kaiming_normal, kaiming_uniform   nonlinearity ("relu"), a (0), gain (1), mode ("fan_in"), convention
    xavier_normal, xavier_uniform     gain (1), convention

  A number may be an expression in quotes over the vars and fan_in, fan_out (by the convention),
  layer (the first component of the name that is all digits) and numel (elements), with + - * / ^,
  sqrt, exp, ln and the like; a sign binds tighter than ^, so that -2^2 is 4."#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(parse_u64("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse_u64("0xffffffffffffffff"), Ok(u64::MAX));
        for wrong in ["", "-1", "1.5", "0x", "0x+1", "18446744073709551616", "ten"] {
            assert!(parse_u64(wrong).is_err(), "{wrong}");
        }
    }
}
