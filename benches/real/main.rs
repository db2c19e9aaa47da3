//! A real GPU in one command: first bits, then speed. `benches/gpu` builds and runs it; it needs nothing but
//! a driver, and may be carried to where there is no Rust.
//!
//! It ends with status 1 where a bit differs, and then times nothing; with 2 where it cannot run.

mod adapter;
#[path = "../../tests/common/answers.rs"]
mod answers;
mod bits;
#[path = "../device.rs"]
mod device;
mod figures;
#[path = "../lock.rs"]
mod lock;
#[path = "../marked.rs"]
mod marked;
mod options;
mod speed;
mod table;
#[cfg(test)]
mod tests;
mod torch;

use std::{fs, path::Path, process::ExitCode, sync::Arc, time::Instant};

use adapter::Machine;
use answers::Answer;
use bits::Bits;
use device::{Error, Gpu};
use figures::Figures;
use options::{HELP, Options};
use serde_json::{Value, json};
use speed::{By, Side};
use torch::Torch;
use wgpu_weights::{CONTRACT_VERSION, wgpu};

fn main() -> ExitCode {
    ExitCode::from(run(std::env::args().skip(1)))
}

fn run(args: impl IntoIterator<Item = String>) -> u8 {
    let told = Options::parse(args).map_err(Error::from).and_then(|options| match options {
        Some(options) => bits_then_speed(&options),
        None => {
            print!("{HELP}");
            Ok(true)
        }
    });
    match told {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(error) => {
            eprintln!("bench-gpu: {error}");
            2
        }
    }
}

/// Whether every bit is the contract's.
fn bits_then_speed(options: &Options) -> Result<bool, Error> {
    let start = Instant::now();
    let answers = known_answers(options.answers.as_deref())?;
    let adapter = adapter::choose(options.adapter.as_deref())?;
    let machine = Machine::of(&adapter);
    println!(
        "{}, {}\nfeatures: {}",
        machine.title(),
        machine.driver(),
        machine.features().join(" ")
    );
    let json_file = options
        .json
        .clone()
        .unwrap_or_else(|| options.results.join(format!("gpu-{}.json", machine.slug())));
    let mut left_out = Vec::new();
    let mut record = json!({
        "device": machine.json(),
        "versions": {
            "wgpu-weights": lock::version("wgpu-weights"),
            "wgpu": lock::version("wgpu"),
            "contract": CONTRACT_VERSION,
        },
        "bits": {},
    });

    let sides = sides(&adapter)?;
    if sides.len() == 1 {
        left_out.push(format!("{}: the device has no such feature", By::Int64.name()));
    }
    let mut bits = Vec::new();
    for (side, number) in sides.iter().zip(1..) {
        eprintln!("bits, {}", side.by.name());
        // Half of the time at most, and each device its part.
        let until = start + options.seconds * number / 2 / sides.len() as u32;
        let found = Bits::check(&side.gpu, &answers, until)?;
        println!("{}, {}", side.by.name(), found.summary());
        for wrong in found.wrong() {
            println!("DIFFERS, {}: {wrong}", side.by.name());
        }
        if found.asked < found.of {
            let late = found.of - found.asked;
            left_out.push(format!("{late} known answers, {}: time was up", side.by.name()));
        }
        record["bits"][side.by.name()] = found.json();
        bits.push(found);
    }
    let exact = bits.iter().all(Bits::exact);
    record["exact"] = json!(exact);
    record["left_out"] = json!(left_out);
    // Now too, so that a file that cannot be written is told before the timing.
    write(&json_file, &record)?;
    if !exact {
        println!("bits differ: nothing is timed");
        return Ok(false);
    }

    let mut torch = match machine.software() && options.torch.is_none() {
        true => Err("the device is a software one, and torch's would be another".to_owned()),
        false => Torch::start(&machine.info.name, options.torch.as_deref()),
    };
    record["torch"] = match &torch {
        Ok(it) => json!({ "at_hand": true, "version": it.version, "device": it.device }),
        Err(why) => json!({ "at_hand": false, "why": why }),
    };
    match &torch {
        Ok(it) => println!("torch {} on {}", it.version, it.device),
        Err(why) => println!("torch was not at hand: {why}"),
    }
    let elements = options.elements.unwrap_or_else(|| machine.elements());
    eprintln!("speed, {elements} f32 elements (and as many bytes of bf16)");
    let speed = speed::measure(&sides, torch.as_mut().ok(), elements, start + options.seconds)?;
    let figures = Figures::of(&speed);
    left_out.extend(figures.left_out());
    record["speed"] = figures.json();
    record["left_out"] = json!(left_out);
    write(&json_file, &record)?;
    print!("\n{}", table::table(&figures));
    left_out.iter().for_each(|it| println!("left out: {it}"));
    println!(
        "\n{} turns, by the {}'s clock; {}",
        speed.turns,
        figures.clock.name(),
        json_file.display()
    );
    let row = table::row(&machine, &bits, speed.bytes, &figures);
    print!("\n{}{row}", table::header());
    if let Some(readme) = &options.readme {
        let why = match options.answers {
            Some(_) => Some("other known answers"),
            None if machine.software() && !options.software_too => Some("a software device"),
            None if bits.iter().any(|it| it.asked < it.of) => {
                Some("not all known answers were asked")
            }
            None => None,
        };
        if let Some(why) = why {
            eprintln!("{why}: the row is not written to {}", readme.display());
        } else {
            let old = fs::read_to_string(readme).map_err(at(readme))?;
            let new = marked::replaced(&old, "gpu", |old| table::rows(old, &machine.title(), &row));
            fs::write(readme, new.map_err(at(readme))?).map_err(at(readme))?;
        }
    }
    eprintln!("{} s", start.elapsed().as_secs());
    Ok(true)
}

/// A device with 64-bit integers, where the adapter has them, and one without.
fn sides(adapter: &wgpu::Adapter) -> Result<Vec<Side>, Error> {
    let int64 = wgpu::Features::SHADER_INT64;
    let both = [(By::Int64, int64), (By::Plain, wgpu::Features::empty())];
    let had = both.into_iter().filter(|(_, features)| adapter.features().contains(*features));
    had.map(|(by, features)| {
        let gpu = Gpu::on(adapter, features)?;
        // What no scope catches, as a device that is lost, would be a panic.
        gpu.device.on_uncaptured_error(Arc::new(|error| {
            eprintln!("bench-gpu: the device refused: {error}");
            std::process::exit(2);
        }));
        Ok(Side { by, gpu })
    })
    .collect()
}

/// Those of the contract, or of a file; small ones first, since time may be up.
fn known_answers(file: Option<&Path>) -> Result<Vec<Answer>, Error> {
    let text = match file {
        Some(file) => &fs::read_to_string(file).map_err(at(file))?,
        None => include_str!("../../tests/data/known_answers.txt"),
    };
    let mut answers = answers::read(text)?;
    answers.sort_by_key(|answer| answer.fill.count());
    Ok(answers)
}

fn write(file: &Path, record: &Value) -> Result<(), Error> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let text = serde_json::to_string_pretty(record)? + "\n";
    fs::write(file, text).map_err(at(file))
}

/// An error with the file it is about.
fn at<E: std::fmt::Display>(file: &Path) -> impl Fn(E) -> Error {
    move |error| format!("{}: {error}", file.display()).into()
}
