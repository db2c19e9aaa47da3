//! Numbers, sizes and names in words.

use std::borrow::Cow;

/// Characters of a text that are shown.
pub const MAX_CELL: usize = 100;

/// A text, or the two ends of a long one, of which each may tell it from others.
pub fn short(text: &str) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= MAX_CELL {
        return text.into();
    }
    let head: String = text.chars().take(MAX_CELL / 2 - 1).collect();
    let tail: String = text.chars().skip(count - MAX_CELL / 2).collect();
    format!("{head}…{tail}").into()
}

/// Bytes, in decimal units.
pub fn bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut size, mut unit) = (bytes as f64, "bytes");
    for next in units {
        if size < 1000.0 {
            break;
        }
        (size, unit) = (size / 1000.0, next);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{size:.2} {unit}") }
}

/// A number with six digits, plainly unless it is very small or large.
pub fn number(value: f64) -> String {
    number_of(value, 6)
}

/// A number with so many digits, 1 to 16, plainly unless it is very small or large.
pub fn number_of(value: f64, digits: usize) -> String {
    let after = digits.clamp(1, 16) - 1;
    let trim = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    let scientific = format!("{value:.after$e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        _ if value == 0.0 => "0".into(),
        Ok(exponent) if (-4..=after as i32).contains(&exponent) => {
            trim(&format!("{value:.0$}", (after as i32 - exponent) as usize))
        }
        _ => format!("{}e{exponent}", trim(digits)),
    }
}

/// So many of a thing whose plural ends in s.
pub fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A question after a name that is near to one of these, as `(did you mean ...?)`; nothing where none is near.
pub fn nearest<'a>(known: impl IntoIterator<Item = &'a str>, given: &str) -> String {
    let near = known.into_iter().map(|known| (distance(known, given), known)).min();
    match near {
        Some((apart, near)) if apart <= 2.max(given.len() / 3) => {
            format!(" (did you mean `{near}`?)")
        }
        _ => String::new(),
    }
}

/// How many letters must be changed, added or left out to make one of another.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_shows_its_ends() {
        let long = "é".repeat(70_000) + "w";
        assert_eq!(short(&long), format!("{}…{}w", "é".repeat(49), "é".repeat(49)));
        assert_eq!(short(&"b".repeat(100)), "b".repeat(100));
    }

    #[test]
    fn numbers_are_plain_where_they_can_be() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.02, "0.02"),
            (-100.0, "-100"),
            (0.123_456_78, "0.123457"),
            (999_999.7, "1e6"),
            (1.5e-7, "1.5e-7"),
            (4_294_967_296.0, "4.29497e9"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!((count(1, "file"), count(0, "file")), ("1 file".into(), "0 files".into()));
    }
}
