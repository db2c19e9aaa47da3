//! What is seen: sliders at the left; heat map, legend and histogram beside them.

use eframe::egui::{
    Align2, CentralPanel, Color32, ComboBox, FontId, Grid, Mesh, Panel, Pos2, Rect, RichText,
    Sense, Shape, Slider, Stroke, StrokeKind, TextEdit, Ui, pos2, vec2,
};
use egui_wgpu::Callback;
use wgpu_weights::{Error, cpu};

use crate::{
    colours,
    controls::{Controls, Law, SHAPE},
    heatmap::Show,
};

/// Bars of the histogram, and standard deviations from its middle to its ends.
const BARS: usize = 64;
const ENDS: f64 = 4.0;
/// What lies below the heat map.
const LEGEND_HEIGHT: f32 = 34.0;
/// Between one picture and the next.
const GAP: f32 = 10.0;
/// At least.
const HISTOGRAM_HEIGHT: f32 = 120.0;
/// The row of numbers below a picture.
const TICKS_HEIGHT: f32 = 18.0;
const BAR: Color32 = Color32::from_rgb(0x43, 0x93, 0xc3);

/// The whole window; says where the heat map is.
pub fn show(ui: &mut Ui, controls: &mut Controls, problem: Option<&str>) -> Rect {
    Panel::left("controls").resizable(false).exact_size(300.0).show(ui, |ui| {
        ui.add_space(8.0);
        ui.heading(RichText::new("A weight, as it is drawn").strong());
        ui.add_space(8.0);
        sliders(ui, controls);
        ui.add_space(8.0);
        ui.separator();
        ui.add_space(8.0);
        if let Err(error) = statistics(ui, controls) {
            ui.colored_label(ui.visuals().error_fg_color, error.to_string());
        }
        if let Some(problem) = problem {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
    });
    CentralPanel::default().show(ui, |ui| pictures(ui, controls)).inner
}

fn sliders(ui: &mut Ui, controls: &mut Controls) {
    ui.spacing_mut().slider_width = 140.0;
    Grid::new("sliders").num_columns(2).spacing([12.0, 10.0]).show(ui, |ui| {
        ui.label("law");
        ComboBox::from_id_salt("law").width(204.0).selected_text(controls.law.name()).show_ui(
            ui,
            |ui| {
                for law in Law::ALL {
                    ui.selectable_value(&mut controls.law, law, law.name());
                }
            },
        );
        ui.end_row();
        ui.label("seed");
        ui.add(Slider::new(&mut controls.seed, 0..=999));
        ui.end_row();
        ui.label("scale");
        ui.add(Slider::new(&mut controls.scale, 0.001..=1.0).logarithmic(true));
        ui.end_row();
        ui.label("cut at ±");
        // A slider that does nothing would only puzzle.
        ui.add_enabled(
            controls.law == Law::Truncated,
            Slider::new(&mut controls.cut, 0.5..=4.0).suffix(" σ"),
        );
        ui.end_row();
        ui.label("name");
        ui.add(TextEdit::singleline(&mut controls.name).desired_width(196.0));
        ui.end_row();
    });
}

/// What was drawn, in numbers.
fn statistics(ui: &mut Ui, controls: &Controls) -> Result<(), Error> {
    let values = values(controls)?;
    let count = values.len() as f64;
    let mean = values.iter().map(|it| f64::from(*it)).sum::<f64>() / count;
    let variance = values.iter().map(|it| (f64::from(*it) - mean).powi(2)).sum::<f64>() / count;
    let lowest = values.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    Grid::new("statistics").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        let mut row = |name, value| {
            ui.label(name);
            ui.monospace(format!("{:>10}", number(value, controls.scale * 0.1)));
            ui.end_row();
        };
        row("standard deviation", variance.sqrt());
        row("mean", mean);
        row("lowest", lowest.into());
        row("highest", highest.into());
    });
    ui.add_space(8.0);
    ui.label(
        "The GPU drew the heat map's values in place. These numbers and the histogram are the CPU \
         twin's: the same bits, so nothing was read back.",
    );
    Ok(())
}

/// The CPU twin's values: those that the heat map shows.
fn values(controls: &Controls) -> Result<Vec<f32>, Error> {
    let fill = controls.fill()?;
    let mut values = vec![0.0; fill.count() as usize];
    cpu::fill_f32(&fill, &mut values)?;
    Ok(values)
}

/// A number with three digits of what matters at this scale.
fn number(value: f64, scale: f64) -> String {
    let decimals = (2.0 - scale.log10().floor()).clamp(0.0, 9.0) as usize;
    // No minus before what is zero in these digits.
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches('-').chars().all(|it| it == '0' || it == '.') {
        format!("{:.decimals$}", 0.0)
    } else {
        text
    }
}

