//! Patterns of parameters' names.

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Error, Result, ensure};

/// Bytes of a pattern. globset panics where a pattern makes too large a regex.
const MAX_PATTERN: usize = 1000;
/// Braces of a pattern that are open at once. globset and regex go as deep as they.
const MAX_BRACES: usize = 8;

/// A pattern of names; `*` matches dots too.
///
/// # Errors
/// What globset cannot read or must not be given.
pub(crate) fn glob(pattern: &str) -> Result<GlobMatcher> {
    ensure!(
        pattern.len() <= MAX_PATTERN,
        "a pattern of {} bytes; at most {MAX_PATTERN} are taken",
        pattern.len()
    );
    let (mut open, mut deepest) = (0usize, 0);
    // Escaped ones count as well, and those in brackets: nobody writes so many.
    for byte in pattern.bytes() {
        match byte {
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    ensure!(
        deepest <= MAX_BRACES,
        "a pattern of braces nested {deepest} deep; at most {MAX_BRACES} levels are taken"
    );
    let glob = GlobBuilder::new(pattern)
        .literal_separator(false)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map_err(|error| {
            Error::new(format_args!(
                "{error}; `*`, `?`, [abc] and {{a,b}} are special, `\\` escapes"
            ))
        })?;
    Ok(glob.compile_matcher())
}
