//! Rows of the table: a target each.

use std::{collections::HashMap, fs, path::Path};

use wgpu_weights::{
    Dtype,
    kernel::{Draw, Integers, Kernel, Store},
};

use super::{
    judge::{Copies, objection},
    machine::Machine,
    targets::{TARGETS, Target},
    written::{Written, written},
};
use crate::{
    kernels::{UNFENCED, sources},
    translate::validate,
};

/// What the table tells of.
const TOLD: [(Draw, &str); 4] = [
    (Draw::Uniform, "uniform"),
    (Draw::CentredNormal, "normal, mean 0"),
    (Draw::Normal, "normal"),
    (Draw::TruncatedNormal, "truncated"),
];

/// Elements that an invocation makes where stores are aligned, and blocks.
const ELEMENTS: f64 = 16.0;
const BLOCKS: u32 = 4;

/// What is wrong with a compiler is mostly the same in many kernels.
const LINES: usize = 8;

/// What makes a block's four elements.
const DRAW: &str = "draw";

type Error = Box<dyn std::error::Error>;

/// The kernel that most tensors take.
fn fastest(draw: Draw, integers: Integers) -> Kernel {
    Kernel { draw, dtype: Dtype::F32, store: Store::Aligned, integers }
}

/// `1.5` and `12`.
fn short(number: f64) -> String {
    if number == number.round() { format!("{number}") } else { format!("{number:.1}") }
}

/// The head of the table, with what the WGSL writes.
pub(crate) fn head() -> bool {
    let draws = TOLD.map(|(_, name)| name).join(" | ");
    println!(
        "| compiler | target | kernels | without fences | {draws} | registers | G elements/s | memory |"
    );
    println!("|---|---|--:|--:|{}---|--:|", "--:|".repeat(TOLD.len() + 1));
    let cells: Vec<String> = TOLD
        .iter()
        .map(|&(draw, _)| {
            let valid = validate(&fastest(draw, Integers::U32));
            let Written { products, sums, .. } = written(&valid, DRAW);
            let each = |count| short(f64::from(count) / 4.0);
            format!("{}, {}", each(products), each(sums))
        })
        .collect();
    let fenced = sources().iter().filter(|it| !it.label.ends_with(UNFENCED)).count();
    println!("| (as the WGSL has it) | | {fenced} | | {} | | | |", cells.join(" | "));
    true
}

/// Everything of a target that lies in a folder.
struct Found {
    kernels: usize,
    wrong: Vec<String>,
    /// Unfenced kernels that were found to be what they are, and those that were not.
    told: usize,
    untold: Vec<(String, Draw)>,
    machines: HashMap<String, Machine>,
    compiler: Option<String>,
}

fn look(target: &Target, folder: &Path) -> Result<Found, Error> {
    let mut found = Found {
        kernels: 0,
        wrong: Vec::new(),
        told: 0,
        untold: Vec::new(),
        machines: HashMap::new(),
        compiler: None,
    };
    let sources = sources();
    for source in &sources {
        let path = folder.join(format!("{}.{}.asm", source.label, target.key));
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let compiler = text.lines().next().and_then(|line| line.strip_prefix("# compiler "));
        found.compiler = found.compiler.or(compiler.map(str::to_owned));
        let machine = target.listing.read(&text);
        if machine.instructions == 0 {
            return Err(format!("{} holds no machine code", path.display()).into());
        }
        found.machines.insert(source.label.clone(), machine);
    }
    for source in &sources {
        let Some(machine) = found.machines.get(&source.label) else { continue };
        let divisions = Kernel { draw: Draw::Bits, dtype: Dtype::U32, ..source.kernel };
        let copies = match source.kernel.store {
            Store::Aligned => Copies::Just(BLOCKS),
            Store::Window => Copies::Any,
            _ => match found.machines.get(&divisions.label()) {
                Some(machine) => Copies::AndDivisions(machine),
                None => Copies::Any,
            },
        };
        // A window between two blocks does without an element of the second one.
        let function = if source.kernel.store == Store::Window { "draw_at" } else { DRAW };
        // What divides and does nothing else is not judged.
        let told = match source.kernel {
            kernel
                if kernel == divisions
                    && !matches!(kernel.store, Store::Aligned | Store::Window) =>
            {
                None
            }
            // Two sorts of divisions, one of them for rows that share words: no kernel divides in just these ways
            // and does nothing else. Run, they are held against the twin.
            kernel if kernel.store == Store::Transposed && kernel.dtype.size() < 4 => None,
            // They walk from place to place, which is not counted here; what a sparse one rounds is the normal's,
            // in the same functions. Run, they are held against the twin.
            kernel if matches!(kernel.draw, Draw::Diagonal | Draw::Sparse) => None,
            _ => objection(&written(&source.valid(), function), machine, copies),
        };
        match (source.label.ends_with(UNFENCED), told) {
            (true, Some(_)) => found.told += 1,
            (true, None) => found.untold.push((source.label.clone(), source.kernel.draw)),
            (false, Some(what)) => found.wrong.push(format!("{}: {what}", source.label)),
            (false, None) => {}
        }
        found.kernels += usize::from(!source.label.ends_with(UNFENCED));
    }
    Ok(found)
}

