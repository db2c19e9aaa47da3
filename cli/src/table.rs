//! Text in columns.

use std::io::{self, Write};

use wgpu_weights_model::text::{MAX_CELL, short};

/// Writes rows in columns as wide as they need be; the first row is the head.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write<const N: usize>(mut out: impl Write, rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(MAX_CELL));
        }
    }
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let cell = short(cell);
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_be() {
        let rows = [["é".repeat(70_000) + "w", "x".into()], ["a".into(), "y".into()]];
        let mut out = Vec::new();
        write(&mut out, &rows).unwrap();
        let lines: Vec<_> = std::str::from_utf8(&out).unwrap().lines().collect();
        assert_eq!(lines[0], format!("{}…{}w  x", "é".repeat(49), "é".repeat(49)));
        assert_eq!(lines[1], format!("a{}y", " ".repeat(101)));
    }
}
