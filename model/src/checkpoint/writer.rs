//! A checkpoint from its plan to its files.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use wgpu_weights::CONTRACT_VERSION;

use super::{
    existing::{self, Existing},
    lock::Lock,
    options::CheckpointOptions,
    output::{self, Output},
    resume::{self, Todo},
    share::Share,
    space::Space,
};
use crate::{
    digest,
    draw::ByteSource,
    error::{Cause, Context, Error, Result},
    launch::Process,
    note::Note,
    plan::{Plan, PlannedParameter},
};

/// A checkpoint that is about to be written: laid out, and what stands in the way looked at.
///
/// ```
/// use wgpu_weights_model::{
///     CheckpointOptions, CheckpointWriter, Recipe, Template, draw::{ByteSource, CpuSource},
/// };
/// # let folder = tempfile::tempdir().unwrap();
/// # let out = folder.path().join("gpt2.safetensors");
/// let template = Template::new([("wte.weight", "F32", &[1000, 64][..]), ("ln_f.weight", "F32", &[64])])?;
/// let plan = Recipe::built_in("gpt2")?.plan(&template, None)?;
/// let writer = CheckpointWriter::new(&plan, CheckpointOptions::new(&out, 42))?;
/// let sources = || CpuSource::new().map(|cpu| vec![Box::new(cpu) as Box<dyn ByteSource>]);
/// let written = writer.write(sources, |_progress| ())?;
/// assert_eq!((written.parameters, written.files[0].bytes), (2, 4 * (1000 * 64 + 64)));
/// # Ok::<(), wgpu_weights_model::Error>(())
/// ```
#[derive(Debug)]
pub struct CheckpointWriter {
    options: CheckpointOptions,
    share: Share,
    existing: Existing,
    identity: String,
}

/// What a caller is told while a checkpoint is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// So many of [`CheckpointWriter::bytes`] are done.
    Bytes(u64),
    /// A file that is there is remade.
    Remade {
        /// The file.
        path: &'a Path,
        /// Why.
        why: &'a str,
    },
}

/// A checkpoint that was written, as far as this process goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrittenCheckpoint {
    /// The folder of several files; none where the checkpoint is one file.
    pub folder: Option<PathBuf>,
    /// The files.
    pub files: Vec<WrittenFile>,
    /// The index, if this process wrote one.
    pub index: Option<PathBuf>,
    /// Parameters or slices in the files.
    pub parameters: usize,
    /// Which process this is.
    pub process: Process,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrittenFile {
    /// Where it is.
    pub path: PathBuf,
    /// The bytes of its tensors.
    pub bytes: u64,
    /// Whether it was there and was kept.
    pub kept: bool,
}

impl CheckpointWriter {
    /// Lays a checkpoint out and looks at what stands in the way; changes nothing.
    ///
    /// # Errors
    /// Rules that do not go with the parameters; an output that cannot be, or that exists without `force` or
    /// `resume`; a folder that holds another checkpoint.
    pub fn new(plan: &Plan, options: CheckpointOptions) -> Result<Self> {
        // Its fields are public, and a rank beyond the world would write nothing.
        Process::new(options.process.rank, options.process.world_size)?;
        let share = Share::new(plan, &options)?;
        let existing = existing::look(&options, &share)?;
        let identity = identity(plan, &options);
        Ok(Self { options, share, existing, identity })
    }

    /// What should be known and is no error.
    pub fn notes(&self) -> &[Note] {
        &self.share.notes
    }

    /// The folder of several files; none where the checkpoint is one file.
    pub fn folder(&self) -> Option<&Path> {
        self.share.folder.as_deref()
    }

    /// The bytes of all tensors that this process writes.
    pub fn bytes(&self) -> u64 {
        self.share.files.iter().map(|file| file.bytes).sum()
    }

    /// What this process needs for the files that are not there yet, and what is free where they go.
    pub fn space(&self) -> Space {
        let files = self.share.files.iter().zip(&self.existing.todo);
        let missing = files.filter(|(_, (todo, _))| *todo != Todo::Check);
        let needed = missing.map(|(file, _)| file.header.len() as u64 + file.bytes).sum();
        let folder = match &self.share.folder {
            Some(folder) if folder.is_dir() => folder,
            _ => output::folder_of(&self.options.out),
        };
        Space::of(folder, needed)
    }

