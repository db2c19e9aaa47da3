//! What the reader gets: a table of all figures, and the README's row.

use wgpu_weights::Dtype;

use crate::{
    adapter::Machine,
    bits::Bits,
    figures::{Figure, Figures},
    speed::By,
};

pub(crate) fn table(figures: &Figures<'_>) -> String {
    let mut text =
        "| | | elements | ms | G elements/s | GB/s | of clear_buffer | of torch | goals |\n\
                    |---|---|--:|--:|--:|--:|--:|--:|---|\n"
            .to_owned();
    for figure in &figures.all {
        let contender = figure.contender;
        let goals = figure.goals().map(|(whom, goal, found)| {
            let met = match found {
                Some(found) if found >= goal => "met",
                Some(_) => "missed",
                None => "not measured",
            };
            format!("{goal} of {whom}: {met}")
        });
        text += &format!(
            "| {} | {} | {} | {:.3} | {:.2} | {:.1} | {} | {} | {} |\n",
            contender.title(),
            contender.by.name(),
            contender.elements,
            figure.seconds * 1e3,
            figure.gigaelements(),
            figure.gigabytes,
            multiple(figure.of_clear),
            multiple(figure.of_torch),
            goals.collect::<Vec<_>>().join(", "),
        );
    }
    text
}

fn multiple(ratio: Option<f64>) -> String {
    ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
}

/// The draws of the row, in the order of its columns.
const DRAWS: [&str; 4] = ["uniform", "normal", "truncated", "constant"];
const TORCHS: [&str; 2] = ["normal", "uniform"];
const DTYPES: [Dtype; 2] = [Dtype::F32, Dtype::BF16];

fn columns(draws: &'static [&str]) -> impl Iterator<Item = (&'static str, Dtype)> {
    draws.iter().flat_map(|&draw| DTYPES.map(|dtype| (draw, dtype)))
}

/// Shares of `clear_buffer`, then multiples of torch; with `SHADER_INT64` and, in brackets, without.
pub(crate) fn header() -> String {
    let named = |(draw, dtype): (&str, Dtype)| format!("{draw} {}", dtype.name().to_lowercase());
    let shares = columns(&DRAWS).map(named);
    let torchs = columns(&TORCHS).map(|it| named(it) + " / torch");
    let cells: Vec<String> = shares.chain(torchs).collect();
    format!(
        "| device | driver | known answers | MiB | clear_buffer, GB/s | {} |\n|---|---|--:|--:|--:|{}\n",
        cells.join(" | "),
        "--:|".repeat(cells.len())
    )
}

pub(crate) fn row(machine: &Machine, bits: &[Bits], bytes: u64, figures: &Figures<'_>) -> String {
    let of = |by, draw, dtype| {
        let mut all = figures.all.iter();
        all.find(|it| (it.contender.by, it.contender.name, it.contender.dtype) == (by, draw, dtype))
    };
    let cell = |draw, dtype, what: &dyn Fn(&Figure<'_>) -> Option<String>| {
        let [with, without] = [By::Int64, By::Plain].map(|by| of(by, draw, dtype).and_then(what));
        match (with, without) {
            (Some(with), Some(without)) => format!("{with} ({without})"),
            (None, Some(without)) => format!("({without})"),
            _ => String::new(),
        }
    };
    let clear = cell("clear_buffer", Dtype::F32, &|it| Some(format!("{:.0}", it.gigabytes)));
    let shares = columns(&DRAWS)
        .map(|(draw, dtype)| cell(draw, dtype, &|it| it.of_clear.map(|it| format!("{it:.2}"))));
    let torchs = columns(&TORCHS)
        .map(|(draw, dtype)| cell(draw, dtype, &|it| it.of_torch.map(|it| format!("{it:.2}"))));
    let asked = bits.iter().map(|bits| bits.asked).min().unwrap_or(0);
    let of = bits.first().map_or(0, |bits| bits.of);
    let cells = [
        plain(&machine.title()),
        plain(&machine.driver()),
        if asked == of { format!("all {of}") } else { format!("{asked} asked of {of}, all right") },
        format!("{}", bytes as f64 / 1048576.0),
        clear,
    ];
    let cells: Vec<String> = cells.into_iter().chain(shares).chain(torchs).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The README's rows with this one among them, in place of an older one of the device.
pub(crate) fn rows(old: &str, title: &str, row: &str) -> String {
    let device = |line: &str| line.split(" | ").next().map(str::to_owned);
    let own = Some(format!("| {}", plain(title)));
    // Before the rows stand the header's two lines; a device without figures is none.
    let others = old.lines().skip(2).filter(|line| device(line) != own);
    let mut rows: Vec<String> = others
        .filter(|line| !line.contains("not measured"))
        .map(|line| format!("{line}\n"))
        .chain([row.to_owned()])
        .collect();
    rows.sort();
    header() + &rows.concat()
}

/// Without what would end a cell.
fn plain(text: &str) -> String {
    text.replace(['|', '\n'], "/")
}
