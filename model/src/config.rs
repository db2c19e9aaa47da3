//! A model's configuration: the `config.json` beside its weights, whose keys recipes read.

use serde_json::{Map, Value};

use crate::{
    error::{Context, Result, bail},
    text,
};

/// A model's configuration, as Hugging Face's `config.json` has it.
///
/// Recipes read numbers of it (`{ config = "initializer_range", value = 0.02 }`); `hf` picks the rules by its
/// `model_type`.
///
/// ```
/// use wgpu_weights_model::Config;
/// let config = Config::parse(br#"{"model_type": "clip", "text_config": {"hidden_size": 512}}"#)?;
/// assert_eq!(config.model_type(), Some("clip"));
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config(Map<String, Value>);

/// Bytes of a file that are read: labels of many classes are some hundred kilobytes.
#[cfg(feature = "files")]
const MAX: u64 = 1 << 24;

/// Keys shorter than this are too near to each other to be told from misspelt ones.
const LEAST_KEY: usize = 8;

impl Config {
    /// A configuration from its JSON, an object.
    ///
    /// # Errors
    /// Not such JSON.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let json = without_infinities(json);
        Ok(Self(serde_json::from_slice(&json).context("it is no JSON object of settings")?))
    }

    /// The configuration in a file.
    ///
    /// # Errors
    /// A file that cannot be read, is longer than 16 MiB, or is no configuration.
    #[cfg(feature = "files")]
    pub fn read(path: &std::path::Path) -> Result<Self> {
        use std::io::Read;

        let read = || {
            let mut json = Vec::new();
            std::fs::File::open(path)?.take(MAX + 1).read_to_end(&mut json)?;
            crate::error::ensure!(
                json.len() as u64 <= MAX,
                "it is longer than 16 MiB; no configuration is"
            );
            Self::parse(&json)
        };
        read().with_context(|| format!("configuration {}", path.display()))
    }

    /// What sort of model it is, where it says so.
    pub fn model_type(&self) -> Option<&str> {
        self.0.get("model_type")?.as_str()
    }

    /// The value at a path of keys with dots between them; none where it is null.
    pub(crate) fn get(&self, path: &str) -> Option<&Value> {
        let (object, key) = self.object(path)?;
        object.get(key).filter(|value| !value.is_null())
    }

    /// Whether the path is there and says that there is no value.
    pub(crate) fn is_null(&self, path: &str) -> bool {
        let found = self.object(path).and_then(|(object, key)| object.get(key));
        found.is_some_and(Value::is_null)
    }

    /// The number at a path: true is 1, false 0; of a text, whether it is one of these.
    ///
    /// # Errors
    /// Something that is no number.
    pub(crate) fn number(&self, path: &str, is: Option<&[String]>) -> Result<Option<f64>> {
        let Some(value) = self.get(path) else { return Ok(None) };
        Ok(Some(match (value, is) {
            (Value::String(text), Some(is)) => f64::from(u8::from(is.contains(text))),
            (Value::Bool(bool), None) => f64::from(u8::from(*bool)),
            (Value::Number(number), None) => {
                number.as_f64().with_context(|| format!("`{path}` is {number}, no f64"))?
            }
            (value, None) => {
                let value = value.to_string();
                bail!(
                    "`{path}` of the configuration is {}; it must be a number",
                    text::short(&value)
                )
            }
            (value, Some(is)) => {
                let value = value.to_string();
                bail!(
                    "`{path}` of the configuration is {}; it must be text, as {is:?}",
                    text::short(&value)
                )
            }
        }))
    }

    /// A key beside the one of this path, which is not there, that is so near that it may be it misspelt.
    pub(crate) fn misspelt(&self, path: &str) -> Option<&str> {
        let (object, key) = self.object(path)?;
        let letters = |text: &str| {
            let mut letters: Vec<u8> = text.bytes().collect();
            letters.sort_unstable();
            letters
        };
        // One letter more, less or another; or two that changed places.
        let near = |other: &&String| {
            let apart = if key.len() < LEAST_KEY { usize::MAX } else { text::distance(other, key) };
            apart == 1 || apart == 2 && letters(other) == letters(key)
        };
        let mut others = object.keys().filter(|other| *other != key);
        others.find(near).filter(|_| !object.contains_key(key)).map(String::as_str)
    }

    fn object<'a>(&self, path: &'a str) -> Option<(&Map<String, Value>, &'a str)> {
        let mut parts = path.split('.');
        let key = parts.next_back()?;
        let object = parts.try_fold(&self.0, |object, key| object.get(key)?.as_object())?;
        Some((object, key))
    }
}

/// The text with numbers that JSON has not, as Python writes them, as texts: who reads such a one is told.
fn without_infinities(json: &[u8]) -> Vec<u8> {
    let (mut text, mut rest, mut within) = (Vec::with_capacity(json.len()), json, false);
    while let Some((&byte, after)) = rest.split_first() {
        let token =
            [&b"-Infinity"[..], b"Infinity", b"NaN"].into_iter().find(|it| rest.starts_with(it));
        if let (false, Some(token)) = (within, token) {
            text.extend([b"\"", token, b"\""].concat());
            rest = &rest[token.len()..];
            continue;
        }
        text.push(byte);
        rest = after;
        if within && byte == b'\\' {
            text.extend(rest.first());
            rest = rest.get(1..).unwrap_or_default();
        } else if byte == b'"' {
            within = !within;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_paths() {
        let json = br#"{"a": 1.5, "t": true, "n": null, "s": "x", "deep": {"hidden_sizes": [1], "b": 2}, "initialiser_range": 1}"#;
        let config = Config::parse(json).unwrap();
        let number = |path| config.number(path, None);
        assert_eq!(number("a").unwrap(), Some(1.5));
        assert_eq!(number("t").unwrap(), Some(1.0));
        assert_eq!(number("n").unwrap(), None);
        assert_eq!(number("deep.b").unwrap(), Some(2.0));
        assert_eq!(number("a.b").unwrap(), None);
        assert!(
            number("s").is_err() && number("deep").is_err() && number("deep.hidden_sizes").is_err()
        );
        assert_eq!(config.number("s", Some(&["w".into(), "x".into()])).unwrap(), Some(1.0));
        assert_eq!(config.number("s", Some(&["y".into()])).unwrap(), Some(0.0));
        assert_eq!(config.misspelt("initializer_range"), Some("initialiser_range"));
        assert_eq!(config.misspelt("deep.c"), None);
        assert!(Config::parse(b"[1]").is_err());
        // As Python writes them, and left alone in text.
        let python = br#"{"limit": [0.0, -Infinity], "a": NaN, "s": "NaN \" Infinity", "b": 2}"#;
        let config = Config::parse(python).unwrap();
        assert!(config.number("a", None).unwrap_err().to_string().contains("NaN"));
        assert_eq!(config.number("b", None).unwrap(), Some(2.0));
        assert_eq!(config.number("s", Some(&["NaN \" Infinity".into()])).unwrap(), Some(1.0));
    }
}
