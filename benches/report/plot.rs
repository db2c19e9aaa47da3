//! A plot of every contender over the number of elements.

use std::{error::Error, path::Path};

use plotters::prelude::*;

use crate::{
    CONTENDERS,
    results::{Results, ratio},
};

pub(crate) fn plot(path: &Path, wanted: &str, results: &Results) -> Result<(), Box<dyn Error>> {
    let series: Vec<(&str, Vec<(f64, f64)>)> = CONTENDERS
        .into_iter()
        .map(|contender| {
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
            (contender, points.collect::<Vec<_>>())
        })
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let points = || series.iter().flat_map(|(_, points)| points);
    let (bottom, top) =
        points().fold((0.1f64, 1.0f64), |(low, high), p| (low.min(p.1), high.max(p.1)));
    let last = points().fold(26.0f64, |last, p| last.max(p.0));
    let root = SVGBackend::new(path, (900, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("{wanted}: {}", results.device), ("sans-serif", 14))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        // Room on the right for the names.
        .build_cartesian_2d(15.5..last + 3.5, (bottom * 0.8..top * 1.3).log_scale())?;
    let what = match results.software {
        true => "elements per second, as multiples of gpu's",
        false => "billions of elements per second",
    };
    chart.configure_mesh().x_desc("log2 of the number of elements").y_desc(what).draw()?;
    for (index, (name, points)) in series.into_iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let dots = points.clone().into_iter().map(move |p| Circle::new(p, 3, color.filled()));
        chart.draw_series(dots)?;
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}
