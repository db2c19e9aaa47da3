//! What is compiled for, and the cards that stand for it.

use wgpu_weights::kernel::Integers;

use super::{machine::Listing, machine::Machine};

/// One of a compiler's targets.
pub(crate) struct Target {
    /// As in `LABEL.KEY.asm`.
    pub(crate) key: &'static str,
    pub(crate) listing: Listing,
    pub(crate) title: &'static str,
    /// Of which kernels the table tells.
    pub(crate) integers: Integers,
    /// Whether it fuses what it may; else what runs its output does.
    pub(crate) fuses: bool,
    pub(crate) card: Option<Card>,
}

/// A card's rates, by its maker's tables: what it starts in a clock over all of its units.
#[derive(Clone, Copy)]
pub(crate) struct Card {
    pub(crate) name: &'static str,
    ghz: f64,
    units: f64,
    /// GB/s that it can write.
    bandwidth: f64,
    rates: Rates,
}

/// What a unit starts in a clock.
#[derive(Clone, Copy)]
enum Rates {
    /// NVIDIA's multiprocessor: instructions in all, integer logic, integer products, f32.
    Apart { all: f64, logic: f64, products: f64, floats: f64 },
    /// One vector lane: an instruction a clock, and an integer product in four.
    Lane,
}

impl Card {
    /// G elements/s as the slowest kind of unit allows, of a kernel that makes so many elements.
    pub(crate) fn speed(&self, machine: &Machine, elements: f64) -> f64 {
        let of = |count: u32| f64::from(count) / elements;
        let floats = machine.products + machine.sums + machine.fused;
        let clocks = match self.rates {
            Rates::Apart { all, logic, products, floats: rate } => [
                of(machine.instructions) / all,
                of(machine.logic) / logic,
                of(machine.integer_products) / products,
                of(floats) / rate,
            ]
            .into_iter()
            .fold(0.0, f64::max),
            Rates::Lane => of(machine.instructions) + 3.0 * of(machine.integer_products),
        };
        self.units * self.ghz / clocks
    }

    /// G elements/s that memory takes.
    pub(crate) fn memory(&self, bytes: f64) -> f64 {
        self.bandwidth / bytes
    }
}

const fn nvidia(name: &'static str, units: f64, ghz: f64, bandwidth: f64) -> Option<Card> {
    let rates = Rates::Apart { all: 128.0, logic: 64.0, products: 64.0, floats: 128.0 };
    Some(Card { name, ghz, units, bandwidth, rates })
}

const fn lanes(name: &'static str, units: f64, ghz: f64, bandwidth: f64) -> Option<Card> {
    Some(Card { name, ghz, units, bandwidth, rates: Rates::Lane })
}

const fn target(
    key: &'static str,
    listing: Listing,
    title: &'static str,
    card: Option<Card>,
) -> Target {
    Target { key, listing, title, integers: Integers::U64, fuses: true, card }
}

/// In the order of the table.
pub(crate) const TARGETS: &[Target] = &[
    target("radv_vega20", Listing::Amd, "ACO: vega20", lanes("Radeon VII", 3840.0, 1.75, 1024.0)),
    target("radv_navi21", Listing::Amd, "ACO: navi21", lanes("RX 6900 XT", 5120.0, 2.25, 512.0)),
    target("radv26_navi31", Listing::Amd, "ACO: navi31", lanes("RX 7900 XTX", 6144.0, 2.5, 960.0)),
    target(
        "radv26_gfx1201",
        Listing::Amd,
        "ACO: gfx1201",
        lanes("RX 9070 XT", 4096.0, 2.97, 640.0),
    ),
    target("nvk_ad102", Listing::Nak, "NAK: ad102", nvidia("RTX 4090", 128.0, 2.52, 1008.0)),
    target("nvk_tu102", Listing::Nak, "NAK: tu102", None),
    target("turnip_740", Listing::Ir3, "ir3: Adreno 740", None),
    target("agx_g13g", Listing::Agx, "AGX: G13G", lanes("M1", 1024.0, 1.278, 68.0)),
    target("sm_75", Listing::Sass, "ptxas: sm_75", None),
    target("sm_80", Listing::Sass, "ptxas: sm_80", None),
    target("sm_86", Listing::Sass, "ptxas: sm_86", None),
    target("sm_90", Listing::Sass, "ptxas: sm_90", nvidia("H100 SXM", 132.0, 1.755, 3050.0)),
    target("sm_100", Listing::Sass, "ptxas: sm_100", None),
    target("sm_120", Listing::Sass, "ptxas: sm_120", None),
    target("amdgpu", Listing::Amd, "fast-math: gfx1030", None),
    Target { integers: Integers::U32, ..target("fxc", Listing::Dxbc, "cs_5_1", None) },
    Target { fuses: false, ..target("dxc", Listing::Dxil, "cs_6_0", None) },
];
