//! A frame of the app, without a window.

use std::{error::Error, fs::File, io::BufReader, path::Path, process::Command};

use wgpu_weights::cpu;
use wgpu_weights_egui::{
    colours::colour,
    controls::{Controls, Law, SHAPE},
    picture::{Picture, SIZE},
};

/// Every byte that the shader read is the twin's, and every square of the picture has its value's colour.
#[test]
fn shows_the_twins_values() -> Result<(), Box<dyn Error>> {
    for law in Law::ALL {
        let controls = Controls { law, ..Default::default() };
        let picture = Picture::draw(&controls)?;
        // For whoever wants to look.
        picture.write(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{law:?}.png")))?;
        let fill = controls.fill()?;
        let mut twin = vec![0; fill.bytes()? as usize];
        cpu::fill(&fill, &mut twin)?;
        assert!(picture.weights == twin, "{law:?}: the bytes differ");

        let mut values = vec![0.0; fill.count() as usize];
        cpu::fill_f32(&fill, &mut values)?;
        let [rows, columns] = SHAPE.map(|it| it as usize);
        let side = picture.heatmap.width() / columns as f32;
        for (i, value) in values.iter().enumerate() {
            let x = picture.heatmap.left() + side * ((i % columns) as f32 + 0.5);
            let y = picture.heatmap.top() + side * ((i / columns) as f32 + 0.5);
            let given = pixel(&picture, x, y);
            let wanted = colour(value / controls.reach());
            let worst = given.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
            // The mix of two colours is the shader's own arithmetic.
            assert!(worst <= Some(1), "{law:?}, {i} of {rows} x {columns}: {given:?}, {wanted:?}");
        }
    }
    Ok(())
}

/// A seed has one picture, and another one has another.
#[test]
fn follows_the_seed() -> Result<(), Box<dyn Error>> {
    let draw = |seed| Picture::draw(&Controls { seed, ..Default::default() });
    let (first, again, other) = (draw(42)?, draw(42)?, draw(43)?);
    assert!(first.pixels == again.pixels, "one seed has two pictures");
    let [rows, columns] = SHAPE.map(|it| it as usize);
    let side = first.heatmap.width() / columns as f32;
    let same = (0..rows * columns).filter(|i| {
        let x = first.heatmap.left() + side * ((i % columns) as f32 + 0.5);
        let y = first.heatmap.top() + side * ((i / columns) as f32 + 0.5);
        pixel(&first, x, y) == pixel(&other, x, y)
    });
    assert!(same.count() < rows * columns / 4, "two seeds have one picture");
    Ok(())
}

/// `--png` writes that picture.
#[test]
fn writes_a_png() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("egui.png");
    let program = env!("CARGO_BIN_EXE_wgpu-weights-egui");
    assert!(Command::new(program).arg("--png").arg(&path).arg("7").status()?.success());
    let mut png = png::Decoder::new(BufReader::new(File::open(&path)?)).read_info()?;
    let mut pixels = vec![0; (SIZE[0] * SIZE[1] * 4) as usize];
    png.next_frame(&mut pixels)?;
    let drawn = Picture::draw(&Controls { seed: 7, ..Default::default() })?;
    assert!(pixels == drawn.pixels, "the file holds another picture");
    Ok(())
}

fn pixel(picture: &Picture, x: f32, y: f32) -> [u8; 4] {
    let at = (y as usize * SIZE[0] as usize + x as usize) * 4;
    std::array::from_fn(|i| picture.pixels[at + i])
}
