//! The command line.

use std::{fmt, path::PathBuf};

use clap::{Args, CommandFactory, Parser, Subcommand, error::ErrorKind};
use wgpu_weights::{Dtype, initialiser::Initialiser};

use crate::{
    device::Choice,
    help,
    init_arguments::{self, InitArguments},
    parse::{self, Shape, Shard, Size},
};

/// Neural-network weights from a seed: the same bits on every GPU, graphics API, driver and CPU.
#[derive(Debug, Parser)]
#[command(
    name = "wgpu-weights",
    version,
    about,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the initial checkpoint of a model, given its parameters' names and shapes
    #[command(after_long_help = format!("{}\n\n{}", help::MANY, help::recipe()))]
    Init(InitArgs),
    /// Show what each parameter of a model would get, without making it
    ///
    /// Where a scale uses a fan, the convention in which the shapes were read is said below the table.
    #[command(after_long_help = help::recipe())]
    Plan(PlanArgs),
    /// Write one tensor, or a window of one
    #[command(after_long_help = help::initialisers())]
    Fill(FillArgs),
    /// Measure the tensors of a safetensors file against what they were promised to be
    ///
    /// Compared are mean, deviation and range, within six standard errors (and 2% of the deviation in
    /// a dtype narrower than f32), constants exactly, NaN and infinity, and that all tensors are there; not
    /// yet the shape of a distribution, nor the bits. The status is 1 where one is not as promised.
    Stats(StatsArgs),
    /// Find what is wrong with a freshly initialised checkpoint, anyone's
    ///
    /// A file of this program is drawn again from what it says of itself and compared bit for bit. Any other is held against
    /// the laws of a recipe: constants value by value, draws by tests of mean, scale, shape, bounds, zeros, correlations
    /// and width, and all parameters against each other for values that stand in two places. What is wrong is told with
    /// the probability of such a deviation by chance and the mistake that makes such values. All tests of a checkpoint
    /// together raise a false alarm once in a million. The status is 1 where anything is wrong.
    Check(CheckArgs),
    /// List the GPUs, and whether each makes the very bits that the CPU makes
    ///
    /// The status is 1 where one does not, or cannot be opened. Where there is none, it is 0.
    Devices(DevicesArgs),
    /// List the built-in recipes, or print one as TOML to start your own from
    #[command(after_long_help = help::recipe())]
    Recipes(RecipesArgs),
    /// Print a shell's completions of this program: bash, zsh, fish, elvish or powershell
    Completions(CompletionsArgs),
    /// Print the manual page of the program or of a command, for `man -l -`
    Man(ManArgs),
}

/// `init`.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(crate) struct InitArgs {
    /// A safetensors file, of which only the header is read, such a header as JSON:
    /// {"NAME": {"dtype": "F32", "shape": [768, 3072]}, ...}, or a Hugging Face folder or index
    pub(crate) template: PathBuf,
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
    /// The seed, from 0 to 2^64-1, decimal or 0x hexadecimal
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub(crate) seed: u64,
    /// Draw every parameter in this dtype, whatever the template says: f32, f16, bf16, f8_e4m3,
    /// f8_e5m2 or f64 [default: the template's]. What is beyond its largest value becomes infinity in f16
    /// and bf16, and that largest value in f8
    #[arg(long, value_parser = parse::dtype)]
    pub(crate) dtype: Option<Dtype>,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Write a folder of files of at most SIZE of tensors each, with an index: bytes, or with a
    /// unit: KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024) [default: one
    /// file; 5GB with several processes or --tensor-parallel]
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub(crate) max_shard_size: Option<Size>,
    /// Keep finished files of the same checkpoint whose SHA-256 is right, remake the others
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) process: ProcessArgs,
    /// Write only this process's slice of each parameter, split as these rules say
    #[arg(long, value_name = "RULES.toml")]
    pub(crate) tensor_parallel: Option<PathBuf>,
    /// Replace what exists: files of the same names, in a folder all of its `model*.safetensors`.
    /// With --resume only those that differ
    #[arg(long)]
    pub(crate) force: bool,
    /// Write also where the file system says that it does not fit
    #[arg(long)]
    pub(crate) ignore_space: bool,
    /// The safetensors file to write, or the folder, which is created if its parent exists. A link is followed
    #[arg(short, long, value_name = "OUT.safetensors|FOLDER")]
    pub(crate) out: PathBuf,
}

