//! `init`.

use std::{io::Write, time::Instant};

use anyhow::{Context, Result};

use crate::{
    args::InitArgs,
    checkpoint::{self, Tensor},
    chunks,
    describe::Described,
    model_plan::{self, Planned},
    output::{self, Output},
    progress::{self, say},
    promise,
    recipe::Recipe,
    source, table, template,
};

/// Writes a checkpoint.
///
/// # Errors
/// Whatever is in the way; then nothing stands under the output's name that was not there before.
pub(crate) fn run(args: &InitArgs) -> Result<()> {
    let started = Instant::now();
    output::check(&args.out, args.force)?;
    let recipe = Recipe::find(&args.recipe)?;
    let planned = model_plan::plan(template::read(&args.template)?, &recipe)?;
    let header = header(args.seed, &recipe, &planned)?;
    let chosen = args.device.device.choose()?;
    let sources = source::sources(&chosen.open()?)?;

    let bytes = planned.iter().map(|planned| planned.entry.bytes).sum();
    let mut out = Output::create(&args.out, args.force)?;
    let bar = progress::bar(bytes);
    let mut write = |bytes: &[u8]| {
        out.write_all(bytes).with_context(|| format!("output {}", args.out.display()))?;
        bar.inc(bytes.len() as u64);
        Ok(())
    };
    write(&header)?;
    bar.set_position(0);
    let fills = planned.iter().map(|planned| planned.fill(args.seed));
    chunks::stream(sources, fills, write)?;
    bar.finish_and_clear();
    out.finish()?;

    let (device, backend) = chosen.name();
    let device = if device == backend { device } else { format!("{device} ({backend})") };
    let seconds = started.elapsed().as_secs_f64();
    say(format_args!(
        "{}: {} parameters, {} in {seconds:.2} s on {device}",
        args.out.display(),
        planned.len(),
        table::bytes(bytes),
    ));
    Ok(())
}

fn header(seed: u64, recipe: &Recipe, planned: &[Planned]) -> Result<Vec<u8>> {
    let mut metadata = checkpoint::metadata(seed);
    metadata.insert("recipe".into(), recipe.name.as_str().into());
    let promised = planned.iter().filter_map(|planned| {
        Some((planned.entry.name.as_str(), Described::of(&planned.drawn.distribution)?))
    });
    metadata.insert(promise::KEY.into(), promise::write(promised)?.into());
    let tensors = planned.iter().map(|planned| Tensor {
        name: &planned.entry.name,
        dtype: planned.dtype.name(),
        shape: &planned.entry.shape,
        bytes: planned.entry.bytes,
    });
    checkpoint::header(metadata, tensors)
}
