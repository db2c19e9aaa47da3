//! The initialisers and their arguments as options, made from the library's table: a new one needs no line here.

use std::fmt::Write;

use clap::{Arg, ArgMatches, Command};
use wgpu_weights::initialiser::{
    Argument, ArgumentError, ArgumentKind, Arguments, Initialiser, Value,
};
use wgpu_weights_model::text;

/// The initialiser of a name, as `--init` takes it.
pub(crate) fn named(name: &str) -> Result<&'static Initialiser, String> {
    let near = || text::nearest(Initialiser::ALL.iter().map(|it| it.name), name);
    Initialiser::named(name).map_err(|error| format!("{error}{}", near()))
}

/// The arguments that were given; each is an error with an initialiser that does not take it.
#[derive(Clone, Debug, Default)]
pub(crate) struct InitArguments(Vec<(&'static str, Value)>);

impl InitArguments {
    /// The arguments, for this initialiser.
    ///
    /// # Errors
    /// One that the initialiser does not take, in the words of the command line.
    pub(crate) fn given_to(&self, init: &'static Initialiser) -> Result<Arguments, String> {
        let mut given = Arguments::default();
        for (key, value) in &self.0 {
            let argument = init.argument(key).map_err(|_| {
                let takes: Vec<_> =
                    init.arguments.iter().map(|it| format!("`--{}`", option(it.key))).collect();
                let takes = if takes.is_empty() { "no argument".into() } else { takes.join(", ") };
                let key = option(key);
                format!("`--{key}` has no effect on `{}`, which takes {takes}", init.name)
            })?;
            given.set(argument, value.clone()).map_err(|error: ArgumentError| error.to_string())?;
        }
        Ok(given)
    }
}

impl clap::Args for InitArguments {
    fn augment_args(command: Command) -> Command {
        keys().into_iter().fold(command, |command, key| {
            let uses = uses(key);
            let Some((_, first)) = uses.first().copied() else { return command };
            let name = match first.kind {
                ArgumentKind::Expression => "TEXT",
                ArgumentKind::Choice(_) => "NAME",
                ArgumentKind::Axes => "A,...",
                ArgumentKind::Count => "N",
                _ => "X",
            };
            command.arg(
                Arg::new(key)
                    .long(option(key))
                    .alias(key)
                    .value_name(name)
                    .help(help(&uses))
                    .help_heading("Arguments of the initialiser")
                    .allow_hyphen_values(true)
                    .value_parser(move |text: &str| first.parse(text)),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for InitArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |key| Some((key, matches.get_one::<Value>(key)?.clone()));
        Ok(Self(keys().into_iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// An argument's key as an option, as options are written; as it stands in recipes it is taken too.
fn option(key: &str) -> String {
    key.replace('_', "-")
}

/// The keys of all arguments, each once.
fn keys() -> Vec<&'static str> {
    let mut keys = Vec::new();
    for argument in Initialiser::ALL.iter().flat_map(|init| init.arguments) {
        if !keys.contains(&argument.key) {
            keys.push(argument.key);
        }
    }
    keys
}

/// The initialisers that take an argument of this key, and what each takes it for.
fn uses(key: &str) -> Vec<(&'static Initialiser, &'static Argument)> {
    let of = |init: &'static Initialiser| Some((init, init.argument(key).ok()?));
    Initialiser::ALL.iter().filter_map(of).collect()
}

/// What an argument means to each initialiser that takes it, those of one meaning together.
fn help(uses: &[(&'static Initialiser, &'static Argument)]) -> String {
    let mut meanings: Vec<(Vec<&str>, &Argument)> = Vec::new();
    for (init, argument) in uses {
        match meanings.iter_mut().find(|(_, known)| known == argument) {
            Some((names, _)) => names.push(init.name),
            None => meanings.push((vec![init.name], argument)),
        }
    }
    let mut text = String::new();
    for (names, argument) in meanings {
        let separator = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{separator}{}: {}", together(&names), argument.help);
        if let ArgumentKind::Choice(known) = argument.kind {
            let _ = write!(text, " ({})", known.join(", "));
        }
        let default = default(argument);
        if !default.is_empty() {
            let _ = write!(text, " [default: {default}]");
        }
    }
    text
}

/// Names, those that differ in `_normal` and `_uniform` as one with a star.
fn together(names: &[&str]) -> String {
    let pair = |name: &str| {
        let stem = name.strip_suffix("_normal").or_else(|| name.strip_suffix("_uniform"))?;
        let both = ["_normal", "_uniform"].map(|end| format!("{stem}{end}"));
        both.iter().all(|it| names.contains(&it.as_str())).then(|| format!("{stem}_*"))
    };
    let mut shown: Vec<String> =
        names.iter().map(|name| pair(name).unwrap_or_else(|| (*name).into())).collect();
    shown.dedup();
    shown.join(", ")
}

/// What an argument is where it is not given.
pub(crate) fn default(argument: &Argument) -> String {
    argument.default.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_said_once() {
        assert_eq!(
            help(&uses("gain")),
            "kaiming_*, xavier_*, orthogonal, delta_orthogonal, identity: a factor [default: 1]"
        );
        assert_eq!(
            help(&uses("low")),
            "uniform: the lowest value [default: 0]; truncated_normal: the lower bound, as \
             `bounds` says [default: -2]"
        );
        assert!(help(&uses("mode")).ends_with("(fan_in, fan_out) [default: fan_in]"));
    }

    /// Options of one key are read alike, whichever initialiser takes them.
    #[test]
    fn an_argument_is_of_one_kind() {
        for key in keys() {
            let uses = uses(key);
            assert!(uses.iter().all(|(_, it)| it.kind == uses[0].1.kind), "{key}");
        }
    }
}
