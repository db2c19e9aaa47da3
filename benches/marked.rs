//! The parts of the README that programs write, between markers.

/// The text with what stands between `<!-- NAME begin -->` and `<!-- NAME end -->` replaced.
pub(crate) fn replaced(
    text: &str,
    name: &str,
    new: impl FnOnce(&str) -> String,
) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} begin -->\n"), format!("<!-- {name} end -->"));
    let missing = |marker: &str| format!("the text has no marker {}", marker.trim());
    let (before, rest) = text.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (old, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    Ok(format!("{before}{begin}{}{end}{after}", new(old)))
}