fn pictures(ui: &mut Ui, controls: &Controls) -> Rect {
    let [rows, columns] = SHAPE.map(|it| it as f32);
    ui.strong(format!("{}, seed {}: {} × {}", controls.name, controls.seed, SHAPE[0], SHAPE[1]));
    let room = ui.available_size() - vec2(0.0, LEGEND_HEIGHT + HISTOGRAM_HEIGHT + 4.0 * GAP);
    // Whole points a square, so that all are alike.
    let side = (room.x / columns).min(room.y / rows).floor().max(1.0);
    let (heatmap, _) = ui.allocate_exact_size(vec2(columns, rows) * side, Sense::hover());
    if let Ok(fill) = controls.fill() {
        let show = Show { fill, reach: controls.reach() };
        ui.painter().add(Callback::new_paint_callback(heatmap, show));
    }
    let line = ui.visuals().widgets.noninteractive.bg_stroke;
    ui.painter().rect_stroke(heatmap, 0.0, line, StrokeKind::Outside);
    ui.add_space(GAP / 2.0);
    legend(ui, controls, heatmap.width());
    ui.add_space(GAP);
    if let Ok(values) = values(controls) {
        ui.label(format!("{} values (bars), and what the law expects (line)", values.len()));
        histogram(ui, controls, &values, heatmap.width());
    }
    heatmap
}

fn legend(ui: &mut Ui, controls: &Controls, width: f32) {
    let (whole, _) = ui.allocate_exact_size(vec2(width, LEGEND_HEIGHT), Sense::hover());
    let bar = whole.with_max_y(whole.max.y - TICKS_HEIGHT);
    let mut mesh = Mesh::default();
    let table = colours::table();
    for (i, [red, green, blue, _]) in (0u32..).zip(table) {
        let colour =
            Color32::from_rgb((red * 255.0) as u8, (green * 255.0) as u8, (blue * 255.0) as u8);
        let x = bar.left() + bar.width() * i as f32 / (table.len() - 1) as f32;
        mesh.colored_vertex(pos2(x, bar.top()), colour);
        mesh.colored_vertex(pos2(x, bar.bottom()), colour);
        if i > 0 {
            mesh.add_triangle(2 * i - 2, 2 * i - 1, 2 * i);
            mesh.add_triangle(2 * i - 1, 2 * i, 2 * i + 1);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    ticks(ui, bar, f64::from(controls.reach()), controls.scale);
}

/// Numbers from `-end` to `end` below a picture.
fn ticks(ui: &Ui, above: Rect, end: f64, scale: f64) {
    let colour = ui.visuals().text_color();
    for (place, align) in [
        (-1.0, Align2::LEFT_TOP),
        (-0.5, Align2::CENTER_TOP),
        (0.0, Align2::CENTER_TOP),
        (0.5, Align2::CENTER_TOP),
        (1.0, Align2::RIGHT_TOP),
    ] {
        let x = above.center().x + above.width() / 2.0 * place as f32;
        ui.painter().vline(x, above.bottom()..=above.bottom() + 3.0, Stroke::new(1.0, colour));
        let at = pos2(x, above.bottom() + 3.0);
        ui.painter().text(
            at,
            align,
            number(place * end, scale),
            FontId::proportional(12.0),
            colour,
        );
    }
}

/// Bars of what was drawn, and a line where the law would have them.
fn histogram(ui: &mut Ui, controls: &Controls, values: &[f32], width: f32) {
    let (whole, _) = ui.allocate_exact_size(vec2(width, ui.available_height()), Sense::hover());
    let frame = whole.with_max_y(whole.max.y - TICKS_HEIGHT);
    let end = ENDS * controls.scale;
    let step = 2.0 * end / BARS as f64;

    let mut counts = [0.0; BARS];
    for value in values {
        let bar = ((f64::from(*value) + end) / step).floor();
        if bar >= 0.0
            && let Some(count) = counts.get_mut(bar as usize)
        {
            *count += 1.0;
        }
    }
    // Several places a bar, since a law may end within one.
    const PLACES: usize = 16;
    let mut expected: [f64; BARS] = std::array::from_fn(|bar| {
        let place = |i| -end + step * (bar as f64 + (i as f64 + 0.5) / PLACES as f64);
        (0..PLACES).map(|i| controls.density(place(i))).sum()
    });
    let total: f64 = expected.iter().sum();
    expected.iter_mut().for_each(|it| *it *= values.len() as f64 / total);

    let most = counts.iter().chain(&expected).copied().fold(1.0, f64::max) * 1.05;
    let at = |bar: f64, count: f64| -> Pos2 {
        let (right, up) = (bar / BARS as f64, count / most);
        pos2(
            frame.left() + frame.width() * right as f32,
            frame.bottom() - frame.height() * up as f32,
        )
    };
    for (bar, count) in counts.iter().enumerate() {
        let bar = Rect::from_min_max(at(bar as f64, *count), at(bar as f64 + 1.0, 0.0));
        ui.painter().rect_filled(bar.shrink2(vec2(0.5, 0.0)), 0.0, BAR);
    }
    let line = expected.iter().enumerate().map(|(bar, count)| at(bar as f64 + 0.5, *count));
    ui.painter().line(line.collect(), Stroke::new(1.5, ui.visuals().strong_text_color()));
    ui.painter().hline(
        frame.x_range(),
        frame.bottom(),
        Stroke::new(1.0, ui.visuals().text_color()),
    );
    ticks(ui, frame, end, controls.scale);
}
