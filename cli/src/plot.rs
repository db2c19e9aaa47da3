//! Histograms and promised densities as an SVG, a small panel for each tensor.

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use wgpu_weights::Kind;
use wgpu_weights_model::{
    check::{Measured, density},
    text::count,
};

use crate::fold::fold;

/// Panels in one plot; more could not be looked at.
const MAX_PANELS: usize = 48;

const COLUMNS: usize = 4;
/// Width and height of a panel, in pixels.
const PANEL: (u32, u32) = (360, 250);
const BARS: RGBColor = RGBColor(166, 189, 219);
const CURVE: RGBColor = RGBColor(84, 39, 136);
/// Longest name that fits above a panel.
const NAME: usize = 44;

/// The head of the plot, in pixels: what is compared, and how it went.
const HEAD: u32 = 64;
const GOOD: RGBColor = RGBColor(27, 120, 55);
const BAD: RGBColor = RGBColor(178, 24, 43);

/// What is drawn: a panel each (a name, how many tensors it stands for, and the first of them), those that failed
/// first; and how many constants are not.
struct Chosen<'a> {
    panels: Vec<(String, usize, &'a Measured)>,
    /// Constants that are as promised: a bar each, and nothing to see.
    constants: usize,
    /// Panels that found no room.
    left_out: usize,
}

fn choose(all: &[Measured]) -> Chosen<'_> {
    let is_constant = |it: &Measured| {
        let kind = it.promised.map(|promised| promised.kind());
        matches!(kind, Some(Kind::Constant { .. })) && !it.failed()
    };
    let alike = |a: &&Measured, b: &&Measured| {
        (&a.shape, &a.dtype, a.promised) == (&b.shape, &b.dtype, b.promised)
    };
    let failed = all.iter().filter(|it| it.failed()).map(|it| (it.name.clone(), 1, it));
    let others = all.iter().filter(|it| !it.failed() && !is_constant(it));
    let folded = fold(others.map(|it| (it.name.clone(), it)), alike);
    let folded = folded.into_iter().map(|it| (it.name, it.rows.len(), it.rows[0]));
    let mut panels: Vec<_> = failed.chain(folded).collect();
    let left_out = panels.len().saturating_sub(MAX_PANELS);
    panels.truncate(MAX_PANELS);
    Chosen { panels, constants: all.iter().filter(|it| is_constant(it)).count(), left_out }
}

/// The plot, as text.
///
/// # Errors
/// Those of plotters.
pub(crate) fn svg(all: &[Measured]) -> Result<String> {
    let Chosen { panels, constants, left_out } = choose(all);
    let columns = panels.len().clamp(2, COLUMNS);
    let rows = panels.len().div_ceil(columns).max(1);
    let mut text = String::new();
    {
        let size = (PANEL.0 * columns as u32, HEAD + PANEL.1 * rows as u32);
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let failed = |error: &dyn std::fmt::Display| anyhow!("the plot cannot be drawn: {error}");
        root.fill(&WHITE).map_err(|error| failed(&error))?;
        let (head_area, panel_area) = root.split_vertically(HEAD);
        head(&head_area, all, constants, left_out).map_err(|error| failed(&error))?;
        let areas = panel_area.split_evenly((rows, columns));
        for (area, (name, of, measured)) in areas.iter().zip(&panels) {
            panel(area, name, *of, measured).map_err(|error| failed(&error))?;
        }
        root.present().map_err(|error| failed(&error))?;
    }
    Ok(text)
}

