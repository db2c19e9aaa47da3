//! `recipes`.

use std::{io::Write, path::Path};

use anyhow::Result;
use wgpu_weights::Dtype;
use wgpu_weights_model::{BUILT_IN, BuiltIn, Config, HF, Plan, Recipe, Template};

use crate::args::{RecipeArgs, RecipesArgs};

/// Lists the built-in recipes, or prints one.
///
/// # Errors
/// A name that is none of theirs; a closed pipe.
pub(crate) fn run(args: &RecipesArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if args.name.as_deref() == Some(HF) {
        for recipe in BUILT_IN {
            let types = recipe.model_types();
            if !types.is_empty() {
                writeln!(out, "{:<34}{}", recipe.name, types.join(", "))?;
            }
        }
    } else if let Some(name) = &args.name {
        out.write_all(BuiltIn::named(name)?.text.as_bytes())?;
    } else {
        writeln!(
            out,
            "{HF:<34}What transformers draws, whatever the model: the hf/ recipe of config.json's model_type."
        )?;
        for recipe in BUILT_IN {
            writeln!(out, "{:<34}{}", recipe.name, recipe.about())?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The plan that a command line asks for: a template, its configuration, a recipe and what it sets.
///
/// # Errors
/// A template or a configuration that cannot be read; no recipe of this name, or no such variable in it; what keeps
/// them from going together.
pub(crate) fn plan(template: &Path, args: &RecipeArgs, dtype: Option<Dtype>) -> Result<Plan> {
    let (template, recipe) = read(template, args)?;
    Ok(recipe.plan(&template, dtype)?)
}

/// The template and the recipe that a command line names.
///
/// # Errors
/// As [`plan`], before the two are put together.
pub(crate) fn read(template: &Path, args: &RecipeArgs) -> Result<(Template, Recipe)> {
    let mut template = Template::read(template)?;
    if let Some(config) = &args.settings.config {
        template = template.with_config(Config::read(config)?);
    }
    let mut recipe = Recipe::find_for(&args.name, &template)?;
    for (name, value) in &args.settings.set {
        recipe = recipe.with_variable(name, value)?;
    }
    Ok((template, recipe))
}
