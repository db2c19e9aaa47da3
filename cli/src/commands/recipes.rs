//! `recipes`.

use std::io::Write;

use anyhow::Result;
use wgpu_weights_model::{BUILT_IN, BuiltIn};

use crate::args::RecipesArgs;

/// Lists the built-in recipes, or prints one.
///
/// # Errors
/// A name that is none of theirs; a closed pipe.
pub(crate) fn run(args: &RecipesArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if let Some(name) = &args.name {
        out.write_all(BuiltIn::named(name)?.text.as_bytes())?;
    } else {
        for recipe in BUILT_IN {
            writeln!(out, "{:<34}{}", recipe.name, recipe.about())?;
        }
    }
    out.flush()?;
    Ok(())
}