/// What a stranger needs: how many are as promised, and what is drawn.
fn head<'a>(area: &Area<'a>, all: &[Measured], constants: usize, left_out: usize) -> Drawn<'a> {
    let failed = all.iter().filter(|it| it.failed()).count();
    let silent = all.iter().filter(|it| it.promised.is_none() && !it.failed()).count();
    let kept = all.len() - failed - silent;
    let mut said = vec![format!("{}: {kept} as promised", count(all.len(), "tensor"))];
    if failed > 0 {
        said.push(format!("{failed} not"));
    }
    if silent > 0 {
        said.push(format!("{silent} without a promise"));
    }
    let color = if failed > 0 { BAD } else { GOOD };
    let title = ("sans-serif", 18).into_font().color(&color);
    area.draw(&Text::new(said.join(", "), (12, 10), title))?;
    let mut note = String::new();
    if constants > 0 {
        note += &format!("; {} as promised are not shown", count(constants, "constant"));
    }
    if left_out > 0 {
        note += &format!("; no room for {left_out} more");
    }
    let plain = ("sans-serif", 12).into_font().color(&BLACK);
    area.draw(&Rectangle::new([(12, 41), (26, 53)], BARS.filled()))?;
    area.draw(&Text::new("values in the file", (32, 40), plain.clone()))?;
    area.draw(&PathElement::new(vec![(150, 47), (168, 47)], CURVE.stroke_width(2)))?;
    let promise = format!("the law that the file promises{note}");
    area.draw(&Text::new(promise, (174, 40), plain))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn panel<'a>(area: &Area<'a>, name: &str, of: usize, measured: &Measured) -> Drawn<'a> {
    let histogram = &measured.histogram;
    let (bins, width) = histogram.bins();
    let total = measured.n.max(1) as f64;
    let bars: Vec<(f64, f64)> = bins
        .zip(&histogram.counts)
        .map(|(low, &count)| (low, count as f64 / total / width))
        .collect();
    let curve: Vec<(f64, f64)> = (0..=400)
        .filter_map(|step| {
            let at = histogram.low + (histogram.high - histogram.low) * f64::from(step) / 400.0;
            Some((at, density(measured.promised?.kind(), at)?))
        })
        .collect();
    let top = bars.iter().chain(&curve).map(|point| point.1).fold(0.0, f64::max);
    let top = if top > 0.0 { 1.1 * top } else { 1.0 };

    let (heading, area) = area.split_vertically(56);
    heading.draw(&Text::new(short(name), (12, 8), ("sans-serif", 14)))?;
    let mut promised =
        measured.promised.map_or_else(|| "no promise in the file".into(), |it| it.to_string());
    if of > 1 {
        promised += &format!("; shown is the first of {of}");
    }
    let caption = ("sans-serif", 11).into_font().color(&CURVE);
    heading.draw(&Text::new(promised, (12, 25), caption))?;
    let (verdict, color) = match (&measured.wrong, measured.promised) {
        (Some(wrong), _) => (wrong.clone(), BAD),
        (None, _) if measured.failed() => ("not finite".into(), BAD),
        (None, Some(_)) if of > 1 => ("all as promised".into(), GOOD),
        (None, Some(_)) => ("as promised".into(), GOOD),
        (None, None) => (String::new(), GOOD),
    };
    let caption = ("sans-serif", 11).into_font().color(&color);
    heading.draw(&Text::new(short(&verdict), (12, 40), caption))?;

    let mut chart = ChartBuilder::on(&area)
        .margin_left(8)
        .margin_right(14)
        .margin_top(4)
        .x_label_area_size(34)
        .y_label_area_size(54)
        .build_cartesian_2d(histogram.low..histogram.high, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.08))
        .x_labels(5)
        .y_labels(4)
        .x_label_formatter(&|value| number(*value, histogram.high - histogram.low))
        .y_label_formatter(&|value| number(*value, top))
        .x_desc("value")
        .y_desc("density")
        .label_style(("sans-serif", 11))
        .axis_desc_style(("sans-serif", 11))
        .draw()?;
    chart.draw_series(bars.iter().filter(|(_, height)| *height > 0.0).map(|&(low, height)| {
        Rectangle::new([(low, 0.0), (low + width, height)], BARS.filled())
    }))?;
    chart.draw_series(LineSeries::new(curve, CURVE.stroke_width(2)))?;
    Ok(())
}

/// The end of a long name tells more than its beginning.
fn short(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.len().checked_sub(NAME) {
        None | Some(0) => name.into(),
        Some(over) => format!("…{}", letters[over + 1..].iter().collect::<String>()),
    }
}

/// A label with as many digits as the axis needs.
fn number(value: f64, span: f64) -> String {
    let zero = if value.abs() < span * 1e-9 { 0.0 } else { value };
    if !(1e-4..1e5).contains(&span) {
        return if zero == 0.0 { "0".into() } else { format!("{zero:.1e}") };
    }
    let digits = (2.0 - span.log10().floor()).clamp(0.0, 7.0) as usize;
    let text = format!("{zero:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}
