//! What a file says of itself in its `__metadata__`: written and read here alone.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wgpu_weights::{CONTRACT_VERSION, Distribution, Fill};

use crate::{
    error::{Context, Result, bail, ensure},
    launch::Process,
    recipe::RecipeIdentity,
};

/// What a file says its tensors were made from. Two files of equal provenance and equal tensors are the same,
/// byte for byte; neither this crate's version nor any path is a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Provenance {
    /// The version of the value contract; none where the file is not of this crate.
    pub contract_version: Option<u32>,
    /// The seed.
    pub seed: Option<u64>,
    /// The recipe, of a checkpoint.
    pub recipe: Option<WrittenRecipe>,
    /// Whose slices these are, of a checkpoint that is split for tensor parallelism.
    pub process: Option<Process>,
    /// What each tensor was drawn from.
    pub laws: BTreeMap<String, Distribution>,
    /// Which slice of its parameter each tensor is; those that are whole are left out.
    pub slices: BTreeMap<String, Slice>,
    /// Which part of which tensor this is, of a file of one tensor.
    pub tensor: Option<TensorProvenance>,
}

/// A recipe as files tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRecipe {
    /// The name of the built-in one of this content.
    pub name: Option<String>,
    /// The SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// A slice of a parameter, along one dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The dimension that is split.
    pub dim: usize,
    /// In how many equal parts it is seen, each of which is split by itself.
    pub parts: u64,
    /// First and end in each part.
    pub range: [u64; 2],
    /// The dimensions of the whole.
    pub shape: Vec<u64>,
}

impl Slice {
    /// The fill that makes it, of seed and stream 0.
    ///
    /// # Errors
    /// A slice that no parameter can have; parts of rows where some rows are zero.
    pub(crate) fn fill(&self, law: Distribution) -> Result<Fill> {
        let Self { dim, parts, range: [start, end], shape } = self;
        if *parts == 1 {
            return Ok(Fill::new(law, shape).shard(*dim, *start..*end)?);
        }
        ensure!(
            *dim > 0 || law.zero_rows().is_none(),
            "rows that are zero are counted in the whole, and it is seen in {parts} parts of its rows; split it without \
             `parts`, or along another dimension"
        );
        let size = *shape.get(*dim).context("it has not the dimension that is split")?;
        // Seen as [.., parts, size / parts, ..], the slice is a shard along one dimension, and its row-major order is
        // that of the pieces of every part one after the other.
        let mut seen = shape.clone();
        seen.splice(dim..=dim, [*parts, size / parts]);
        Ok(Fill::new(law, seen).shard(dim + 1, *start..*end)?)
    }

    /// Whether a parameter can have it.
    fn is_possible(&self) -> bool {
        let Self { dim, parts, range: [start, end], shape } = self;
        let part = shape.get(*dim).and_then(|size| size.checked_div(*parts));
        start <= end && part.is_some_and(|part| *end <= part)
    }
}

/// One of the equal pieces of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardProvenance {
    /// The dimension.
    pub dim: usize,
    /// Which piece.
    pub index: u64,
    /// Of how many.
    pub count: u64,
    /// First and end.
    pub range: [u64; 2],
    /// The dimensions of the piece.
    pub shape: Vec<u64>,
}

/// Which part of which tensor a file of one tensor holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorProvenance {
    /// The initialiser's name.
    pub init: String,
    /// The stream.
    pub stream: u64,
    /// The dimensions of the whole.
    pub whole_shape: Vec<u64>,
    /// The index of the first element.
    pub start: u64,
    /// The shard, if it is one.
    pub shard: Option<ShardProvenance>,
}

const GENERATOR: &str = "wgpu-weights";

impl From<&RecipeIdentity> for WrittenRecipe {
    fn from(recipe: &RecipeIdentity) -> Self {
        let set = recipe.set.iter().map(|(name, value)| format!(" --set {name}={value}"));
        let name = recipe.built_in.map(|name| name.to_owned() + &set.collect::<String>());
        Self { name, sha256: recipe.sha256.clone() }
    }
}

