//! `recipes`.

use std::io::Write;

use anyhow::Result;
use wgpu_weights_model::{BUILT_IN, BuiltIn, Recipe};

use crate::args::{RecipeArgs, RecipesArgs};

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

/// The recipe that a command line names, with what it sets.
///
/// # Errors
/// There is none of this name, or no such variable in it.
pub(crate) fn read(args: &RecipeArgs) -> Result<Recipe> {
    let mut recipe = Recipe::find(&args.name)?;
    for (name, value) in &args.set {
        recipe = recipe.with_variable(name, value)?;
    }
    Ok(recipe)
}
