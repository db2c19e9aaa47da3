//! A plot of who draws how fast, over the number of elements.

use std::{error::Error, path::Path};

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::results::{Results, ratio};

/// A line of the plots: the contender, what a stranger calls it, its colour in every plot, and its width.
struct Line(&'static str, &'static str, RGBColor, u32);

/// Ours are strong, the peers are not, the ceiling is grey. The rest is in the table.
const LINES: [Line; 8] = [
    Line("clear_buffer", "ceiling: writing zeros", RGBColor(150, 150, 150), 2),
    Line("gpu", "ours, GPU (see above)", RGBColor(0, 104, 55), 3),
    Line("cpu", "ours, all CPU threads", RGBColor(49, 163, 84), 3),
    Line("cpu 1 thread", "ours, one CPU thread", RGBColor(120, 198, 121), 3),
    Line("burn", "burn, the same GPU", RGBColor(5, 112, 176), 2),
    Line("torch", "torch, all CPU threads", RGBColor(203, 24, 29), 2),
    Line("rand", "rand, one CPU thread", RGBColor(166, 86, 40), 2),
    Line("numpy", "NumPy, one CPU thread", RGBColor(152, 78, 163), 2),
];

/// Width and height, in pixels, and what the names on the right take.
const SIZE: (u32, u32) = (900, 520);
const NAMES: u32 = 175;

/// Draws one distribution and dtype.
///
/// # Errors
/// Those of plotters and of the file.
pub(crate) fn plot(path: &Path, wanted: &str, results: &Results) -> Result<(), Box<dyn Error>> {
    let points_of = |contender: &str| -> Vec<(f64, f64)> {
        let rows = results.rows.iter().filter(|((name, count), row)| {
            name == wanted && count.is_power_of_two() && row.contains_key("gpu")
        });
        let points = rows.filter_map(|((_, count), row)| {
            let figure = match results.software {
                true => ratio(row, contender, "gpu"),
                false => row.get(contender).map(|rate| rate.melems / 1e3),
            };
            Some(((*count as f64).log2(), figure?))
        });
        points.collect()
    };
    let lines: Vec<(&Line, Vec<(f64, f64)>)> = LINES
        .iter()
        .map(|line| (line, points_of(line.0)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let points = || lines.iter().flat_map(|(_, points)| points);
    let (bottom, top) =
        points().fold((0.1f64, 1.0f64), |(low, high), p| (low.min(p.1), high.max(p.1)));
    let last = points().fold(26.0f64, |last, p| last.max(p.0));

    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (law, dtype) = wanted.split_once('/').unwrap_or((wanted, ""));
    let title = format!("Drawing {law} {dtype}: elements a second, higher is faster");
    root.draw(&Text::new(title, (16, 12), ("sans-serif", 19)))?;
    let what = match results.software {
        true => {
            format!("as multiples of our GPU fill; the GPU is a software one: {}", results.device)
        }
        false => format!("billions a second: {}", results.device),
    };
    root.draw(&Text::new(what, (16, 40), ("sans-serif", 12).into_font().color(&BLACK.mix(0.7))))?;
    let (_, body) = root.split_vertically(60);
    let (body, names) = body.split_horizontally(SIZE.0 - NAMES);
    let (low, high) = (bottom * 0.8, top * 1.3);
    let mut chart = ChartBuilder::on(&body)
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(15.5..last + 0.3, (low..high).log_scale())?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_desc("elements in the tensor")
        .x_labels(12)
        .x_label_formatter(&|power| elements(*power))
        .y_label_formatter(&|value| plain(*value))
        .label_style(("sans-serif", 12))
        .draw()?;
    // The reference: what lies above is faster than our GPU fill.
    if results.software {
        let line = [(15.5, 1.0), (last + 0.3, 1.0)];
        chart.draw_series(LineSeries::new(line, BLACK.mix(0.2).stroke_width(1)))?;
    }
    let mut ends = Vec::new();
    for (Line(_, name, color, width), points) in &lines {
        chart.draw_series(points.iter().map(|&p| Circle::new(p, 4, color.filled())))?;
        chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(*width)))?;
        if let Some(end) = points.last() {
            // In the names' area, at the line's height.
            let (_, y) = chart.backend_coord(end);
            ends.push((y - 60, *name, *color));
        }
    }
    // Names keep their order and do not cover each other.
    ends.sort_by_key(|end| end.0);
    let mut free = i32::MIN;
    for (y, name, color) in ends {
        let y = y.max(free);
        free = y + 17;
        let style = ("sans-serif", 13).into_font().color(&color);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        names.draw(&Text::new(name, (4, y), style))?;
    }
    root.present()?;
    Ok(())
}

/// An even power of two; none between.
fn elements(power: f64) -> String {
    match power {
        _ if power.fract() == 0.0 && (power as u64).is_multiple_of(2) => format!("2^{power}"),
        _ => String::new(),
    }
}

/// A number without needless digits.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}
