//! `cargo run`: a window; `cargo run -- --png FILE [SEED]`: one frame of it, where there is no screen.

use std::{env, error::Error, path::Path};

use eframe::egui;
use wgpu_weights_egui::{
    controls::Controls,
    heatmap::Heatmap,
    picture::{Picture, SIZE},
    window,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => open(),
        ["--png", path] => write(path, Controls::default()),
        ["--png", path, seed] => {
            write(path, Controls { seed: seed.parse()?, ..Default::default() })
        }
        _ => Err("no arguments for a window, --png FILE [SEED] for a picture".into()),
    }
}

fn write(path: &str, controls: Controls) -> Result<(), Box<dyn Error>> {
    Picture::draw(&controls)?.write(Path::new(path))?;
    println!("{path}");
    Ok(())
}

#[derive(Default)]
struct App(Controls);

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let problem = frame
            .wgpu_render_state()
            .and_then(|it| it.renderer.read().callback_resources.get::<Heatmap>()?.problem.clone());
        window::show(ui, &mut self.0, problem.as_deref());
    }
}

fn open() -> Result<(), Box<dyn Error>> {
    let viewport = egui::ViewportBuilder::default().with_inner_size(SIZE.map(|it| it as f32));
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    let app: eframe::AppCreator = Box::new(|context| {
        let egui = context.wgpu_render_state.as_ref().ok_or("egui draws without wgpu")?;
        let heatmap = Heatmap::new(&egui.device, egui.target_format)?;
        egui.renderer.write().callback_resources.insert(heatmap);
        Ok(Box::<App>::default())
    });
    eframe::run_native("wgpu-weights", options, app)
        .map_err(|error| format!("no window: {error} (--png FILE draws without one)").into())
}