    /// Writes it. `open` gives the sources of bytes, which take turns; it is called when the first file is to be
    /// made: a finished checkpoint needs no device.
    ///
    /// # Errors
    /// Whatever is in the way; then nothing stands under a name that is not whole.
    pub fn write<E: Into<Cause>>(
        self,
        open: impl FnOnce() -> Result<Vec<Box<dyn ByteSource>>, E>,
        mut progress: impl FnMut(Progress<'_>),
    ) -> Result<WrittenCheckpoint> {
        if !self.options.ignore_space {
            self.space().check(&self.options.out)?;
        }
        let Self { options, share, identity, .. } = self;
        existing::make_folder(&share)?;
        let _lock = Lock::take(share.lock_path(&options.out), &options.out, &identity)?;
        // Whoever held the lock may have changed what was seen.
        let existing = existing::look(&options, &share)?;
        existing::clear(&options, &share, &existing)?;
        let (mut open, mut sources, mut done) = (Some(open), Vec::new(), 0);
        let keep_digest = share.folder.is_some() || options.resume;
        let mut files = Vec::with_capacity(share.files.len());
        for (file, (todo, why)) in share.files.iter().zip(&existing.todo) {
            let mut remade = |why: &str| progress(Progress::Remade { path: &file.path, why });
            if let Some(why) = why {
                remade(why);
            }
            let begun = done;
            let (path, bytes) = (file.path.clone(), file.bytes);
            if *todo == Todo::Check {
                let mut read = 0;
                let damage = resume::damage(file, |bytes| {
                    read += bytes;
                    progress(Progress::Bytes(begun + read.min(file.bytes)));
                })?;
                match damage {
                    None => {
                        done = begun + file.bytes;
                        files.push(WrittenFile { path, bytes, kept: true });
                        continue;
                    }
                    Some(why) => progress(Progress::Remade { path: &path, why: &why }),
                }
            }
            if let Some(open) = open.take() {
                sources = open().map_err(Error::from_cause)?;
            }
            file.make(&mut sources, options.force || *todo != Todo::Make, keep_digest, |bytes| {
                done += bytes;
                progress(Progress::Bytes(done));
            })?;
            files.push(WrittenFile { path, bytes, kept: false });
        }
        let Share { folder, index, parameters, process, .. } = share;
        if let Some((path, text)) = &index {
            let mut out = Output::create(path, options.force || options.resume)?;
            out.write_all(text.as_bytes()).with_context(|| format!("output {}", path.display()))?;
            out.finish()?;
        }
        let index = index.map(|(path, _)| path);
        Ok(WrittenCheckpoint { folder, files, index, parameters, process })
    }
}

/// What processes have in common that write one checkpoint together, and no others.
fn identity(plan: &Plan, options: &CheckpointOptions) -> String {
    let CheckpointOptions { seed, max_file_size, process, tensor_parallel, .. } = options;
    let mut text = format!(
        "{CONTRACT_VERSION} {seed} {} {max_file_size:?} {} {tensor_parallel:?}",
        plan.recipe().sha256,
        process.world_size
    );
    for PlannedParameter { name, shape, dtype, drawn, .. } in plan.parameters() {
        text += &format!("\n{name:?} {shape:?} {dtype} {:?}", drawn.distribution);
    }
    digest::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Recipe, Template, draw::CpuSource};

    fn plan() -> Plan {
        let template =
            Template::new([("a.weight", "F32", &[40, 3][..]), ("b.weight", "F32", &[7])]);
        let recipe = Recipe::parse("-", "[[rule]]\nname = \"*\"\ninit = \"normal\"").unwrap();
        recipe.plan(&template.unwrap(), None).unwrap()
    }

    fn sources() -> Result<Vec<Box<dyn ByteSource>>> {
        Ok(vec![Box::new(CpuSource::new()?)])
    }

    #[test]
    fn without_a_source_nothing_stands_under_a_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, max_file_size) in [("one.safetensors", None), ("many", Some(100))] {
            let mut options = CheckpointOptions::new(folder.path().join(name), 1);
            options.max_file_size = max_file_size;
            let writer = CheckpointWriter::new(&plan(), options).unwrap();
            let written = writer.write(|| Ok::<_, Error>(Vec::new()), |_| ());
            assert!(written.unwrap_err().to_string().contains("no source of bytes"));
        }
        let files = |path: &Path| std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path());
        let left: Vec<_> = files(folder.path()).chain(files(&folder.path().join("many"))).collect();
        assert_eq!(left, [folder.path().join("many")]);
    }

    #[test]
    fn a_process_that_cannot_be_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (rank, world_size) in [(0, 0), (5, 2), (5, 0)] {
            for max_file_size in [None, Some(100)] {
                let mut options = CheckpointOptions::new(folder.path().join("m"), 1);
                options.process = Process { rank, world_size };
                options.max_file_size = max_file_size;
                assert!(CheckpointWriter::new(&plan(), options).is_err(), "{rank} {world_size}");
            }
        }
    }

    #[test]
    fn progress_ends_at_all_bytes_and_what_is_kept_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = CheckpointOptions::new(folder.path().join("m"), 1);
        (options.max_file_size, options.resume) = (Some(100), true);
        for kept in [false, true] {
            let writer = CheckpointWriter::new(&plan(), options.clone()).unwrap();
            let (all, mut last) = (writer.bytes(), 0);
            let progress = |it: Progress<'_>| match it {
                Progress::Bytes(done) => {
                    assert!(done >= last);
                    last = done;
                }
                Progress::Remade { .. } => panic!("{it:?}"),
            };
            let written = writer.write(sources, progress).unwrap();
            assert!(written.files.iter().all(|file| file.kept == kept));
            assert_eq!((written.files.len(), last), (2, all));
        }
    }
}
