//! Names of the field's options, read exactly: a misspelt one is an error that lists the right ones.

use thiserror::Error;

/// A name that is none of those known.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
#[error("unknown {what} `{given}`; use one of {known}")]
pub struct UnknownName {
    /// What was being named.
    pub what: &'static str,
    /// The name as given.
    pub given: String,
    /// The names that are known, separated by commas.
    pub known: String,
}

/// `FromStr` and `Display` for an enum that has `ALL` and `name`.
macro_rules! from_str_by_name {
    ($type:ty, $what:literal) => {
        impl std::str::FromStr for $type {
            type Err = $crate::names::UnknownName;
            fn from_str(given: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|it| it.name() == given).ok_or_else(|| {
                    $crate::names::UnknownName {
                        what: $what,
                        given: given.into(),
                        known: Self::ALL.iter().map(|it| it.name()).collect::<Vec<_>>().join(", "),
                    }
                })
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use from_str_by_name;

/// The names of an enum that has `ALL` and a constant `name`, as an array.
macro_rules! names_of {
    ($type:ty) => {{
        const COUNT: usize = <$type>::ALL.len();
        const NAMES: [&str; COUNT] = {
            let (mut names, mut at) = ([""; COUNT], 0);
            while at < COUNT {
                names[at] = <$type>::ALL[at].name();
                at += 1;
            }
            names
        };
        NAMES
    }};
}
pub(crate) use names_of;
