//! Histograms and promised densities as an SVG, a small panel for each tensor.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use wgpu_weights_model::check::{Measured, density};

/// Panels in one plot; more could not be looked at.
pub(crate) const MAX_PANELS: usize = 48;

const COLUMNS: usize = 4;
/// Width and height of a panel, in pixels.
const PANEL: (u32, u32) = (360, 250);
const BARS: RGBColor = RGBColor(166, 189, 219);
const CURVE: RGBColor = RGBColor(178, 24, 43);
/// Longest name that fits above a panel.
const NAME: usize = 44;

/// The plot, as text.
///
/// # Errors
/// Those of plotters.
pub(crate) fn svg(all: &[Measured]) -> Result<String> {
    let shown = &all[..all.len().min(MAX_PANELS)];
    let columns = shown.len().clamp(1, COLUMNS);
    let rows = shown.len().div_ceil(columns).max(1);
    let mut text = String::new();
    {
        let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let failed = |error: &dyn std::fmt::Display| anyhow!("the plot cannot be drawn: {error}");
        root.fill(&WHITE).map_err(|error| failed(&error))?;
        for (area, measured) in root.split_evenly((rows, columns)).iter().zip(shown) {
            panel(area, measured).map_err(|error| failed(&error))?;
        }
        root.present().map_err(|error| failed(&error))?;
    }
    Ok(text)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn panel<'a>(area: &Area<'a>, measured: &Measured) -> Drawn<'a> {
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

    let (heading, area) = area.split_vertically(42);
    heading.draw(&Text::new(short(&measured.name), (12, 8), ("sans-serif", 14)))?;
    let promised =
        measured.promised.map_or_else(|| "no promise in the file".into(), |it| it.to_string());
    let caption = ("sans-serif", 11).into_font().color(&CURVE);
    heading.draw(&Text::new(promised, (12, 26), caption))?;

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
