//! What a file's `__metadata__` says its tensors were drawn from.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, ensure};

use crate::describe::Described;

/// The key under which the promise stands.
pub(crate) const KEY: &str = "distributions";

/// The promise as one compact string: tensors' names to distributions.
///
/// # Errors
/// None that is known of: serde_json's.
pub(crate) fn write<'a>(tensors: impl IntoIterator<Item = (&'a str, Described)>) -> Result<String> {
    let promise: BTreeMap<&str, Described> = tensors.into_iter().collect();
    Ok(serde_json::to_string(&promise)?)
}

/// The promise of a file; empty where it carries none.
///
/// # Errors
/// A promise that cannot be read.
pub(crate) fn read(metadata: &HashMap<String, String>) -> Result<HashMap<String, Described>> {
    let Some(text) = metadata.get(KEY) else { return Ok(HashMap::new()) };
    let strange = || format!("`{KEY}` in __metadata__ is not what this program writes");
    let promises: HashMap<String, Described> = serde_json::from_str(text).with_context(strange)?;
    ensure!(promises.values().all(is_possible), strange());
    Ok(promises)
}

/// Whether the generator could have had these parameters. Whoever wrote them, a histogram has to
/// span them, and a verdict to hold values between them.
fn is_possible(promise: &Described) -> bool {
    let sane = |value: f64| value.abs() <= f64::from(f32::MAX);
    match *promise {
        Described::Constant { value } => sane(value),
        Described::Uniform { low, high } => sane(low) && sane(high) && low <= high,
        Described::Normal { mean, std } => sane(mean) && sane(std) && std >= 0.0,
        Described::TruncatedNormal { mean, std, low, high } => {
            [mean, std, low, high].into_iter().all(sane) && std >= 0.0 && low <= high
        }
        Described::Bits => true,
    }
}
