//! `fill`.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use sha2::{Digest, Sha256};
use wgpu_weights::{Distribution, Fill, initialiser::Drawn, shard::chunk, stream_of};
use wgpu_weights_model::{
    Note, Provenance, ShardProvenance, TensorProvenance,
    checkpoint::{
        Space,
        output::{self, Output},
    },
    digest, draw, lost_in,
    safetensors::{self, Tensor, TensorInfo},
    text,
};

use crate::{
    Cut,
    args::{FillArgs, Usage},
    is_broken_pipe,
    parse::Shard,
    progress::{self, say, say_space, tell},
};

/// What was made, as `--json` prints it.
#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    shape: &'a [u64],
    dtype: &'static str,
    start: u64,
    count: u64,
    fan_in: Option<u64>,
    fan_out: Option<u64>,
    distribution: Distribution,
    /// Of a truncated normal; `std` is that before the cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    std_after_cut: Option<f64>,
    seed: u64,
    stream: u64,
    device: String,
    backend: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<ShardProvenance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// Writes a tensor, or a window of one.
///
/// # Errors
/// Whatever is in the way; then nothing stands under the output's name that was not there before.
pub(crate) fn run(args: &FillArgs) -> Result<()> {
    let started = Instant::now();
    let given = args.arguments.given_to(args.init);
    let given = given.map_err(|message| Usage { command: "fill", message })?;
    if draws_words(args) && args.dtype.is_some() {
        let message = "`--dtype` has no effect on `bits`, which are U32 words".into();
        return Err(Usage { command: "fill", message }.into());
    }
    let stdout = args.out.as_deref() == Some(Path::new("-"));
    ensure!(
        args.name.as_deref() != Some("__metadata__"),
        "--name __metadata__ is safetensors' own name, and no file with such a tensor can be read; choose another"
    );
    if args.shape.0.contains(&0) {
        // What no library reads is not written.
        TensorInfo::new("", "U8", &args.shape.0)
            .with_context(|| format!("--shape {:?}", args.shape.0))?;
    }
    let shape = &args.shape.0;
    let drawn = args.init.draw(shape, &given)?;
    let shard = shard(args)?;
    let fill = selected(args, &drawn, shard.as_ref())?;
    // Standard error is for the JSON alone where standard output has the bytes.
    let lost = lost_in(fill.dtype(), &drawn.distribution)?;
    if let Some(lost) = lost.filter(|_| !(args.json && stdout)) {
        say(format_args!("note: {lost}"));
    }
    if Note::is_of_one_dimension(&drawn, shape) && !(args.json && stdout) {
        let note = Note::OneDimension { parameters: 1, first: made_name(args).into() };
        tell(&[note]);
    }
    if drawn.distribution.cuts_nothing() && !(args.json && stdout) {
        let (first, law) = (made_name(args).into(), drawn.distribution);
        tell(&[Note::CutsNothing { parameters: 1, first, law }]);
    }
    if let Some(out) = args.out.as_deref().filter(|_| !stdout) {
        output::check(out, args.force)?;
    }
    let chosen = args.device.device.choose()?;
    let (device, backend) = chosen.name();
    let mut made = Made {
        name: made_name(args),
        shape,
        dtype: fill.dtype().name(),
        start: fill.index_of(0),
        count: fill.count(),
        fan_in: drawn.fans.map(|fans| fans.fan_in),
        fan_out: drawn.fans.map(|fans| fans.fan_out),
        distribution: drawn.distribution,
        std_after_cut: super::std_after_cut(&drawn.distribution),
        seed: args.seed,
        stream: stream(args),
        device,
        backend,
        shard,
        sha256: None,
    };
    if let Some(path) = args.out.as_deref().filter(|_| !args.dry_run) {
        let mut sources = chosen.open()?;
        let bar = progress::bar(fill.bytes()?);
        let mut sha256 = Sha256::new();
        let mut make = |out: &mut dyn Write| {
            let write = |bytes: &[u8]| {
                out.write_all(bytes)?;
                bar.inc(bytes.len() as u64);
                Ok(())
            };
            let fills = std::iter::once(fill.clone());
            let written = draw::stream(&mut sources, fills, write, |bytes| sha256.update(bytes));
            written.with_context(|| format!("output {}", path.display()))
        };
        if stdout {
            let mut out = io::stdout().lock();
            if out.is_terminal() {
                bail!("the bytes are not for a terminal; send standard output to a pipe or a file");
            }
            if is_closed() {
                bail!(
                    "standard output is closed, and the bytes would be lost; open it, or name a file"
                );
            }
            let made = make(&mut out).and_then(|()| Ok(out.flush()?));
            made.map_err(|error| if is_broken_pipe(&error) { Cut.into() } else { error })?;
        } else {
            output::clean(output::folder_of(path), &[path])?;
            let header = header(args, &made, &fill)?;
            let space = Space::of(output::folder_of(path), header.len() as u64 + fill.bytes()?);
            if !args.ignore_space {
                space.check(path)?;
            }
            say_space(&space);
            let mut file = Output::create(path, args.force)?;
            file.write_all(&header)?;
            make(&mut file)?;
            file.finish()?;
        }
        bar.finish_and_clear();
        made.sha256 = Some(digest::hex(sha256));
    }
    report(args, &made, fill.bytes()?, started, stdout)
}

/// The name that the tensor has in the file.
fn made_name(args: &FillArgs) -> &str {
    args.name.as_deref().unwrap_or("weight")
}