impl Provenance {
    /// What this and another checkpoint differ in, in words, this one first; none where a checkpoint can have both
    /// among its files.
    pub fn difference(&self, other: &Self) -> Option<String> {
        fn differs<T: PartialEq>(
            what: &str,
            [ours, others]: [&Option<T>; 2],
            text: impl Fn(&T) -> String,
        ) -> Option<String> {
            let said = |it: &Option<T>| it.as_ref().map_or("none".into(), &text);
            (ours != others).then(|| format!("its {what} is {}, not {}", said(ours), said(others)))
        }
        let recipe = |recipe: &WrittenRecipe| match &recipe.name {
            Some(name) => name.clone(),
            None => format!("that of SHA-256 {}", recipe.sha256),
        };
        let versions = [&self.contract_version, &other.contract_version];
        differs("seed", [&self.seed, &other.seed], u64::to_string)
            .or_else(|| differs("recipe", [&self.recipe, &other.recipe], recipe))
            .or_else(|| differs("contract version", versions, u32::to_string))
    }

    /// Refuses what was made by a contract that this crate does not know.
    ///
    /// # Errors
    /// Another contract version.
    pub fn check_contract(&self) -> Result<()> {
        match self.contract_version {
            Some(version) if version != CONTRACT_VERSION => bail!(
                "it was made by version {version} of the value contract, and this program knows version \
                 {CONTRACT_VERSION}; take a program of that version"
            ),
            _ => Ok(()),
        }
    }

    /// That of a file of this crate's contract, of this seed; no tensors yet.
    pub fn new(seed: u64) -> Self {
        Self { contract_version: Some(CONTRACT_VERSION), seed: Some(seed), ..Self::default() }
    }

    /// The file's `__metadata__`. What needs no value is left out; `format` is there for transformers.
    ///
    /// # Errors
    /// None that is known of: serde_json's.
    pub fn metadata(&self) -> Result<Map<String, Value>> {
        let mut map = Map::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                map.insert(key.into(), value.into());
            }
        };
        put("format", Some("pt".into()));
        put("generator", self.contract_version.map(|_| GENERATOR.into()));
        put("contract_version", self.contract_version.map(|it| it.to_string()));
        put("seed", self.seed.map(|it| it.to_string()));
        if let Some(WrittenRecipe { name, sha256 }) = &self.recipe {
            put("recipe", name.clone());
            put("recipe_sha256", Some(sha256.clone()));
        }
        put("rank", self.process.map(|it| it.rank.to_string()));
        put("world_size", self.process.map(|it| it.world_size.to_string()));
        if let Some(tensor) = &self.tensor {
            put("init", Some(tensor.init.clone()));
            put("stream", Some(tensor.stream.to_string()));
            put("whole_shape", Some(serde_json::to_string(&tensor.whole_shape)?));
            put("start", Some(tensor.start.to_string()));
            put("shard", tensor.shard.as_ref().map(serde_json::to_string).transpose()?);
        }
        put("distributions", Some(serde_json::to_string(&self.laws)?));
        let slices = (!self.slices.is_empty()).then_some(&self.slices);
        put("slices", slices.map(serde_json::to_string).transpose()?);
        Ok(map)
    }

    /// What a file's `__metadata__` says. Of a file of somebody else's, only the distributions are read.
    ///
    /// # Errors
    /// A key of this crate's with a value that it does not write.
    pub fn read(metadata: &HashMap<String, String>) -> Result<Self> {
        let read = Read(metadata);
        let mut found =
            Self { laws: read.json("distributions")?.unwrap_or_default(), ..Self::default() };
        if metadata.get("generator").is_none_or(|generator| generator != GENERATOR) {
            return Ok(found);
        }
        found.contract_version = read.json("contract_version")?;
        found.seed = read.json("seed")?;
        found.recipe = metadata.get("recipe_sha256").map(|sha256| WrittenRecipe {
            name: metadata.get("recipe").cloned(),
            sha256: sha256.clone(),
        });
        found.process = match (read.json("rank")?, read.json("world_size")?) {
            (Some(rank), Some(world_size)) => {
                Some(Process::new(rank, world_size).with_context(|| read.strange("rank"))?)
            }
            (None, None) => None,
            _ => bail!("{}", read.strange("rank")),
        };
        if let Some(recipe) = &found.recipe {
            let hex = recipe.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            ensure!(hex && recipe.sha256.len() == 64, "{}", read.strange("recipe_sha256"));
        }
        found.slices = read.json("slices")?.unwrap_or_default();
        ensure!(found.slices.values().all(Slice::is_possible), "{}", read.strange("slices"));
        let tensor = (metadata.get("init"), read.json("stream")?, read.json("whole_shape")?);
        if let (Some(init), Some(stream), Some(whole_shape)) = tensor {
            found.tensor = Some(TensorProvenance {
                init: init.clone(),
                stream,
                whole_shape,
                start: read.json("start")?.unwrap_or_default(),
                shard: read.json("shard")?,
            });
        }
        Ok(found)
    }
}

