//! Fills, `clear_buffer` and torch, in turns on one device.

use std::time::{Duration, Instant};

use wgpu_weights::{Distribution, Dtype, Fill, wgpu};

use crate::{
    device::{Error, Gpu, Lap},
    torch::Torch,
};

/// Turns of everybody, where there is time, and turns there are in any case.
pub(crate) const TURNS: usize = 31;
const LEAST: usize = 3;
/// A submission has as many fills as take this long, so that submitting is no part of the figure...
const BURST: f64 = 0.01;
/// ... and no more than these.
const MOST: f64 = 64.0;

/// Whose work is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Ours, on a device with `SHADER_INT64`.
    Int64,
    /// Ours, on a device without.
    Plain,
    Torch,
}

impl By {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int64 => "with SHADER_INT64",
            Self::Plain => "without SHADER_INT64",
            Self::Torch => "torch",
        }
    }
}

/// A device that has kept the promise.
pub(crate) struct Side {
    pub(crate) by: By,
    pub(crate) gpu: Gpu,
}

/// One thing that is timed, and all its times.
pub(crate) struct Contender {
    pub(crate) by: By,
    /// A fill's, or `clear_buffer`.
    pub(crate) name: &'static str,
    pub(crate) dtype: Dtype,
    pub(crate) elements: u64,
    pub(crate) burst: u32,
    /// None for `clear_buffer` and for torch.
    fill: Option<Fill>,
    laps: Vec<Lap>,
    /// Why it has no part any more: torch alone may drop out.
    pub(crate) out: Option<String>,
}

impl Contender {
    fn new(by: By, name: &'static str, dtype: Dtype, bytes: u64, fill: Option<Fill>) -> Self {
        let elements = bytes / dtype.size();
        Self { by, name, dtype, elements, burst: 1, fill, laps: Vec::new(), out: None }
    }

    /// What is done, for the reader.
    pub(crate) fn title(&self) -> String {
        match self.name {
            "clear_buffer" => self.name.into(),
            draw => format!("{draw} {}", self.dtype.name().to_lowercase()),
        }
    }

    /// Of one fill, by the host's clock, turn by turn.
    pub(crate) fn host(&self) -> Vec<f64> {
        self.laps.iter().map(|lap| lap.host.as_secs_f64() / f64::from(self.burst)).collect()
    }

    /// The same by the device's own; empty where it has none.
    pub(crate) fn device(&self) -> Vec<f64> {
        let laps = self.laps.iter().filter_map(|lap| lap.device);
        laps.map(|time| time.as_secs_f64() / f64::from(self.burst)).collect()
    }
}

pub(crate) struct Speed {
    pub(crate) bytes: u64,
    pub(crate) turns: usize,
    pub(crate) contenders: Vec<Contender>,
}

/// What is drawn.
fn draws() -> Result<[(&'static str, Distribution); 4], Error> {
    Ok([
        ("uniform", Distribution::uniform(-0.1, 0.1)?),
        ("normal", Distribution::normal(0.0, 0.02)?),
        ("truncated", Distribution::truncated_normal(0.0, 0.02, -0.04, 0.04)?),
        ("constant", Distribution::constant(0.0)?),
    ])
}

/// Everybody in turns, until all turns are taken or time is up. Every fill has as many bytes as
/// `elements` of f32.
pub(crate) fn measure(
    sides: &[Side],
    torch: Option<&mut Torch>,
    elements: u64,
    until: Instant,
) -> Result<Speed, Error> {
    let bytes = elements * 4;
    let mut contenders = Vec::new();
    for side in sides {
        contenders.push(Contender::new(side.by, "clear_buffer", Dtype::F32, bytes, None));
    }
    for (name, distribution) in draws()? {
        for dtype in [Dtype::F32, Dtype::BF16] {
            let fill = Fill::new(distribution, [bytes / dtype.size()]);
            let fill = fill.with_dtype(dtype).with_seed(42);
            for side in sides {
                contenders.push(Contender::new(side.by, name, dtype, bytes, Some(fill.clone())));
            }
            if torch.is_some() && ["uniform", "normal"].contains(&name) {
                contenders.push(Contender::new(By::Torch, name, dtype, bytes, None));
            }
        }
    }
    let sides = sides.iter().map(|side| Ok((side, side.gpu.try_buffer(bytes)?)));
    let sides = sides.collect::<Result<Vec<_>, Error>>().map_err(|error| {
        format!(
            "{error}; `--elements` asks for less than {elements} (4 bytes each, on two devices)"
        )
    })?;
    let mut race = Race { sides, torch };
    for contender in &mut contenders {
        eprintln!("  {}, {}", contender.title(), contender.by.name());
        // The first compiles, the second tells how many make a submission.
        race.lap(contender)?;
        let Some(lap) = race.lap(contender)? else { continue };
        contender.burst = (BURST / lap.host.as_secs_f64()).clamp(1.0, MOST) as u32;
    }
    let mut turns = 0;
    // The first turn warms everybody up, and does not count.
    for turn in 0..=TURNS {
        if turns >= LEAST && Instant::now() > until {
            break;
        }
        // There and back, so that nobody always follows the same one.
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if turn % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let lap = race.lap(&mut contenders[index])?;
            contenders[index].laps.extend(lap.filter(|_| turn > 0));
        }
        turns = turn;
        if turn % 10 == 1 {
            eprintln!("  turn {turn} of {TURNS}");
        }
    }
    Ok(Speed { bytes, turns, contenders })
}

struct Race<'a> {
    sides: Vec<(&'a Side, wgpu::Buffer)>,
    torch: Option<&'a mut Torch>,
}

impl Race<'_> {
    /// One submission of a contender's; none where torch dropped out.
    fn lap(&mut self, contender: &mut Contender) -> Result<Option<Lap>, Error> {
        if contender.out.is_some() {
            return Ok(None);
        }
        let Contender { by, name, dtype, elements, burst, ref fill, .. } = *contender;
        let Some((side, buffer)) = self.sides.iter().find(|(side, _)| side.by == by) else {
            let torch = self.torch.as_mut().ok_or("torch is not at hand")?;
            return match torch.seconds(name, dtype, elements, burst) {
                Ok(seconds) => {
                    Ok(Some(Lap { host: Duration::from_secs_f64(seconds), device: None }))
                }
                Err(why) => {
                    contender.out = Some(why);
                    Ok(None)
                }
            };
        };
        let lap = side.gpu.lap(|encoder| {
            for _ in 0..burst {
                match fill {
                    Some(fill) => side.gpu.filler.fill(encoder, buffer.slice(..), fill)?,
                    None => encoder.clear_buffer(buffer, 0, None),
                }
            }
            Ok(())
        });
        lap.map(Some)
    }
}