fn machine<'a>(found: &'a Found, kernel: Kernel, end: &str) -> Option<&'a Machine> {
    found.machines.get(&format!("{}{end}", kernel.label()))
}

fn cell(machine: Option<&Machine>) -> String {
    let Some(it) = machine else { return String::new() };
    let each = |count: u32| short(f64::from(count) / ELEMENTS);
    let Machine { products, sums, fused, instructions, .. } = *it;
    let instructions = f64::from(instructions) / ELEMENTS;
    format!("{}, {}, {}: {instructions:.1}", each(products), each(sums), each(fused))
}

/// Not every machine has a fused operation that is worth its while for a uniform's one product.
fn allowed(draw: Draw) -> &'static str {
    if draw == Draw::Uniform { " (allowed of a uniform)" } else { "" }
}

fn try_row(folder: &str, key: &str, compiler: &str) -> Result<bool, Error> {
    let target = TARGETS.iter().find(|it| it.key == key).ok_or("no such target")?;
    let found = look(target, Path::new(folder))?;
    for wrong in found.wrong.iter().take(LINES) {
        eprintln!("{key}: {wrong}");
    }
    if let Some(more) = found.wrong.len().checked_sub(LINES).filter(|&more| more > 0) {
        eprintln!("{key}: and {more} more");
    }
    let mut blind = target.fuses && found.told == 0;
    for (label, draw) in found.untold.iter().filter(|_| target.fuses) {
        eprintln!("{key}: {label} is not told from a fenced one{}", allowed(*draw));
        blind |= *draw != Draw::Uniform;
    }
    let compiler = if compiler.is_empty() { found.compiler.as_deref() } else { Some(compiler) };
    let told = |draw| machine(&found, fastest(draw, target.integers), "");
    let cells: Vec<String> = TOLD.iter().map(|&(draw, _)| cell(told(draw))).collect();
    let normal = told(Draw::CentredNormal);
    let registers = normal.and_then(|it| it.registers).map_or(String::new(), |it| it.to_string());
    let (mut speeds, mut memory) = (String::new(), String::new());
    if let Some(card) = &target.card {
        let of = |draw| told(draw).map_or(f64::NAN, |it| card.speed(it, ELEMENTS));
        speeds = format!(
            "{}: {:.0}, {:.0}, {:.0}, {:.0}",
            card.name,
            of(TOLD[0].0),
            of(TOLD[1].0),
            of(TOLD[2].0),
            of(TOLD[3].0)
        );
        memory = format!("{:.0}", card.memory(4.0));
    }
    let unfenced = machine(&found, fastest(Draw::Normal, target.integers), UNFENCED);
    let control = match unfenced {
        Some(_) if !target.fuses => "left to the driver".into(),
        Some(it) => format!("{} fused", short(f64::from(it.fused) / ELEMENTS)),
        None => "none".into(),
    };
    println!(
        "| {} | {} | {} of {} | {control} | {} | {registers} | {speeds} | {memory} |",
        compiler.unwrap_or_default(),
        target.title,
        found.kernels - found.wrong.len(),
        found.kernels,
        cells.join(" | ")
    );
    Ok(found.kernels > 0 && found.wrong.is_empty() && !blind)
}

/// A row, and what is wrong on stderr; false where anything is.
pub(crate) fn row(folder: &str, key: &str, compiler: &str) -> bool {
    try_row(folder, key, compiler).unwrap_or_else(|error| {
        eprintln!("{key}: {error}");
        false
    })
}

/// What was tried for the normal, of each target whose listings lie in one of the folders: instructions an
/// element and, where there is a card, G elements/s.
pub(crate) fn candidates(folders: &[&str]) -> bool {
    let read = |target: &Target, label: &str| {
        let file = format!("{label}.{}.asm", target.key);
        let text =
            folders.iter().find_map(|it| fs::read_to_string(Path::new(it).join(&file)).ok())?;
        Some(target.listing.read(&text))
    };
    let found = |target: &&Target| target.card.is_some() && read(target, "candidate_0").is_some();
    let targets: Vec<&Target> = TARGETS.iter().filter(found).collect();
    let titles: Vec<_> = targets.iter().map(|it| it.title).collect();
    println!("| candidate | {} |", titles.join(" | "));
    println!("|---|{}", "--:|".repeat(targets.len()));
    for (edit, source) in crate::kernels::candidates() {
        let cells = targets.iter().map(|target| {
            let machine = read(target, &source.label).filter(|it| it.instructions > 0);
            machine.map_or(String::new(), |it| {
                let elements = f64::from(edit.elements);
                let speed = target.card.map_or(f64::NAN, |card| card.speed(&it, elements));
                format!("{:.1}: {speed:.0}", f64::from(it.instructions) / elements)
            })
        });
        println!("| {} | {} |", edit.name, cells.collect::<Vec<_>>().join(" | "));
    }
    !targets.is_empty()
}
