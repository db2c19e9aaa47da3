//! What is painted below the heat map: the legend of its colours, and the histogram.

use eframe::egui::{
    Align2, Color32, FontId, Mesh, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2,
};

use crate::{colours, controls::Controls};

/// Bars of the histogram, and standard deviations from its middle to its ends.
const BARS: usize = 64;
const ENDS: f64 = 4.0;
/// The row of numbers below a picture.
const TICKS_HEIGHT: f32 = 18.0;
const BAR: Color32 = Color32::from_rgb(0x43, 0x93, 0xc3);

/// The colours, and their values.
pub fn legend(ui: &mut Ui, controls: &Controls, [width, height]: [f32; 2]) {
    let (whole, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
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
pub fn histogram(ui: &mut Ui, controls: &Controls, values: &[f32], width: f32) {
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

/// A number with three digits of what matters at this scale.
pub fn number(value: f64, scale: f64) -> String {
    let decimals = (2.0 - scale.log10().floor()).clamp(0.0, 9.0) as usize;
    // No minus before what is zero in these digits.
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches('-').chars().all(|it| it == '0' || it == '.') {
        format!("{:.decimals$}", 0.0)
    } else {
        text
    }
}
