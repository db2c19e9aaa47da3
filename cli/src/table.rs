//! Text in columns that fit the terminal.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets::NOTHING};
use wgpu_weights_model::text::short;

/// A column.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    head: &'static str,
    /// What is needed least is left out first where there is no room.
    need: u8,
    /// How narrow it may become by wrapping between words; none keeps it whole.
    wraps_to: Option<usize>,
    /// Whether also a long text is shown whole.
    whole: bool,
}

impl Column {
    pub(crate) const fn new(head: &'static str, need: u8) -> Self {
        Self { head, need, wraps_to: None, whole: false }
    }

    /// The same, which may become so narrow by wrapping between words.
    pub(crate) const fn wrapped_to(self, least: usize) -> Self {
        Self { wraps_to: Some(least), ..self }
    }

    /// The same, whose texts are shown whole however long they are.
    pub(crate) const fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// One that is never left out.
    pub(crate) const fn must(head: &'static str) -> Self {
        Self::new(head, u8::MAX)
    }
}

/// The width of the terminal that standard output is; none where it is none.
pub(crate) fn width() -> Option<usize> {
    let (terminal_size::Width(width), _) = terminal_size::terminal_size_of(io::stdout())?;
    io::stdout().is_terminal().then(|| usize::from(width).max(40))
}

/// Writes rows in columns, in a width if there is one; what does not fit wraps between words.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(
    mut out: impl Write,
    columns: &[Column],
    rows: &[Vec<String>],
    width: Option<usize>,
) -> io::Result<()> {
    let shown = |(cell, column): (&String, &Column)| match column.whole {
        true => cell.clone(),
        false => short(cell).into_owned(),
    };
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().zip(columns).map(shown).collect()).collect();
    let wide = |at: usize| {
        let cells = cells.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
        cells.chain([columns[at].head.chars().count()]).max().unwrap_or(0) + 2
    };
    // What is needed most first; a narrow column may still find room where a wide one did not.
    let mut by_need: Vec<usize> = (0..columns.len()).collect();
    by_need.sort_by_key(|&at| std::cmp::Reverse(columns[at].need));
    let (mut shown, mut taken) = (Vec::new(), 0);
    for at in by_need {
        let least = columns[at].wraps_to.map_or(wide(at), |least| wide(at).min(least + 2));
        let fits = width.is_none_or(|width| taken + least <= width + 2);
        if fits || columns[at].need == u8::MAX {
            shown.push(at);
            taken += least;
        }
    }
    shown.sort_unstable();
    let mut table = Table::new();
    table.load_style(NOTHING);
    match width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width.min(usize::from(u16::MAX)) as u16);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(shown.iter().map(|&at| columns[at].head));
    for row in &cells {
        table.add_row(shown.iter().map(|&at| row.get(at).map_or("", String::as_str)));
    }
    let fits = width.is_none_or(|width| taken <= width + 2);
    for (column, &at) in table.column_iter_mut().zip(&shown) {
        column.set_padding((0, 2));
        if fits && columns[at].wraps_to.is_none() {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    let hidden: Vec<_> =
        (0..columns.len()).filter(|at| !shown.contains(at)).map(|at| columns[at].head).collect();
    if !hidden.is_empty() {
        writeln!(out, "(no room for {}: `| less -S` shows all)", hidden.join(", "))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[Vec<String>], width: Option<usize>) -> String {
        let what = Column::must("what").wrapped_to(12);
        let columns = [Column::must("name"), what, Column::new("rule", 0)];
        let mut out = Vec::new();
        write(&mut out, &columns, rows, width).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_they_need_be() {
        let rows = [
            vec!["é".repeat(70_000) + "w", "x".into(), "r".into()],
            ["a", "y", "s"].map(String::from).into(),
        ];
        let text = written(&rows, None);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], format!("{}…{}w  x     r", "é".repeat(49), "é".repeat(49)));
        assert_eq!(lines[2], format!("a{}y     s", " ".repeat(101)));
    }

    #[test]
    fn a_narrow_terminal_has_less() {
        let law = "truncated normal mean 0 std 0.02 in [-0.04, 0.04]";
        let rows = [vec![
            "h.{0-11}.attn.c_attn.weight".into(),
            law.into(),
            "*.{c_attn,c_fc}.weight".into(),
        ]];
        assert!(written(&rows, Some(200)).contains("*.{c_attn,c_fc}.weight\n"));
        let narrow = written(&rows, Some(60));
        assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
        assert!(narrow.contains("(no room for rule:") && !narrow.contains("c_fc"), "{narrow}");
        // Words stay whole.
        assert!(narrow.contains("truncated") && narrow.contains("[-0.04,"), "{narrow}");
    }
}
