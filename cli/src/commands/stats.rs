//! `stats`.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, bail};

use wgpu_weights_model::{
    Provenance,
    check::{self, Measured},
    checkpoint::{
        self,
        output::{self, Output},
    },
    safetensors, text,
};

use crate::{
    args::{StatsArgs, Usage},
    plot,
    progress::{self, say},
    table,
};

/// Measures the tensors of a file, or of the files of a checkpoint.
///
/// # Errors
/// A file that is no safetensors file; a plot that cannot be written; a closed pipe; at the end,
/// tensors that are not as promised.
pub(crate) fn run(args: &StatsArgs) -> Result<()> {
    if let Some(path) = &args.plot {
        if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("svg")) {
            let message = format!("`--plot {}` is an SVG; name it .svg", path.display());
            return Err(Usage { command: "stats", message }.into());
        }
        output::check(path, args.force)?;
    }
    let mut opened = Vec::new();
    for path in checkpoint::files_of(&args.file)? {
        let (header, file, data) = safetensors::open(&path)?;
        let promises = Provenance::read(&header.metadata)?.laws;
        if promises.is_empty() {
            say(format_args!(
                "note: {} does not say what it was drawn from; only what it holds is shown",
                path.display()
            ));
        }
        opened.push((path, header, file, data, promises));
    }
    let entries = || opened.iter().flat_map(|(_, header, ..)| &header.tensors);
    let bar = progress::bar(entries().map(|entry| entry.bytes).sum());
    let (mut all, mut skipped) = (Vec::with_capacity(entries().count()), Vec::new());
    for (path, header, file, data, promises) in &mut opened {
        for entry in &header.tensors {
            let promised = promises.get(&entry.name).copied();
            match check::measure(file, *data, entry, promised)
                .with_context(|| path.display().to_string())?
            {
                Some(measured) => all.push(measured),
                None => skipped.push(format!("{} ({})", entry.name, entry.dtype)),
            }
            bar.inc(entry.bytes);
        }
    }
    bar.finish_and_clear();
    if !skipped.is_empty() {
        say(format_args!("note: of a dtype that is not measured: {}", skipped.join(", ")));
    }
    if let Some(path) = &args.plot {
        write_plot(path, args.force, &all)?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, &all).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    } else {
        table::write(&mut out, &rows(&all))?;
    }
    drop(out);
    judge(&all)
}

/// Tensors that are not as promised, in one line.
fn judge(all: &[Measured]) -> Result<()> {
    /// More names would be no line.
    const NAMES: usize = 20;
    // What nobody promised is not to be infinite either.
    let wrong = |it: &&Measured| it.wrong.is_some() || it.promised.is_none() && it.nonfinite > 0;
    let names: Vec<_> =
        all.iter().filter(wrong).map(|it| it.name.escape_debug().to_string()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let more = match names.len() {
        ..=NAMES => String::new(),
        count => format!(" and {} more", count - NAMES),
    };
    let shown = names[..names.len().min(NAMES)].join(", ");
    bail!("not as promised, or not finite: {shown}{more}")
}

fn write_plot(path: &Path, force: bool, all: &[Measured]) -> Result<()> {
    if all.len() > plot::MAX_PANELS {
        say(format_args!(
            "note: the plot shows the first {} of {} tensors",
            plot::MAX_PANELS,
            all.len()
        ));
    }
    let svg = plot::svg(all)?;
    let mut out = Output::create(path, force)?;
    out.write_all(svg.as_bytes()).with_context(|| format!("output {}", path.display()))?;
    Ok(out.finish()?)
}

fn rows(all: &[Measured]) -> Vec<[String; 10]> {
    let head =
        ["name", "n", "mean", "std", "min", "max", "distinct", "histogram", "promised", "verdict"];
    let mut rows = vec![head.map(String::from)];
    for measured in all {
        let number = |value: Option<f64>| value.map_or_else(|| "-".into(), text::number);
        let more = if measured.more_distinct { "> " } else { "" };
        let mut name = measured.name.escape_debug().to_string();
        if measured.nonfinite > 0 {
            name += &format!(" ({} not finite!)", measured.nonfinite);
        }
        rows.push([
            name,
            measured.n.to_string(),
            number(measured.mean),
            number(measured.std),
            number(measured.min),
            number(measured.max),
            format!("{more}{}", measured.distinct),
            measured.histogram.spark(),
            measured.promised.map_or_else(|| "-".into(), |promised| promised.to_string()),
            match (&measured.wrong, measured.promised) {
                (Some(wrong), _) => wrong.clone(),
                (None, Some(_)) => "as promised".into(),
                (None, None) => "-".into(),
            },
        ]);
    }
    rows
}
