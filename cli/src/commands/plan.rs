//! `plan`.

use std::{collections::HashMap, io::Write};

use anyhow::Result;
use serde::Serialize;
use wgpu_weights::{Convention, Distribution};
use wgpu_weights_model::{FileTensor, PlannedParameter, layout, text};

use crate::{
    args::PlanArgs,
    commands::recipes,
    fold::fold,
    progress::tell,
    table::{self, Column},
};

/// A parameter as `--json` prints it.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    shape: &'a [u64],
    dtype: &'static str,
    fan_in: Option<u64>,
    fan_out: Option<u64>,
    distribution: Distribution,
    /// Of a truncated normal; `std` is that before the cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    std_after_cut: Option<f64>,
    stream: u64,
    rule: &'a str,
    /// Where `--max-shard-size` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

impl<'a> From<&'a PlannedParameter> for Row<'a> {
    fn from(planned: &'a PlannedParameter) -> Self {
        Self {
            name: &planned.name,
            shape: &planned.shape,
            dtype: planned.dtype.name(),
            fan_in: planned.drawn.fans.map(|fans| fans.fan_in),
            fan_out: planned.drawn.fans.map(|fans| fans.fan_out),
            distribution: planned.drawn.distribution,
            std_after_cut: super::std_after_cut(&planned.drawn.distribution),
            stream: planned.stream,
            rule: &planned.rule,
            file: None,
        }
    }
}

/// Shows what each parameter would get.
///
/// # Errors
/// A template and a recipe that do not go together; a closed pipe.
pub(crate) fn run(args: &PlanArgs) -> Result<()> {
    let plan = recipes::plan(&args.template, &args.recipe, args.dtype)?;
    tell(plan.notes());
    let planned = plan.parameters();
    let whole = planned.iter().map(|it| FileTensor::whole(it, 0));
    let tensors = whole.collect::<Result<_, wgpu_weights_model::Error>>()?;
    let files = match args.max_shard_size {
        Some(limit) => layout::files(tensors, limit.0, "model"),
        None => Vec::new(),
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        let mut rows: Vec<Row<'_>> = planned.iter().map(Row::from).collect();
        let names = files.iter().flat_map(|file| {
            file.tensors.iter().map(|tensor| (tensor.name.as_str(), file.name.as_str()))
        });
        let names: HashMap<&str, &str> = names.collect();
        for row in &mut rows {
            row.file = names.get(row.name).copied();
        }
        serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
        return Ok(());
    }
    let names = |it: &PlannedParameter| it.name.escape_debug().to_string();
    let alike = |a: &&PlannedParameter, b: &&PlannedParameter| {
        let of = |it: &PlannedParameter| (it.shape.clone(), it.dtype, it.drawn, it.rule.clone());
        !args.full && of(a) == of(b)
    };
    let rows: Vec<Vec<String>> = fold(planned.iter().map(|it| (names(it), it)), alike)
        .into_iter()
        .map(|folded| {
            let first = folded.rows[0];
            let fans = first.drawn.fans;
            vec![
                folded.name,
                format!("{:?}", first.shape),
                first.dtype.name().into(),
                fans.map_or_else(|| "-".into(), |it| format!("{}, {}", it.fan_in, it.fan_out)),
                first.drawn.distribution.to_string(),
                first.rule.clone(),
            ]
        })
        .collect();
    let columns = [
        Column::must("name"),
        Column::new("shape", 5),
        Column::new("dtype", 4),
        Column::new("fans", 2),
        Column::must("distribution").wrapped_to(20),
        Column::new("rule", 1),
    ];
    table::write(&mut out, &columns, &rows, table::width())?;
    for file in &files {
        let (count, bytes) = (file.tensors.len(), text::bytes(file.bytes()));
        writeln!(out, "{}: {}, {bytes}", file.name, text::count(count, "parameter"))?;
    }
    for &convention in Convention::ALL {
        let of = |it: &&PlannedParameter| it.drawn.convention == Some(convention);
        let count = planned.iter().filter(of).count();
        if count > 0 {
            let shape = match convention {
                Convention::Torch | Convention::Candle => "[out, in, field...]",
                Convention::Jax | Convention::Keras => "[field..., in, out]",
                Convention::Mlx => "[out, field..., in]",
                _ => "[in, out], [heads, in, out]",
            };
            let count = text::count(count, "parameter");
            writeln!(out, "fans of {count}: shapes are read as {}, {shape}", convention.name())?;
        }
    }
    writeln!(out, "{}, {}", text::count(planned.len(), "parameter"), text::bytes(plan.bytes()))?;
    out.flush()?;
    Ok(())
}
