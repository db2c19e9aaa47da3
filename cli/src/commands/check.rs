//! `check`.

use std::io::{BufWriter, Write};

use anyhow::{Result, bail};
use wgpu_weights_model::{
    HF, Plan,
    check::{self, Against, Examination, Examined, Method},
    text,
};

use crate::{
    args::{CheckArgs, RecipeArgs},
    commands::{recipes, stats},
    fold::{Folded, fold},
    progress::{self, tell},
    table::{self, Column},
};

/// Examines a checkpoint.
///
/// # Errors
/// A file that is no checkpoint; no recipe for it; a plot that cannot be written; a closed pipe; at the end, anything that is
/// wrong with it.
pub(crate) fn run(args: &CheckArgs) -> Result<()> {
    if let Some(path) = &args.of.plot {
        stats::check_plot("check", path, args.of.force)?;
    }
    let plan = plan(args)?;
    if let Some(plan) = &plan {
        tell(plan.notes());
    }
    let mut against = plan.as_ref().map_or_else(Against::itself, Against::plan);
    if let Some(seed) = args.seed {
        against = against.with_seed(seed);
    }
    against.histograms = args.of.plot.is_some();
    let bar = progress::bar(0);
    let found = check::examine(&args.of.file, &against, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if let Some(path) = &args.of.plot {
        stats::write_plot(path, args.of.force, &found.measured)?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.of.json {
        serde_json::to_writer_pretty(&mut out, &found).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write(&mut out, &found, args.of.full)?;
    }
    out.flush()?;
    drop(out);
    judge(&found)
}

/// The laws that the checkpoint is held against, where they are not its own.
fn plan(args: &CheckArgs) -> Result<Option<Plan>> {
    let named = args.recipe.is_some()
        || args.settings.config.is_some()
        || !args.settings.set.is_empty()
        || args.seed.is_some();
    if !named && check::says_of_itself(&args.of.file)? {
        return Ok(None);
    }
    let recipe = RecipeArgs {
        name: args.recipe.clone().unwrap_or_else(|| HF.into()),
        settings: args.settings.clone(),
    };
    let (template, recipe) =
        recipes::read(&args.of.file, &recipe).map_err(|error| match &args.recipe {
            None if !named => error.context(format!(
                "{} does not say what it was drawn from, so the rules of its model are wanted",
                args.of.file.display()
            )),
            _ => error,
        })?;
    Ok(Some(recipe.plan(&template, None)?))
}

fn write(out: &mut impl Write, found: &Examination, full: bool) -> Result<()> {
    let columns = [
        Column::must("verdict").wrapped_to(20).whole(),
        Column::must("name"),
        Column::new("promised", 8).wrapped_to(20),
        Column::new("mean", 3),
        Column::new("std", 5),
        Column::new("chance", 6),
        Column::new("likely", 9).wrapped_to(20).whole(),
    ];
    let width = table::width();
    table::write(&mut *out, &columns, &rows(&found.parameters, full), width)?;
    for finding in &found.findings {
        let names = finding.parameters.iter().map(|it| it.escape_debug().to_string());
        let names = names.collect::<Vec<_>>().join(" and ");
        let colon = if names.is_empty() { "" } else { ": " };
        writeln!(out, "{names}{colon}{} ({})", finding.wrong, finding.likely)?;
    }
    let of = |method| found.parameters.iter().filter(|it| it.method == method).count();
    let counts = [
        (of(Method::DrawnAgain), "drawn again and compared bit for bit"),
        (of(Method::Exact), "compared value by value"),
        (of(Method::Statistics), "judged by statistics"),
        (of(Method::None), "not judged"),
    ];
    let counts = counts.iter().filter(|it| it.0 > 0).map(|(count, how)| format!("{count} {how}"));
    let tests = match found.tests {
        0 => String::new(),
        tests => format!(
            "; {tests} tests, a false alarm in any of them once in a million checkpoints at most"
        ),
    };
    let all = text::count(found.parameters.len(), "parameter");
    writeln!(out, "{all}: {}{tests}", counts.collect::<Vec<_>>().join(", "))?;
    if !found.failed() {
        writeln!(out, "nothing wrong was found")?;
    }
    Ok(())
}

/// What is likely wrong without the numbers, which are each parameter's own.
fn cause(likely: &str) -> &str {
    likely.rsplit("promised: ").next().unwrap_or(likely)
}

/// Those that are wrong first, then the others; those that are alike as one.
fn rows(all: &[Examined], full: bool) -> Vec<Vec<String>> {
    let alike = |a: &&Examined, b: &&Examined| {
        let same =
            a.shape == b.shape && a.dtype == b.dtype && a.law == b.law && a.method == b.method;
        let causes = [a, b].map(|it| it.likely.as_deref().map(cause));
        !full && same && causes[0] == causes[1]
    };
    let named = |wrong: bool| {
        let some = all.iter().filter(move |it| it.wrong.is_some() == wrong);
        fold(some.map(|it| (it.name.escape_debug().to_string(), it)), alike)
    };
    named(true).into_iter().chain(named(false)).map(row).collect()
}

fn row(Folded { name, rows }: Folded<&Examined>) -> Vec<String> {
    let first = rows[0];
    let ends = |of: fn(&Examined) -> Option<f64>| {
        let values: Vec<f64> = rows.iter().filter_map(|it| of(it)).collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let [from, to] = [low, high].map(|it| text::number_of(it, 4));
        match values.len() {
            0 => "-".into(),
            _ if from == to => from,
            _ => format!("{from} to {to}"),
        }
    };
    let verdict = match (&first.wrong, first.method) {
        (Some(wrong), _) => wrong.clone(),
        (None, Method::DrawnAgain) => "the same bits".into(),
        (None, Method::None) if first.law.is_none() => "left out by the recipe".into(),
        (None, Method::None) => "not judged".into(),
        (None, _) => "as promised".into(),
    };
    let chance = match first.chance {
        None => "-".into(),
        Some(chance) if chance < 1e-300 => "0".into(),
        Some(chance) => format!("{chance:.0e}"),
    };
    let likely = first.likely.clone().unwrap_or_else(|| "-".into());
    vec![
        verdict,
        name,
        first.law.map_or_else(|| "-".into(), |law| law.to_string()),
        ends(|it| it.mean),
        ends(|it| it.std),
        chance,
        likely,
    ]
}

/// What is wrong, in one line.
fn judge(found: &Examination) -> Result<()> {
    /// More names would be no line.
    const NAMES: usize = 10;
    if !found.missing.is_empty() {
        let names: Vec<_> =
            found.missing.iter().take(NAMES).map(|it| it.escape_debug().to_string()).collect();
        bail!("promised and not there: {}", names.join(", "));
    }
    let wrong = found.parameters.iter().filter(|it| it.wrong.is_some()).count();
    match (wrong, found.findings.len()) {
        (0, 0) => Ok(()),
        (0, _) => bail!("parameters share values that should be independent"),
        _ => bail!(
            "{} of {} not as promised",
            wrong,
            text::count(found.parameters.len(), "parameter")
        ),
    }
}
