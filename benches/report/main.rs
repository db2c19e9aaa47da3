//! Turns criterion's results, and those of the peers that live apart, into the README's table and plots.
//!
//! `benches/run` measures everything and ends with this. By itself, `cargo run --release -p wgpu-weights-bench --example bench-report`
//! writes the table between the markers of README.md and the plots to benches/results/, of what it finds in target/criterion,
//! target/criterion-avx2 and target/peers/*.json. With `--plots` it draws the plots anew, of the README's own table.

#[path = "../lock.rs"]
mod lock;
#[path = "../marked.rs"]
mod marked;
mod plot;
mod results;
mod table;

use std::{error::Error, fs, path::Path};

use results::Results;

/// What may be measured, in the order of the table's columns.
const CONTENDERS: [&str; 15] = [
    "clear_buffer",
    "gpu",
    "gpu transposed",
    "gpu native",
    "burn",
    "torch cuda",
    "gpu+readback",
    "cpu+upload",
    "cpu",
    "cpu transposed",
    "cpu 1 thread",
    "cpu 1 thread avx2",
    "rand",
    "torch",
    "numpy",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no parent folder")?;
    if std::env::args().any(|argument| argument == "--plots") {
        let readme = fs::read_to_string(root.join("README.md"))?;
        return plots(root, &Results::of_the_table(&readme)?);
    }
    let results = Results::read(root)?;
    let text = table::report(&results);
    print!("{text}");

    let readme = root.join("README.md");
    let old = fs::read_to_string(&readme)?;
    fs::write(&readme, marked::replaced(&old, "bench-report", |_| text.clone())?)?;
    plots(root, &results)
}

fn plots(root: &Path, results: &Results) -> Result<(), Box<dyn Error>> {
    let folder = root.join("benches/results");
    fs::create_dir_all(&folder)?;
    plot::plot(&folder.join("normal.svg"), "normal/f32", results)?;
    plot::plot(&folder.join("uniform.svg"), "uniform/f32", results)
}
