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
    fold::{Folded, fold},
    plot,
    progress::{self, say},
    table::{self, Column},
};

/// Measures the tensors of a file, or of the files of a checkpoint.
///
/// # Errors
/// A file that is no safetensors file; a plot that cannot be written; a closed pipe; at the end,
/// tensors that are not as promised.
pub(crate) fn run(StatsArgs { of: args }: &StatsArgs) -> Result<()> {
    if let Some(path) = &args.plot {
        check_plot("stats", path, args.force)?;
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
        let columns = [
            Column::must("verdict"),
            Column::must("name"),
            Column::new("promised", 8).wrapped_to(20),
            Column::new("std", 7),
            Column::new("mean", 6),
            Column::new("min", 5),
            Column::new("max", 4),
            Column::new("n", 3),
            Column::new("histogram", 2),
            Column::new("distinct", 1),
        ];
        table::write(&mut out, &columns, &rows(all, args.full, table::width()), table::width())?;
    }
    drop(out);
    judge(&report)
}

/// Tensors that are not as promised, in one line.
fn judge(report: &Report) -> Result<()> {
    /// More names would be no line.
    const NAMES: usize = 20;
    let names: Vec<_> = report.failed().map(|it| it.name.escape_debug().to_string()).collect();
    if !report.missing.is_empty() {
        let missing: Vec<_> =
            report.missing.iter().take(NAMES).map(|it| it.escape_debug().to_string()).collect();
        bail!("promised and not there: {}", missing.join(", "));
    }
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

/// Refuses a plot that could not be written at the end.
///
/// # Errors
/// No SVG by its name; what exists and is not to be replaced.
pub(super) fn check_plot(command: &'static str, path: &Path, force: bool) -> Result<()> {
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("svg")) {
        let message = format!("`--plot {}` is an SVG; name it .svg", path.display());
        return Err(Usage { command, message }.into());
    }
    output::check(path, force)?;
    Ok(())
}

/// Draws what was measured.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write_plot(path: &Path, force: bool, all: &[Measured]) -> Result<()> {
    let svg = plot::svg(all)?;
    let mut out = Output::create(path, force)?;
    out.write_all(svg.as_bytes()).with_context(|| format!("output {}", path.display()))?;
    Ok(out.finish()?)
}

/// Those that failed first, each by itself; then the others, those that are alike as one.
fn rows(all: &[Measured], full: bool, width: Option<usize>) -> Vec<Vec<String>> {
    let passed_text = if width.is_some_and(|width| width < 100) { "ok" } else { "as promised" };
    let alike = |a: &&Measured, b: &&Measured| {
        let of = |it: &Measured| (it.shape.clone(), it.dtype.clone(), it.promised);
        !full && of(a) == of(b)
    };
    let name = |it: &Measured| it.name.escape_debug().to_string();
    let failed = all.iter().filter(|it| it.failed());
    let failed = failed.map(|it| Folded { name: name(it), rows: vec![it] });
    let passed = all.iter().filter(|it| !it.failed()).map(|it| (name(it), it));
    failed.chain(fold(passed, alike)).map(|it| row(it, passed_text)).collect()
}

fn row(Folded { name, rows }: Folded<&Measured>, passed: &str) -> Vec<String> {
    let first = rows[0];
    let numbers = |of: fn(&Measured) -> Option<f64>| {
        let values = || rows.iter().filter_map(|it| of(it));
        let ends =
            [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
        match rows.len() {
            _ if values().next().is_none() => "-".into(),
            1 => text::number(ends[0]),
            _ => {
                let [low, high] = ends.map(|end| text::number_of(end, 3));
                if low == high { low } else { format!("{low} to {high}") }
            }
        }
    };
    let distinct = rows.iter().map(|it| it.distinct).max().unwrap_or(0);
    let more = if rows.iter().any(|it| it.more_distinct) { "> " } else { "" };
    vec![
        match (&first.wrong, first.promised) {
            (Some(wrong), _) => wrong.clone(),
            (None, Some(_)) => passed.into(),
            (None, None) if first.failed() => {
                format!("{} of {} values are not finite", first.nonfinite, first.n)
            }
            (None, None) => "-".into(),
        },
        name,
        first.promised.map_or_else(|| "-".into(), |promised| promised.to_string()),
        numbers(|it| it.std),
        numbers(|it| it.mean),
        numbers(|it| it.min),
        numbers(|it| it.max),
        first.n.to_string(),
        first.histogram.spark(),
        format!("{more}{distinct}"),
    ]
}