/// Which process this is.
#[derive(Debug, Args)]
pub(crate) struct ProcessArgs {
    /// Which process this is, from 0 on [default: the launcher's, else 0]
    #[arg(long, value_name = "R", requires = "world_size", value_parser = parse::number)]
    pub(crate) rank: Option<u64>,
    /// How many processes write together [default: the launcher's, else 1]
    #[arg(long, value_name = "W", requires = "rank", value_parser = parse::number)]
    pub(crate) world_size: Option<u64>,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A safetensors file, of which only the header is read, such a header as JSON, or a Hugging Face folder or index
    pub(crate) template: PathBuf,
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
    /// Show every parameter in this dtype, whatever the template says: f32, f16, bf16, f8_e4m3,
    /// f8_e5m2 or f64 [default: the template's]. What is beyond its largest value becomes infinity in f16
    /// and bf16, and that largest value in f8
    #[arg(long, value_parser = parse::dtype)]
    pub(crate) dtype: Option<Dtype>,
    /// Also show the files that `init --max-shard-size SIZE` writes: bytes, or with a unit: KB, MB,
    /// GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024)
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub(crate) max_shard_size: Option<Size>,
    /// List each parameter, not those that are alike as one
    #[arg(long, conflicts_with = "json")]
    pub(crate) full: bool,
    /// Print a JSON list instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `fill`.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(crate) struct FillArgs {
    /// The shape of the whole tensor, comma-separated; "" is a scalar
    #[arg(long, value_name = "N,N,...", value_parser = parse::shape)]
    pub(crate) shape: Shape,
    /// What to draw from: see below
    #[arg(long, value_name = "NAME", value_parser = init_arguments::named)]
    pub(crate) init: &'static Initialiser,
    /// The seed, from 0 to 2^64-1, decimal or 0x hexadecimal
    #[arg(long, value_name = "N", default_value = "0", value_parser = parse::number)]
    pub(crate) seed: u64,
    /// The parameter's name, which decides the stream: its 64-bit FNV-1a hash [default: `weight` on
    /// stream 0]
    #[arg(long, value_name = "NAME", conflicts_with = "stream")]
    pub(crate) name: Option<String>,
    /// The stream itself, from 0 to 2^64-1, decimal or 0x hexadecimal [default: 0]
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub(crate) stream: Option<u64>,
    /// The dtype: f32, f16, bf16, f8_e4m3, f8_e5m2 or f64, or for whole numbers i64, i32, u8 or bool; `bits` are always U32 [default: f32]. What is
    /// beyond its largest value becomes infinity in f16 and bf16, and that largest value in f8
    #[arg(long, value_parser = parse::any_dtype)]
    pub(crate) dtype: Option<Dtype>,
    /// Only shard INDEX (from 0) of COUNT along dimension DIM (from 0), split as torch.chunk splits:
    /// pieces of ceil(size / COUNT), the last ones smaller or empty. The scale is the whole's
    #[arg(long, value_name = "DIM:INDEX/COUNT", value_parser = parse::shard)]
    pub(crate) shard: Option<Shard>,
    /// The first element of a window of the tensor, or of the shard, in row-major order; the file's
    /// tensor is then flat [default: 0]
    #[arg(long, value_name = "I", value_parser = parse::number)]
    pub(crate) start: Option<u64>,
    /// Elements in the window [default: all from START on]
    #[arg(long, value_name = "N", value_parser = parse::number)]
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
    /// Write also where the file system says that it does not fit
    #[arg(long)]
    pub(crate) ignore_space: bool,
    /// The safetensors file to write (a link is followed); `-` is the raw little-endian bytes on standard output
    #[arg(short, long, value_name = "OUT.safetensors|-", required_unless_present = "dry_run")]
    pub(crate) out: Option<PathBuf>,
    // Last, for its heading would take in what follows.
    #[command(flatten)]
    pub(crate) arguments: InitArguments,
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
    #[command(flatten)]
    pub(crate) of: CheckpointArgs,
}

/// Which checkpoint is looked at, and how what is found of it is shown.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    /// A safetensors file, an index of several (`*.index.json`), or a folder with
    /// model.safetensors or its index
    pub(crate) file: PathBuf,
    /// List each tensor, not those that are alike as one
    #[arg(long, conflicts_with = "json")]
    pub(crate) full: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Also draw the histograms and the promised densities
    #[arg(long, value_name = "OUT.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Replace OUT.svg if it exists
    #[arg(long, requires = "plot")]
    pub(crate) force: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) of: CheckpointArgs,
    /// Hold it against this recipe: a built-in one (see `wgpu-weights recipes`), `hf` for that of the model_type in
    /// config.json, or a TOML file of your own [default: a file of this program is drawn again from what it says of
    /// itself, any other is held against `hf`]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) recipe: Option<String>,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
    /// Draw it again from this seed by the recipe, and compare bit for bit
    #[arg(long, value_name = "N", value_parser = parse::number)]
    pub(crate) seed: Option<u64>,
}

/// `devices`.
#[derive(Debug, Args)]
pub(crate) struct DevicesArgs {
    /// Print a JSON list instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which recipe.
#[derive(Debug, Args)]
pub(crate) struct RecipeArgs {
    /// A built-in recipe (see `wgpu-weights recipes`), `hf` for that of the model_type in config.json, or a TOML file of
    /// your own
    #[arg(long = "recipe", value_name = "NAME|FILE")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

/// Where a recipe's variables come from.
#[derive(Clone, Debug, Args)]
pub(crate) struct SettingArgs {
    /// The model's config.json, whose keys recipes read [default: the one beside what is a safetensors file, a folder or
    /// an index]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Give one of the recipe's [vars] another value, a number or an expression; as often as needed
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse::assignment)]
    pub(crate) set: Vec<(String, String)>,
}

/// `recipes`.
#[derive(Debug, Args)]
pub(crate) struct RecipesArgs {
    /// The recipe to print; `hf`: the model_types of config.json that each hf/ recipe is for
    pub(crate) name: Option<String>,
}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command, else the program
    pub(crate) command: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
