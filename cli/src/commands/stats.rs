//! `stats`.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, bail};

use wgpu_weights_model::{
    check::{self, Measured, Report},
    checkpoint::output::{self, Output},
    text,
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
    let bar = progress::bar(0);
    let report = check::checkpoint(&args.file, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    for path in &report.silent {
        say(format_args!(
            "note: {} does not say what it was drawn from; only what it holds is shown",
            path.display()
        ));
    }
    let skipped: Vec<_> =
        report.skipped.iter().map(|it| format!("{} ({})", it.name, it.dtype)).collect();
    if !skipped.is_empty() {
        say(format_args!("note: of a dtype that is not measured: {}", skipped.join(", ")));
    }
    let all = &report.tensors;
    if let Some(path) = &args.plot {
        write_plot(path, args.force, all)?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        serde_json::to_writer_pretty(&mut out, all).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    } else {
        table::write(&mut out, &rows(all))?;
    }
    drop(out);
    judge(&report)
}

/// Tensors that are not as promised, in one line.
fn judge(report: &Report) -> Result<()> {
    /// More names would be no line.
    const NAMES: usize = 20;
    let names: Vec<_> = report.failed().map(|it| it.name.escape_debug().to_string()).collect();
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
