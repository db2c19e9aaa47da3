//! What the command line asks for.

use std::{path::PathBuf, str::FromStr, time::Duration};

pub(crate) const HELP: &str = "\
Bits, then speed, of the GPU at hand: whether it makes the contract's bits, and how fast it fills next to
clear_buffer and, where python3 has it, torch. Ends with status 1 where a bit differs, 2 where it could not run.

  --adapter NAME|INDEX  a part of the adapter's name, or its place among all; the best one by default
  --elements N          f32 elements of a fill (bf16: as many bytes); 2^28 on a discrete GPU, fewer on others
  --seconds S           how long it may take: what does not fit is left out, and named [default: 480]
  --json FILE           where every figure goes [default: gpu-DEVICE.json in the results' folder]
  --results FOLDER      the results' folder [default: .]
  --readme FILE         a text with the markers `gpu begin` and `gpu end` that gets the device's row
  --software-too        the row of a software device goes there too
  --answers FILE        other known answers than those of the contract
  --torch DEVICE        torch's name of the same GPU (cuda:1, mps), where the adapter's name does not tell
  --help                this

PYTHON names the python3 that may have torch; WGPU_BACKEND and WGPU_ADAPTER_NAME are heeded.
";

pub(crate) struct Options {
    pub(crate) adapter: Option<String>,
    pub(crate) elements: Option<u64>,
    pub(crate) seconds: Duration,
    pub(crate) json: Option<PathBuf>,
    pub(crate) results: PathBuf,
    pub(crate) readme: Option<PathBuf>,
    pub(crate) software_too: bool,
    pub(crate) answers: Option<PathBuf>,
    pub(crate) torch: Option<String>,
}

impl Options {
    /// None where help is asked for.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            adapter: None,
            elements: None,
            seconds: Duration::from_secs(480),
            json: None,
            results: ".".into(),
            readme: None,
            software_too: false,
            answers: None,
            torch: None,
        };
        let mut args = args.into_iter();
        while let Some(option) = args.next() {
            let mut value = || args.next().ok_or(format!("{option} takes a value"));
            match option.as_str() {
                "--adapter" => options.adapter = Some(value()?),
                "--elements" => options.elements = Some(elements(&value()?)?),
                "--seconds" => {
                    options.seconds = Duration::from_secs(number::<u32>(&value()?)?.into())
                }
                "--json" => options.json = Some(value()?.into()),
                "--results" => options.results = value()?.into(),
                "--readme" => options.readme = Some(value()?.into()),
                "--software-too" => options.software_too = true,
                "--answers" => options.answers = Some(value()?.into()),
                "--torch" => options.torch = Some(value()?),
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("no option is called {option}; see --help")),
            }
        }
        Ok(Some(options))
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no whole number in range"))
}

/// At least one; and what has as many bytes must have a number of them.
fn elements(text: &str) -> Result<u64, String> {
    let elements = number(text)?;
    match elements {
        1..=0xffff_ffff_ffff => Ok(elements),
        _ => Err(format!("`{text}` elements: give at least 1 and less than 2^48")),
    }
}
