//! The recipes that are built in, and `recipes`.

use std::io::Write;

use anyhow::{Context, Result};

use crate::args::RecipesArgs;

/// A recipe's file, by the name on the command line.
macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../recipes/", $name, ".toml")))),*]
    };
}

/// Name and text of every built-in recipe.
const BUILT_IN: [(&str, &str); 8] = built_in![
    "gpt2",
    "hf/default",
    "transformer-lens/gpt2",
    "transformer-lens/xavier_uniform",
    "transformer-lens/xavier_normal",
    "transformer-lens/kaiming_uniform",
    "transformer-lens/kaiming_normal",
    "transformer-lens/mup",
];

/// The text of a built-in recipe.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of the built-in recipes.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// Lists the built-in recipes, or prints one.
///
/// # Errors
/// A name that is none of theirs; a closed pipe.
pub(crate) fn run(args: &RecipesArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if let Some(name) = &args.name {
        let text = text(name).with_context(|| {
            let names: Vec<_> = names().collect();
            format!("no recipe `{name}` is built in; there are {}", names.join(", "))
        })?;
        out.write_all(text.as_bytes())?;
    } else {
        for (name, text) in BUILT_IN {
            let about = about(text);
            writeln!(out, "{name:<34}{about}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The first sentence of a recipe's first comment, which may span lines.
fn about(text: &str) -> String {
    let comment: Vec<_> = text
        .lines()
        .map_while(|line| line.strip_prefix('#'))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let comment = comment.join(" ");
    match comment.find(". ") {
        Some(end) => comment[..=end].to_owned(),
        None => comment,
    }
}

#[cfg(test)]
mod tests {
    use crate::recipe::Recipe;

    #[test]
    fn each_is_told_of_in_one_sentence() {
        for (name, text) in super::BUILT_IN {
            let about = super::about(text);
            assert!(about.ends_with('.') && !about.contains(". "), "{name}: {about}");
        }
        assert_eq!(super::about("# One\n# two. Three\nx = 1"), "One two.");
    }

    #[test]
    fn every_built_in_recipe_can_be_read() {
        for (name, text) in super::BUILT_IN {
            Recipe::parse(name, text).unwrap();
        }
    }
}
