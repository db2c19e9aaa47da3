//! How tensors are laid out in files: a pure function of their names, sizes and the limit.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    error::Result,
    file_tensor::FileTensor,
    provenance::Provenance,
    safetensors::{self, Tensor},
};

/// The limit where none is given, as in huggingface_hub.
pub const DEFAULT_LIMIT: u64 = 5_000_000_000;

/// A file and what it holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FileLayout {
    /// Its name in the folder.
    pub name: String,
    /// Its tensors, in order.
    pub tensors: Vec<FileTensor>,
}

impl FileLayout {
    /// A file of these tensors, in order; those of wider elements come first, as safetensors' own
    /// writer puts them, so that every tensor begins at a multiple of its element.
    pub fn new(name: String, mut tensors: Vec<FileTensor>) -> Self {
        tensors.sort_by_key(|tensor| std::cmp::Reverse(tensor.dtype.size()));
        Self { name, tensors }
    }

    /// The bytes of its tensors.
    pub fn bytes(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.bytes).sum()
    }

    /// What comes before the tensors. It tells all that they are made from, so that files of one
    /// header have one content.
    ///
    /// # Errors
    /// More than the format can hold.
    pub fn header(&self, mut provenance: Provenance) -> Result<Vec<u8>> {
        for tensor in &self.tensors {
            provenance.laws.insert(tensor.name.clone(), tensor.law);
            if let Some(slice) = &tensor.slice {
                provenance.slices.insert(tensor.name.clone(), slice.clone());
            }
        }
        let tensors = self.tensors.iter().map(|tensor| Tensor {
            name: &tensor.name,
            dtype: tensor.dtype.name(),
            shape: &tensor.shape,
            bytes: tensor.bytes,
        });
        safetensors::header(provenance.metadata()?, tensors)
    }
}

/// Which of the tensors of these sizes share a file, as huggingface_hub's
/// `split_state_dict_into_shards_factory` groups them: in order, until one does not fit. One above
/// the limit gets a file of its own, and the file begun before it goes on after it.
fn groups(sizes: &[u64], limit: u64) -> Vec<Vec<usize>> {
    let (mut groups, mut open, mut bytes) = (Vec::new(), Vec::new(), 0u64);
    for (tensor, &size) in sizes.iter().enumerate() {
        if size > limit {
            groups.push(vec![tensor]);
            continue;
        }
        if bytes.checked_add(size).is_none_or(|sum| sum > limit) {
            groups.push(std::mem::take(&mut open));
            bytes = 0;
        }
        open.push(tensor);
        bytes += size;
    }
    if !open.is_empty() {
        groups.push(open);
    }
    groups
}

/// Names of `count` files: `model.safetensors` for one, `model-00001-of-00002.safetensors` and so
/// on for more.
fn names(stem: &str, count: usize) -> Vec<String> {
    match count {
        1 => vec![format!("{stem}.safetensors")],
        _ => (1..=count).map(|at| format!("{stem}-{at:05}-of-{count:05}.safetensors")).collect(),
    }
}

/// The files of these tensors, of at most `limit` bytes of tensors each; their names begin with `stem`.
pub fn files(tensors: Vec<FileTensor>, limit: u64, stem: &str) -> Vec<FileLayout> {
    let sizes: Vec<u64> = tensors.iter().map(|tensor| tensor.bytes).collect();
    let groups = groups(&sizes, limit);
    let mut tensors: Vec<Option<FileTensor>> = tensors.into_iter().map(Some).collect();
    names(stem, groups.len())
        .into_iter()
        .zip(groups)
        .map(|(name, group)| {
            let tensors = group.into_iter().filter_map(|tensor| tensors[tensor].take()).collect();
            FileLayout::new(name, tensors)
        })
        .collect()
}

/// Name and text of the index of several files, as huggingface_hub writes it; none for one file.
///
/// # Errors
/// None that is known of: serde_json's.
pub fn index(files: &[FileLayout], stem: &str) -> Result<Option<(String, String)>> {
    if files.len() < 2 {
        return Ok(None);
    }
    let total: u64 = files.iter().map(FileLayout::bytes).sum();
    let map: BTreeMap<&str, &str> = files
        .iter()
        .flat_map(|file| {
            file.tensors.iter().map(|tensor| (tensor.name.as_str(), file.name.as_str()))
        })
        .collect();
    let index = json!({ "metadata": { "total_size": total }, "weight_map": map });
    let text = serde_json::to_string_pretty(&index)? + "\n";
    Ok(Some((format!("{stem}.safetensors.index.json"), text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_grouped_as_huggingface_hub_groups_them() {
        // The results of huggingface_hub 2.4's function for these sizes.
        for (sizes, limit, expected) in [
            (&[6, 6, 2, 6, 2, 2][..], 10, &[&[0][..], &[1, 2], &[3, 4, 5]][..]),
            (&[4, 12, 4, 4], 10, &[&[1], &[0, 2], &[3]]),
            (&[12, 12], 10, &[&[0], &[1]]),
            (&[0, 10, 0, 1], 10, &[&[0, 1, 2], &[3]]),
            (&[1, 2, 3], 6, &[&[0, 1, 2]]),
        ] {
            assert_eq!(groups(sizes, limit), expected, "{sizes:?}");
        }
        assert_eq!(groups(&[], 1), Vec::<Vec<usize>>::new());
        assert_eq!(groups(&[u64::MAX, u64::MAX], u64::MAX), [[0], [1]]);
    }

    #[test]
    fn names_count_from_one() {
        assert_eq!(names("model", 1), ["model.safetensors"]);
        assert_eq!(
            names("model", 2),
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        );
    }
}
