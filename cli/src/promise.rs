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
    // Whoever wrote it, a histogram has to span it.
    let sane = |value: &f64| value.abs() <= f64::from(f32::MAX);
    for promise in promises.values() {
        let numbers = match promise {
            Described::Constant { value } => &[*value][..],
            Described::Uniform { low, high } => &[*low, *high],
            Described::Normal { mean, std } => &[*mean, *std],
            Described::TruncatedNormal { mean, std, low, high } => &[*mean, *std, *low, *high],
            Described::Bits => continue,
        };
        ensure!(numbers.iter().all(sane), strange());
    }
    Ok(promises)
}
