//! The recipes that are built in.

use serde::Deserialize;

use crate::{
    error::{Context, Result},
    text,
};

/// A recipe that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// Its TOML.
    pub text: &'static str,
}

/// Every built-in recipe: the files of the folder `recipes`, by their names.
pub const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/recipes.rs"));

/// What a recipe says of the models that it is for.
#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    model_types: Vec<String>,
}

/// Whether a built-in recipe reads this key of a configuration: then it is none misspelt.
pub(super) fn reads(key: &str) -> bool {
    let quoted = [format!("\"{key}\""), format!(".{key}\"")];
    BUILT_IN.iter().any(|it| quoted.iter().any(|quoted| it.text.contains(quoted.as_str())))
}

impl BuiltIn {
    /// The built-in recipe of this name.
    ///
    /// # Errors
    /// There is none, and the names that there are.
    pub fn named(name: &str) -> Result<&'static Self> {
        let near = || text::nearest(BUILT_IN.iter().map(|it| it.name), name);
        let none = || {
            format!(
                "no recipe `{name}` is built in{}; `wgpu-weights recipes` lists those that are",
                near()
            )
        };
        BUILT_IN.iter().find(|it| it.name == name).with_context(none)
    }

    /// The `model_type`s of the configurations that it is for.
    pub fn model_types(&self) -> Vec<String> {
        toml::from_str(self.text).map_or_else(|_| Vec::new(), |Models { model_types }| model_types)
    }

    /// What it is for: the first sentence of its first comment.
    pub fn about(&self) -> String {
        about(self.text)
    }
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
    use super::*;
    use crate::{Recipe, Template};

    #[test]
    fn the_example_of_the_language_is_a_recipe() {
        let recipe = Recipe::parse("example", Recipe::EXAMPLE).unwrap();
        let template = Template::new([
            ("model.embed_tokens.weight", "F32", &[100, 8][..]),
            ("model.layers.0.input_layernorm.weight", "F32", &[8]),
            ("model.layers.0.mlp.down_proj.weight", "F32", &[8, 32]),
        ]);
        let plan = recipe.plan(&template.unwrap(), None).unwrap();
        let laws = plan.parameters().iter().map(|it| it.drawn.distribution.to_string());
        let laws: Vec<_> = laws.collect();
        assert_eq!(
            laws,
            ["normal mean 0 std 0.35355338", "constant 1", "normal mean 0 std 0.014142135"]
        );
    }

    #[test]
    fn each_is_told_of_in_one_sentence() {
        for recipe in BUILT_IN {
            let about = recipe.about();
            assert!(about.ends_with('.') && !about.contains(". "), "{}: {about}", recipe.name);
        }
        assert_eq!(about("# One\n# two. Three\nx = 1"), "One two.");
    }
}
