//! What the times say: rates, shares of `clear_buffer`, multiples of torch, goals.

use serde_json::{Value, json};
use wgpu_weights::Dtype;

use crate::speed::{By, Contender, Speed, TURNS};

/// Draw, dtype, against whom, and how many times as fast it shall be.
const GOALS: [(&str, Dtype, &str, f64); 4] = [
    ("uniform", Dtype::F32, "clear_buffer", 0.95),
    ("normal", Dtype::F32, "clear_buffer", 0.85),
    ("normal", Dtype::F32, "torch", 1.5),
    ("normal", Dtype::BF16, "torch", 1.5),
];

pub(crate) struct Figure<'a> {
    pub(crate) contender: &'a Contender,
    /// Median of a fill.
    pub(crate) seconds: f64,
    pub(crate) gigabytes: f64,
    /// How many times as fast as `clear_buffer` on the same device; medians of the turns' ratios.
    pub(crate) of_clear: Option<f64>,
    /// How many times as fast as torch's.
    pub(crate) of_torch: Option<f64>,
}

impl Figure<'_> {
    fn against(&self, whom: &str) -> Option<f64> {
        if whom == "torch" { self.of_torch } else { self.of_clear }
    }

    pub(crate) fn gigaelements(&self) -> f64 {
        self.contender.elements as f64 / self.seconds / 1e9
    }

    /// What this one shall be, and is.
    pub(crate) fn goals(&self) -> impl Iterator<Item = (&'static str, f64, Option<f64>)> {
        let Contender { by, name, dtype, .. } = *self.contender;
        let own =
            GOALS.into_iter().filter(move |it| by != By::Torch && (it.0, it.1) == (name, dtype));
        own.map(|(.., whom, goal)| (whom, goal, self.against(whom)))
    }

    fn json(&self) -> Value {
        let contender = self.contender;
        let clear = contender.name == "clear_buffer";
        let goals = self.goals().map(|(whom, goal, found)| {
            json!({
                "against": whom,
                "goal": goal,
                "found": found,
                "met": found.map(|found| found >= goal),
            })
        });
        json!({
            "by": contender.by.name(),
            "what": contender.name,
            "dtype": (!clear).then(|| contender.dtype.name()),
            "elements": contender.elements,
            "burst": contender.burst,
            "seconds": self.seconds,
            "elements_per_second": self.gigaelements() * 1e9,
            "gb_per_second": self.gigabytes,
            "of_clear_buffer": self.of_clear,
            "of_torch": self.of_torch,
            "goals": goals.collect::<Vec<_>>(),
            "host_seconds": spread(contender.host()),
            "device_seconds": spread(contender.device()),
        })
    }
}

/// The clock of all figures but those against torch, which has the host's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Host,
    Device,
}

impl Clock {
    /// The device's, where it has one that agrees with the host's.
    fn of(contenders: &[Contender]) -> Self {
        let mut ours = contenders.iter().filter(|it| it.by != By::Torch);
        let agrees = |it: &Contender| {
            median(it.device()).zip(median(it.host())).is_some_and(|(device, host)| {
                // Submitting is no part of the device's time; but most of the host's shall be work.
                (0.5..1.02).contains(&(device / host))
            })
        };
        if ours.all(agrees) { Self::Device } else { Self::Host }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Device => "device",
        }
    }

    fn times(self, contender: &Contender) -> Vec<f64> {
        match self {
            Self::Device if contender.by != By::Torch => contender.device(),
            _ => contender.host(),
        }
    }
}

pub(crate) struct Figures<'a> {
    speed: &'a Speed,
    pub(crate) clock: Clock,
    pub(crate) all: Vec<Figure<'a>>,
}

impl<'a> Figures<'a> {
    pub(crate) fn of(speed: &'a Speed) -> Self {
        let contenders = &speed.contenders;
        let clock = Clock::of(contenders);
        let figure = |contender: &'a Contender| {
            let seconds = median(clock.times(contender))?;
            let clear = contenders.iter().find(|it| {
                it.by == contender.by && it.name == "clear_buffer" && it.name != contender.name
            });
            let torch = contenders.iter().find(|it| {
                it.by == By::Torch
                    && it.by != contender.by
                    && (it.name, it.dtype) == (contender.name, contender.dtype)
            });
            Some(Figure {
                contender,
                seconds,
                gigabytes: speed.bytes as f64 / seconds / 1e9,
                of_clear: clear.and_then(|it| ratio(clock.times(it), clock.times(contender))),
                of_torch: torch.and_then(|it| ratio(it.host(), contender.host())),
            })
        };
        Self { speed, clock, all: contenders.iter().filter_map(figure).collect() }
    }

    /// What there was no time for, and who dropped out.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let turns = self.speed.turns;
        let late =
            (turns < TURNS).then(|| format!("{} of {TURNS} turns: time was up", TURNS - turns));
        let out = self.speed.contenders.iter().filter_map(|it| {
            let why = it.out.as_ref()?;
            Some(format!("torch's {}_ {}: {why}", it.name, it.dtype))
        });
        late.into_iter().chain(out).collect()
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "bytes": self.speed.bytes,
            "turns": self.speed.turns,
            "clock": self.clock.name(),
            "figures": self.all.iter().map(Figure::json).collect::<Vec<_>>(),
        })
    }
}

/// How many times as fast the second was, turn by turn; none where one dropped out.
fn ratio(one: Vec<f64>, other: Vec<f64>) -> Option<f64> {
    let paired = one.len() == other.len();
    paired.then(|| one.iter().zip(other).map(|(one, other)| one / other).collect()).and_then(median)
}

fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn spread(mut times: Vec<f64>) -> Option<Value> {
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index);
    Some(json!({
        "least": at(0)?,
        "median": at(times.len() / 2)?,
        "greatest": at(times.len() - 1)?,
    }))
}