fn stream(args: &FillArgs) -> u64 {
    args.stream.or_else(|| args.name.as_deref().map(stream_of)).unwrap_or(0)
}

/// Whether standard output was closed when the program began: what is written goes nowhere then.
#[cfg(unix)]
fn is_closed() -> bool {
    use rustix::fs::{OFlags, fcntl_getfl, fstat, stat};

    // What opens a closed one anew opens `/dev/null` for reading too, as nobody else does.
    let both = fcntl_getfl(io::stdout()).is_ok_and(|flags| flags.contains(OFlags::RDWR));
    let device = |it: rustix::io::Result<rustix::fs::Stat>| it.ok().map(|it| it.st_rdev);
    both && device(fstat(io::stdout())) == device(stat("/dev/null"))
}

#[cfg(not(unix))]
fn is_closed() -> bool {
    false
}

/// Whether words are drawn, and no floating-point numbers.
fn draws_words(args: &FillArgs) -> bool {
    args.init.name == "bits"
}

/// The shard that is asked for, if one is.
fn shard(args: &FillArgs) -> Result<Option<ShardProvenance>> {
    let Some(Shard { dim, index, count }) = args.shard else { return Ok(None) };
    let mut shape = args.shape.0.clone();
    let size = shape.get_mut(dim).with_context(|| {
        format!(
            "--shard {dim}:{index}/{count}: shape {:?} has no dimension {dim}; dimensions count \
             from 0",
            args.shape.0
        )
    })?;
    let range = chunk(*size, index, count)?;
    *size = range.end - range.start;
    Ok(Some(ShardProvenance { dim, index, count, range: [range.start, range.end], shape }))
}

/// The elements that are asked for, which must lie within the tensor, or within the shard.
fn selected(args: &FillArgs, drawn: &Drawn, shard: Option<&ShardProvenance>) -> Result<Fill> {
    let shape = &args.shape.0;
    let mut whole = Fill::new(drawn.distribution, shape);
    whole = whole.with_seed(args.seed).with_stream(stream(args));
    if let Some(dtype) = args.dtype {
        whole = whole.with_dtype(dtype);
    }
    let (all, of) = match shard {
        Some(ShardProvenance { dim, range: [start, end], shape: part, .. }) => {
            (whole.shard(*dim, *start..*end)?, format!("shard {part:?} of shape {shape:?}"))
        }
        None => (whole, format!("shape {shape:?}")),
    };
    // A window may be small enough where the whole is not.
    all.clone().window(0, 0)?;
    let (start, numel) = (args.start.unwrap_or(0), all.count());
    ensure!(
        start <= numel,
        "--start {start} is beyond the {numel} elements of {of}; take a lower one"
    );
    let count = args.count.unwrap_or(numel - start);
    ensure!(
        count <= numel - start,
        "--count {count} from --start {start} is beyond the {numel} elements of {of}; at most {} \
         are left there",
        numel - start
    );
    let fill = all.window(start, count)?;
    ensure!(
        i64::try_from(fill.bytes()?).is_ok(),
        "{count} elements take {} bytes; no file holds that: take a window with --start and --count",
        fill.bytes()?
    );
    Ok(fill)
}

fn header(args: &FillArgs, made: &Made<'_>, fill: &Fill) -> Result<Vec<u8>> {
    let mut provenance = Provenance::new(args.seed);
    provenance.tensor = Some(TensorProvenance {
        init: args.init.name.into(),
        stream: made.stream,
        whole_shape: made.shape.to_vec(),
        start: made.start,
        shard: made.shard.clone(),
    });
    provenance.laws.insert(made.name.into(), made.distribution);
    let windowed = args.start.is_some() || args.count.is_some();
    let count = [made.count];
    let shape = match &made.shard {
        _ if windowed => &count,
        Some(shard) => &shard.shape[..],
        None => made.shape,
    };
    let tensor = Tensor { name: made.name, dtype: made.dtype, shape, bytes: fill.bytes()? };
    Ok(safetensors::header(provenance.metadata()?, [tensor])?)
}

/// JSON, or a line for a human.
fn report(
    args: &FillArgs,
    made: &Made<'_>,
    bytes: u64,
    started: Instant,
    stdout: bool,
) -> Result<()> {
    if args.json {
        let line = serde_json::to_string(made)?;
        if stdout && !args.dry_run {
            say(format_args!("{line}"));
        } else {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}")?;
            out.flush()?;
        }
        return Ok(());
    }
    let done = if args.dry_run {
        "would be made".to_owned()
    } else {
        format!("made in {:.2} s", started.elapsed().as_secs_f64())
    };
    let device = if made.device == made.backend {
        made.device.clone()
    } else {
        format!("{} ({})", made.device, made.backend)
    };
    let elements = if made.count == 1 { "element" } else { "elements" };
    let what = match &made.shard {
        None => format!("{} {elements} from {} of {:?}", made.count, made.start, made.shape),
        Some(ShardProvenance { dim, index, count, shape, .. }) => {
            let empty = if shape[*dim] == 0 { "empty, " } else { "" };
            let window = match (args.start, args.count) {
                (None, None) => String::new(),
                (start, _) => {
                    format!(", {} {elements} from {} of it", made.count, start.unwrap_or(0))
                }
            };
            let whole = made.shape;
            format!(
                "shard {index}/{count} of dimension {dim}: {empty}{shape:?} of {whole:?}{window}"
            )
        }
    };
    say(format_args!(
        "{}: {}, {what}, {}, {done} on {device}",
        made.name.escape_debug(),
        made.distribution,
        text::bytes(bytes),
    ));
    Ok(())
}