/// Metadata that is read.
struct Read<'a>(&'a HashMap<String, String>);

impl Read<'_> {
    fn strange(&self, key: &str) -> String {
        format!("`{key}` in __metadata__ is not what this program writes")
    }

    /// Every value of another kind than text is its JSON.
    fn json<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Result<Option<T>> {
        let value = self.0.get(key).map(|text| serde_json::from_str(text)).transpose();
        value.with_context(|| self.strange(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_read(map: &Map<String, Value>) -> HashMap<String, String> {
        map.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().into())).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let plain = Provenance::new(u64::MAX);
        let mut slices = Provenance::new(7);
        slices.recipe = Some(WrittenRecipe { name: Some("gpt2".into()), sha256: "ab".repeat(32) });
        slices.process = Some(Process { rank: 1, world_size: 4 });
        slices.laws.insert("w".into(), Distribution::normal(0.0, 0.02).unwrap());
        let slice = Slice { dim: 0, parts: 3, range: [1, 2], shape: vec![6, 5] };
        slices.slices.insert("w".into(), slice);
        let mut window = Provenance::new(0);
        let shard =
            ShardProvenance { dim: 1, index: 0, count: 2, range: [0, 3], shape: vec![4, 3] };
        window.tensor = Some(TensorProvenance {
            init: "bits".into(),
            stream: u64::MAX,
            whole_shape: vec![4, 6],
            start: 5,
            shard: Some(shard),
        });
        for provenance in [plain, slices, window] {
            let metadata = as_read(&provenance.metadata().unwrap());
            assert_eq!(Provenance::read(&metadata).unwrap(), provenance);
        }
    }

    #[test]
    fn what_is_not_ours_is_not_taken_for_it() {
        let foreign = HashMap::from([("seed".into(), "a word".into())]);
        assert_eq!(Provenance::read(&foreign).unwrap(), Provenance::default());
        for (key, value) in [
            ("rank", "1"),
            ("recipe_sha256", "zz"),
            ("contract_version", "-1"),
            ("slices", r#"{"w": {"dim": 9, "parts": 1, "range": [0, 1], "shape": [3]}}"#),
            ("slices", r#"{"w": {"dim": 0, "parts": 0, "range": [0, 1], "shape": [3]}}"#),
            ("slices", r#"{"w": {"dim": 0, "parts": 1, "range": [2, 1], "shape": [3]}}"#),
        ] {
            let mut ours = as_read(&Provenance::new(1).metadata().unwrap());
            ours.insert(key.into(), value.into());
            assert!(Provenance::read(&ours).is_err(), "{key} {value}");
        }
        let mut ours = as_read(&Provenance::new(1).metadata().unwrap());
        ours.insert("seed".into(), "a word".into());
        let error = format!("{:#}", Provenance::read(&ours).unwrap_err());
        assert!(
            error.starts_with("`seed` in __metadata__ is not what this program writes"),
            "{error}"
        );
        for law in [r#"{"w": {"kind": "normal", "mean": 0.0, "std": -1.0}}"#, "1", "{"] {
            let laws = HashMap::from([("distributions".into(), law.into())]);
            assert!(Provenance::read(&laws).is_err(), "{law}");
        }
    }
}
