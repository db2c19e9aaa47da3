//! Help texts that are longer than an option's.

use std::fmt::Write;

use wgpu_weights::initialiser::Initialiser;
use wgpu_weights_model::Recipe;

use crate::init_arguments::default;

/// The initialisers, a line each.
pub(crate) fn initialisers() -> String {
    let mut text = "INITIALISERS".to_owned();
    for init in Initialiser::ALL {
        let _ = write!(text, "\n  {:<18}{}", init.name, init.about);
    }
    text
}

/// How to write a recipe.
pub(crate) fn recipe() -> String {
    let mut inits = String::new();
    for init in Initialiser::ALL.iter().filter(|init| init.name != "bits") {
        let arguments: Vec<_> =
            init.arguments.iter().map(|it| format!("{} ({})", it.key, default(it))).collect();
        let _ = write!(inits, "\n    {:<18}{}", init.name, arguments.join(", "));
    }
    let indented = |text: &str, by: &str| {
        let line = |line: &str| if line.is_empty() { String::new() } else { format!("{by}{line}") };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    format!(
        "RECIPES\n  A recipe is a TOML file of ordered rules. `wgpu-weights recipes NAME` prints a built-in \
         one to start from.\n\n{}\n\n{}\n\n  inits and arguments (with their defaults):{inits}",
        indented(Recipe::EXAMPLE, "    "),
        indented(Recipe::EXPRESSIONS, "  "),
    )
}

/// How a checkpoint is made by many processes.
pub(crate) const MANY: &str = r#"SEVERAL FILES
  With --max-shard-size (or several processes, or --tensor-parallel) the output is a folder of
  model-00001-of-0000N.safetensors and model.safetensors.index.json, as Hugging Face writes and
  reads it: greedy in the template's order, a tensor above the limit in a file of its own. If all
  fits into one file it is model.safetensors, without an index. Beside each file stands a hidden
  .NAME.sha256 (`sha256sum -c` reads it), by which --resume tells a finished file from a damaged one.

SEVERAL PROCESSES
  Rank and world size come from --rank and --world-size, else from the first launcher that set both:
  torchrun (RANK, WORLD_SIZE), Open MPI, PMI, Slurm, Kubernetes (JOB_COMPLETION_INDEX,
  JOB_COMPLETIONS). Every process writes its own files and waits for no other; rank 0 also writes
  the index. The checkpoint is whole when all of them have ended well, and has the very bytes that
  one process writes.

TENSOR PARALLEL
  --tensor-parallel RULES makes each process write its slice of every parameter, as
  model-rank-0000R-of-0000W.safetensors. RULES is a TOML file of ordered rules; the first whose
  pattern matches a parameter's name decides, and a parameter that no rule matches is replicated:

    [[rule]]
    name = "*.query_key_value.weight"   # a glob, as in a recipe
    dim = 0                             # split along this dimension, counted from 0
    parts = 3                           # fused projections: split each third by itself [default: 1]

    [[rule]]
    name = "*.dense.bias"               # without dim: replicated

  A dimension (or part) is split as torch.chunk splits it: pieces of ceil(size / world size), the
  last ones smaller or empty."#;
