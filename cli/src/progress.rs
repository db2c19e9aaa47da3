//! What is said while and after working, on standard error.

use std::{
    fmt,
    io::{self, Write},
};

use indicatif::{ProgressBar, ProgressStyle};
use wgpu_weights_model::{Note, checkpoint::Space, text};

/// Says a line on standard error; one that is closed is no failure.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    // At once: standard error has no buffer, and many processes of a launcher share it.
    let _ = io::stderr().write_all((printable(&line.to_string()) + "\n").as_bytes());
}

/// What a terminal may be given: files' names and texts can hold anything, and any amount of it.
fn printable(text: &str) -> String {
    /// Many screens.
    const MOST: usize = 20_000;
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() > MOST {
            shown.push('…');
            break;
        }
        match c {
            '\n' => shown.push(c),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// Says notes, a line each.
pub(crate) fn tell(notes: &[Note]) {
    for note in notes {
        say(format_args!("note: {note}"));
    }
}

/// Says what is about to be written, and what is free there.
pub(crate) fn say_space(space: &Space) {
    let free =
        space.free.map_or_else(String::new, |free| format!("; {} are free", text::bytes(free)));
    say(format_args!("writing {}{free}", text::bytes(space.needed)));
}

/// A bar on a terminal, nothing in a pipe.
pub(crate) fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let template = "{wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
    // A template that indicatif cannot read would leave its own bar.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_terminal_is_given_no_commands() {
        assert_eq!(printable("\u{1b}[31mé\n\t\u{7}"), "\\u{1b}[31mé\n\\t\\u{7}");
        assert!(printable(&"x".repeat(1 << 20)).len() < 21_000);
    }
}
