//! `fill`.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use sha2::{Digest, Sha256};
use wgpu_weights::{Dtype, Fill, Kind, stream_of};

use crate::{
    args::{FillArgs, Usage},
    checkpoint::{self, Tensor},
    chunks,
    describe::Described,
    initialiser::Drawn,
    output::{self, Output},
    progress::{self, say},
    promise, source, table,
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
    distribution: Option<Described>,
    seed: u64,
    stream: u64,
    device: String,
    backend: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// Writes a tensor, or a window of one.
///
/// # Errors
/// Whatever is in the way; then nothing stands under the output's name that was not there before.
pub(crate) fn run(args: &FillArgs) -> Result<()> {
    let started = Instant::now();
    if let Some(message) = args.init.refuses(args.arguments.given(), "--") {
        return Err(Usage { command: "fill", message }.into());
    }
    let stdout = args.out.as_deref() == Some(Path::new("-"));
    let shape = &args.shape.0;
    let drawn = args.init.draw(shape, &args.arguments)?;
    let fill = window(args, &drawn)?;
    if let Some(out) = args.out.as_deref().filter(|_| !stdout) {
        output::check(out, args.force)?;
    }
    let chosen = args.device.device.choose()?;
    let (device, backend) = chosen.name();
    let dtype = if drawn.distribution.kind() == Kind::Bits { Dtype::U32 } else { Dtype::F32 };
    let mut made = Made {
        name: args.name.as_deref().unwrap_or("weight"),
        shape,
        dtype: dtype.name(),
        start: args.start.unwrap_or(0),
        count: fill.count(),
        fan_in: drawn.fans.map(|fans| fans.fan_in),
        fan_out: drawn.fans.map(|fans| fans.fan_out),
        distribution: Described::of(&drawn.distribution),
        seed: args.seed,
        stream: stream(args),
        device,
        backend,
        sha256: None,
    };
    if let Some(path) = args.out.as_deref().filter(|_| !args.dry_run) {
        let sources = source::sources(&chosen.open()?)?;
        let bar = progress::bar(fill.bytes()?);
        let mut sha256 = Sha256::new();
        let make = |out: &mut dyn Write| {
            chunks::stream(sources, std::iter::once(fill), |bytes| {
                out.write_all(bytes).with_context(|| format!("output {}", path.display()))?;
                sha256.update(bytes);
                bar.inc(bytes.len() as u64);
                Ok(())
            })
        };
        if stdout {
            let mut out = io::stdout().lock();
            if out.is_terminal() {
                bail!("the bytes are not for a terminal; send standard output to a pipe or a file");
            }
            make(&mut out)?;
            out.flush()?;
        } else {
            let mut file = Output::create(path, args.force)?;
            file.write_all(&header(args, &made, fill)?)?;
            make(&mut file)?;
            file.finish()?;
        }
        bar.finish_and_clear();
        made.sha256 = Some(sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
    }
    report(args, &made, fill.bytes()?, started, stdout)
}

fn stream(args: &FillArgs) -> u64 {
    args.stream.or_else(|| args.name.as_deref().map(stream_of)).unwrap_or(0)
}

/// The window that is asked for, which must lie within the tensor.
fn window(args: &FillArgs, drawn: &Drawn) -> Result<Fill> {
    let shape = &args.shape.0;
    let numel = shape
        .iter()
        .try_fold(1u64, |product, &dim| product.checked_mul(dim))
        .with_context(|| format!("the product of shape {shape:?} is 2^64 or more"))?;
    let start = args.start.unwrap_or(0);
    ensure!(
        start <= numel,
        "--start {start} is beyond the {numel} elements of shape {shape:?}; take a lower one"
    );
    let count = args.count.unwrap_or(numel - start);
    ensure!(
        count <= numel - start,
        "--count {count} from --start {start} is beyond the {numel} elements of shape {shape:?}; \
         at most {} are left there",
        numel - start
    );
    let fill = Fill::new(drawn.distribution, 0).seed(args.seed).stream(stream(args));
    let fill = fill.window(start, count);
    ensure!(
        i64::try_from(fill.bytes()?).is_ok(),
        "{count} elements take {} bytes; no file holds that: take a window with --start and --count",
        fill.bytes()?
    );
    Ok(fill)
}

fn header(args: &FillArgs, made: &Made<'_>, fill: Fill) -> Result<Vec<u8>> {
    let mut metadata = checkpoint::metadata(args.seed);
    metadata.insert("init".into(), args.init.name().into());
    metadata.insert("stream".into(), made.stream.to_string().into());
    metadata.insert("whole_shape".into(), serde_json::to_string(made.shape)?.into());
    metadata.insert("start".into(), made.start.to_string().into());
    let promised = made.distribution.map(|it| (made.name, it));
    metadata.insert(promise::KEY.into(), promise::write(promised)?.into());
    let windowed = args.start.is_some() || args.count.is_some();
    let count = [made.count];
    let shape = if windowed { &count } else { made.shape };
    let tensor = Tensor { name: made.name, dtype: made.dtype, shape, bytes: fill.bytes()? };
    checkpoint::header(metadata, [tensor])
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
    let verb = if args.dry_run { "would be made" } else { "made" };
    let device = if made.device == made.backend {
        made.device.clone()
    } else {
        format!("{} ({})", made.device, made.backend)
    };
    say(format_args!(
        "{}: {}, {} elements from {} of {:?}, {}, {verb} in {:.2} s on {device}",
        made.name.escape_debug(),
        made.distribution.map(|it| it.text()).unwrap_or_default(),
        made.count,
        made.start,
        made.shape,
        table::bytes(bytes),
        started.elapsed().as_secs_f64(),
    ));
    Ok(())
}
