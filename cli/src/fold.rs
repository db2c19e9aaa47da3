//! Rows that are alike but for a number in their name (a layer, an expert), as one.

use std::collections::HashMap;

/// Rows that are shown as one.
pub(crate) struct Folded<T> {
    /// The name of the one row, or that of all: `h.{0-11}.attn.weight`.
    pub(crate) name: String,
    /// The rows, in their order.
    pub(crate) rows: Vec<T>,
}

/// Layers, experts in layers, and what else a name may count.
const PASSES: usize = 4;

/// Folds rows of these names that are alike and differ in one number, in the order of the first of each.
pub(crate) fn fold<T>(
    rows: impl IntoIterator<Item = (String, T)>,
    alike: impl Fn(&T, &T) -> bool,
) -> Vec<Folded<T>> {
    let one = |(name, row)| Folded { name, rows: vec![row] };
    let mut folded: Vec<_> = rows.into_iter().map(one).collect();
    for _ in 0..PASSES {
        let before = folded.len();
        folded = pass(folded, &alike);
        if folded.len() == before {
            break;
        }
    }
    folded
}

/// Groups of one form, with the numbers that its members have.
struct Group<T> {
    /// The name before and after the number; none where there is no number.
    form: Option<[String; 2]>,
    numbers: Vec<u64>,
    folded: Folded<T>,
}

fn pass<T>(rows: Vec<Folded<T>>, alike: &impl Fn(&T, &T) -> bool) -> Vec<Folded<T>> {
    let mut groups: Vec<Group<T>> = Vec::new();
    let mut by_form: HashMap<[String; 2], Vec<usize>> = HashMap::new();
    for mut row in rows {
        let Some((form, number)) = number_of(&row.name) else {
            groups.push(Group { form: None, numbers: Vec::new(), folded: row });
            continue;
        };
        let of_form = by_form.entry(form.clone()).or_default();
        let same = of_form.iter().copied().find(|&at| {
            let first = &groups[at].folded;
            first.rows.len() / groups[at].numbers.len() == row.rows.len()
                && alike(&first.rows[0], &row.rows[0])
        });
        match same {
            Some(at) => {
                groups[at].numbers.push(number);
                groups[at].folded.rows.append(&mut row.rows);
            }
            None => {
                of_form.push(groups.len());
                groups.push(Group { form: Some(form), numbers: vec![number], folded: row });
            }
        }
    }
    let named = |group: Group<T>| match group.form {
        Some([before, after]) if group.numbers.len() > 1 => {
            let name = format!("{before}{{{}}}{after}", ranges(group.numbers));
            Folded { name, ..group.folded }
        }
        _ => group.folded,
    };
    groups.into_iter().map(named).collect()
}

/// The first component of a name that is all digits, and what is before and after it.
fn number_of(name: &str) -> Option<([String; 2], u64)> {
    let mut begin = 0;
    for part in name.split('.') {
        let end = begin + part.len();
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            let form = [name[..begin].into(), name[end..].into()];
            return Some((form, part.parse().ok()?));
        }
        begin = end + 1;
    }
    None
}

/// Numbers as ranges: `0-11`, or `0-3,7`.
fn ranges(mut numbers: Vec<u64>) -> String {
    numbers.sort_unstable();
    let mut ranges: Vec<[u64; 2]> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some([_, end]) if number <= end.saturating_add(1) => *end = number,
            _ => ranges.push([number, number]),
        }
    }
    let text = ranges.iter().map(|[first, end]| match first == end {
        true => first.to_string(),
        false => format!("{first}-{end}"),
    });
    text.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_one() {
        let names = |rows: &[(&str, u8)]| -> Vec<String> {
            let rows = rows.iter().map(|(name, kind)| ((*name).to_owned(), *kind));
            fold(rows, |a, b| a == b).into_iter().map(|it| it.name).collect()
        };
        assert_eq!(
            names(&[
                ("wte", 0),
                ("h.0.w", 1),
                ("h.0.b", 2),
                ("h.1.w", 1),
                ("h.1.b", 2),
                ("h.2.w", 3)
            ]),
            ["wte", "h.{0-1}.w", "h.{0-1}.b", "h.2.w"]
        );
        assert_eq!(names(&[("3", 0), ("4", 0), ("9", 0)]), ["{3-4,9}"]);
        let experts: Vec<String> =
            (0..6).map(|it| format!("l.{}.e.{}.w", it / 3, it % 3)).collect();
        let experts: Vec<(&str, u8)> = experts.iter().map(|name| (name.as_str(), 0)).collect();
        assert_eq!(names(&experts), ["l.{0-1}.e.{0-2}.w"]);
        assert_eq!(
            names(&[("h.99999999999999999999.w", 0), ("h..w", 0)]),
            ["h.99999999999999999999.w", "h..w"]
        );
    }
}
