//! `plan`.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use crate::{
    args::PlanArgs,
    describe::Described,
    model_plan::{self, Planned},
    recipe::Recipe,
    table, template,
};

/// A parameter as `--json` prints it.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    shape: &'a [u64],
    dtype: &'static str,
    fan_in: Option<u64>,
    fan_out: Option<u64>,
    distribution: Option<Described>,
    stream: u64,
    rule: &'a str,
}

impl<'a> From<&'a Planned> for Row<'a> {
    fn from(planned: &'a Planned) -> Self {
        Self {
            name: &planned.entry.name,
            shape: &planned.entry.shape,
            dtype: planned.dtype.name(),
            fan_in: planned.drawn.fans.map(|fans| fans.fan_in),
            fan_out: planned.drawn.fans.map(|fans| fans.fan_out),
            distribution: Described::of(&planned.drawn.distribution),
            stream: planned.stream,
            rule: &planned.rule,
        }
    }
}

/// Shows what each parameter would get.
///
/// # Errors
/// A template and a recipe that do not go together; a closed pipe.
pub(crate) fn run(args: &PlanArgs) -> Result<()> {
    let recipe = Recipe::find(&args.recipe)?;
    let planned = model_plan::plan(template::read(&args.template)?, &recipe)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        let rows: Vec<Row<'_>> = planned.iter().map(Row::from).collect();
        serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows =
        vec![["name", "shape", "dtype", "fans", "distribution", "rule"].map(String::from)];
    for planned in &planned {
        let row = Row::from(planned);
        rows.push([
            row.name.escape_debug().to_string(),
            format!("{:?}", row.shape),
            row.dtype.into(),
            planned
                .drawn
                .fans
                .map_or_else(|| "-".into(), |fans| format!("{}, {}", fans.fan_in, fans.fan_out)),
            row.distribution.map(|it| it.text()).unwrap_or_default(),
            row.rule.into(),
        ]);
    }
    table::write(&mut out, &rows)?;
    let bytes = planned.iter().map(|planned| planned.entry.bytes).sum();
    writeln!(out, "{} parameters, {}", planned.len(), table::bytes(bytes))?;
    out.flush()?;
    Ok(())
}
