//! What is seen: sliders at the left; heat map, legend and histogram beside them.

use eframe::egui::{
    CentralPanel, ComboBox, Grid, Panel, Rect, RichText, Sense, Slider, StrokeKind, TextEdit, Ui,
    vec2,
};
use egui_wgpu::Callback;
use wgpu_weights::{Error, cpu};

use crate::{
    controls::{Controls, Law, SHAPE},
    heatmap::Show,
    plots,
};

/// What lies below the heat map.
const LEGEND_HEIGHT: f32 = 34.0;
/// Between one picture and the next.
const GAP: f32 = 10.0;
/// At least.
const HISTOGRAM_HEIGHT: f32 = 120.0;

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
            ui.monospace(format!("{:>10}", plots::number(value, controls.scale * 0.1)));
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
    plots::legend(ui, controls, [heatmap.width(), LEGEND_HEIGHT]);
    ui.add_space(GAP);
    if let Ok(values) = values(controls) {
        ui.label(format!("{} values (bars), and what the law expects (line)", values.len()));
        plots::histogram(ui, controls, &values, heatmap.width());
    }
    heatmap
}
