//! The words and signs of MSL, HLSL and GLSL.

pub(crate) type Token = String;

const SIGNS: [&str; 13] =
    ["<<", ">>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "[[", "]]", "::"];

/// A number in full, a name with its namespace and, of casts, its type: `as_type<float>`.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    // naga's two spellings of a variable that begins as zero.
    let text = text.replace(" = {};", " = 0;").replace(" {};", "(0);");
    let mut tokens = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut rest = line.split("//").next().unwrap_or_default().trim_start();
        while !rest.is_empty() {
            let length = length(rest);
            tokens.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
    }
    without_attributes(tokens)
}

fn length(text: &str) -> usize {
    let first = text.chars().next().expect("not empty");
    let count = |more: fn(char) -> bool| text.find(|c| !more(c)).unwrap_or(text.len());
    if first.is_ascii_digit() {
        let plain = count(|c| c.is_ascii_alphanumeric() || c == '.');
        // 5.9604645e-8
        if text[..plain].ends_with('e') {
            let sign = plain + 1;
            return sign + text[sign..].find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        }
        return plain;
    }
    if first.is_alphabetic() || first == '_' {
        let name = count(|c| c.is_alphanumeric() || c == '_' || c == ':');
        let name = text[..name].trim_end_matches(':').len();
        let cast = ["as_type", "static_cast"].contains(&&text[..name]);
        return if cast { text.find('>').expect("a type") + 1 } else { name };
    }
    if SIGNS.iter().any(|sign| text.starts_with(sign)) { 2 } else { first.len_utf8() }
}

/// MSL's `[[..]]`.
fn without_attributes(tokens: Vec<Token>) -> Vec<Token> {
    let mut inside = false;
    let mut kept = Vec::new();
    for token in tokens {
        inside |= token == "[[";
        let keep = !inside;
        inside &= token != "]]";
        if keep {
            kept.push(token);
        }
    }
    kept
}
