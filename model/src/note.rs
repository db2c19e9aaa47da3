//! What should be known about a plan or a checkpoint and is no error.

use std::fmt;

use wgpu_weights::{Convention, Distribution, Dtype, initialiser::Drawn};

use crate::text;

/// Something that should be known and is no error; its text is a line for people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a run has a handful of them")]
pub enum Note {
    /// A rule that matches no parameter: its pattern may be misspelt.
    IdleRule {
        /// The recipe's name.
        recipe: String,
        /// Which rule, from 1 on.
        place: usize,
        /// Its pattern.
        pattern: String,
    },
    /// A rule whose parameters are all taken by earlier ones.
    LateRule {
        /// The recipe's name.
        recipe: String,
        /// Which rule, from 1 on.
        place: usize,
        /// Its pattern.
        pattern: String,
        /// How many parameters it matches.
        parameters: usize,
        /// The rules that take them, and their patterns.
        earlier: Vec<(usize, String)>,
    },
    /// What the recipe's author says of a rule that decides.
    OfRule {
        /// The recipe's name.
        recipe: String,
        /// The rule's pattern.
        pattern: String,
        /// The note.
        text: String,
    },
    /// Variables that the configuration may tell: each with its value, and where that came from.
    Variables {
        /// The recipe's name.
        recipe: String,
        /// As `initializer_range = 0.02 (the recipe's own value)`.
        told: Vec<String>,
    },
    /// A head that the configuration ties to the embedding, and that stands in the template beside it.
    Tied {
        /// Its name.
        head: String,
    },
    /// Parameters that the recipe leaves out.
    Omitted {
        /// How many.
        parameters: usize,
        /// The first of them.
        first: String,
    },
    /// Shapes of one dimension that were read in TransformerLens' convention, where fan_in is 1.
    OneDimension {
        /// How many.
        parameters: usize,
        /// The first of them.
        first: String,
    },
    /// Truncated normals whose bounds cut nothing.
    CutsNothing {
        /// How many.
        parameters: usize,
        /// The first of them.
        first: String,
        /// Its law.
        law: Distribution,
    },
    /// Values that are lost in a dtype.
    Lost {
        /// What is lost, in words, of the first parameter.
        lost: String,
        /// The rule's pattern.
        pattern: String,
        /// The dtype.
        dtype: Dtype,
        /// How many parameters it happens to.
        parameters: usize,
        /// The first of them.
        first: String,
    },
    /// A tensor-parallel rule that matches no parameter.
    IdleSplit {
        /// Its pattern.
        pattern: String,
    },
}

impl Note {
    /// Whether a scale came from the fans that TransformerLens reads in a shape of one dimension, which
    /// [`OneDimension`](Self::OneDimension) is about.
    pub fn is_of_one_dimension(drawn: &Drawn, shape: &[u64]) -> bool {
        drawn.convention == Some(Convention::TransformerLens)
            && drawn.fans.is_some_and(|fans| fans.fan_in == 1)
            && shape.len() == 1
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdleRule { recipe, place, pattern } => {
                write!(f, "recipe {recipe}: rule {place} (`{pattern}`) matches no parameter")
            }
            Self::LateRule { recipe, place, pattern, parameters, earlier } => {
                let all = match parameters {
                    1 => "the one parameter that it matches is".into(),
                    count => format!("all {count} parameters that it matches are"),
                };
                write!(
                    f,
                    "recipe {recipe}: rule {place} (`{pattern}`) decides nothing: {all} taken by "
                )?;
                for (at, (place, pattern)) in earlier.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}rule {place} (`{pattern}`)")?;
                }
                Ok(())
            }
            Self::Lost { lost, pattern, parameters, first, .. } => {
                let first = first.escape_debug();
                match parameters {
                    1 => write!(f, "{lost} (rule `{pattern}`, parameter {first})"),
                    _ => write!(
                        f,
                        "{lost} (rule `{pattern}`, {parameters} parameters, first {first})"
                    ),
                }
            }
            Self::OfRule { recipe, pattern, text: said } => {
                write!(f, "recipe {recipe} (rule `{pattern}`): {said}")
            }
            Self::Variables { recipe, told } => write!(f, "recipe {recipe}: {}", told.join(", ")),
            Self::Tied { head } => write!(
                f,
                "the configuration ties word embeddings, and the template has {} beside the embedding: it is drawn by itself, and \
                 transformers does not tie it then; take it out of the template",
                head.escape_debug()
            ),
            Self::Omitted { parameters, first } => {
                let count = text::count(*parameters, "parameter");
                write!(
                    f,
                    "the recipe leaves {count} out of the checkpoint, first {}",
                    first.escape_debug()
                )
            }
            Self::OneDimension { parameters, first } => {
                let count = text::count(*parameters, "parameter");
                write!(
                    f,
                    "{count} of one dimension, first {}: as TransformerLens reads such a shape, fan_in is 1 and fan_out \
                     its size; `fans_of` takes another parameter's fans",
                    first.escape_debug()
                )
            }
            Self::CutsNothing { parameters, first, law } => {
                let count = text::count(*parameters, "parameter");
                write!(
                    f,
                    "{count}, first {}, {law}: bounds so many standard deviations away cut nothing, for they are absolute; \
                     bounds = \"sigma\" takes them in standard deviations",
                    first.escape_debug()
                )
            }
            Self::IdleSplit { pattern } => {
                write!(f, "no parameter matches the tensor-parallel rule `{pattern}`")
            }
        }
    }
}
