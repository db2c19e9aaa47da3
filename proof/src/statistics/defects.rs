//! Generators with a defect, and the families of tests that must find it.

use wgpu_weights::{
    Distribution,
    cpu::{
        box_muller::{direction, radius},
        philox::philox4x32_10,
    },
};

use super::{
    law::Law,
    source::{Library, Source},
};

/// A planted defect.
pub(crate) struct Defect {
    pub(crate) name: &'static str,
    pub(crate) law: Law,
    /// Families that must fail.
    pub(crate) found_by: &'static [&'static str],
    /// log2 of the values it takes, where that is more than the others need; then only the tests
    /// of the values as a set look at it.
    pub(crate) needs: Option<u32>,
    pub(crate) source: Box<dyn Source>,
}

/// A source that is a function.
struct Of<F>(F);

impl<F: Fn(u64, u64, u64, &mut [f32]) + Sync> Source for Of<F> {
    fn fill(&self, seed: u64, stream: u64, start: u64, out: &mut [f32]) {
        (self.0)(seed, stream, start, out);
    }
}

/// Normals by Box-Muller from what a function of seed, stream and pair says are two words.
fn of_words(words: impl Fn(u64, u64, u64) -> [u32; 2] + Sync + 'static) -> Box<dyn Source> {
    Box::new(Of(move |seed, stream, start, out: &mut [f32]| {
        let (mut drawn, mut normals) = (None, [0.0; 2]);
        for (index, value) in (start..).zip(out) {
            let pair = index / 2;
            if drawn.replace(pair) != Some(pair) {
                let [x, y] = words(seed, stream, pair);
                normals = direction(y).map(|d| radius(x) * d);
            }
            *value = normals[(index % 2) as usize];
        }
    }))
}

/// Uniforms of such words, one each.
fn uniforms(words: impl Fn(u64, u64, u64) -> [u32; 2] + Sync + 'static) -> Box<dyn Source> {
    Box::new(Of(move |seed, stream, start, out: &mut [f32]| {
        for (index, value) in (start..).zip(out) {
            let word = words(seed, stream, index / 2)[(index % 2) as usize];
            *value = (word & 0xff_ffff) as f32 * 2f32.powi(-24);
        }
    }))
}

fn halves(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// The four words of a block.
pub(crate) fn block(seed: u64, stream: u64, block: u64) -> [u32; 4] {
    let ([b0, b1], [s0, s1]) = (halves(block), halves(stream));
    philox4x32_10([b0, b1, s0, s1], halves(seed))
}

/// The two words of a pair of normals.
fn pair(seed: u64, stream: u64, pair: u64) -> [u32; 2] {
    let [w0, w1, w2, w3] = block(seed, stream, pair / 2);
    if pair.is_multiple_of(2) { [w0, w1] } else { [w2, w3] }
}

/// 64 Ki lanes, each a 64-bit linear congruential generator whose state begins at seed + lane:
/// a common way to seed one generator per thread.
pub(crate) fn lanes(seed: u64, stream: u64, pair: u64) -> [u32; 2] {
    const A: u64 = 6_364_136_223_846_793_005;
    const C: u64 = 1_442_695_040_888_963_407;
    let (lane, step) = (pair % (1 << 16), pair >> 16);
    let mut state = seed.wrapping_add(stream << 32).wrapping_add(lane);
    // Two words a step: 2·step + 1 steps to the first, by squaring.
    let (mut a, mut c, mut steps) = (A, C, 2 * step + 1);
    while steps > 0 {
        if steps % 2 == 1 {
            state = state.wrapping_mul(a).wrapping_add(c);
        }
        c = c.wrapping_mul(a.wrapping_add(1));
        a = a.wrapping_mul(a);
        steps /= 2;
    }
    [state, state.wrapping_mul(A).wrapping_add(C)].map(|state| (state >> 32) as u32)
}

/// 256 blocks of each 16 384 are those before them.
fn repeated(seed: u64, stream: u64, at: u64) -> [u32; 2] {
    let again = (at >> 9) % 64 == 1;
    pair(seed, stream, if again { at - 512 } else { at })
}

/// Normals without a defect.
fn sound() -> Library {
    Library(Distribution::normal(0.0, 1.0).expect("0 and 1 are in range"))
}

/// Uniforms without a defect.
fn sound_uniforms() -> Library {
    Library(Distribution::uniform(0.0, 1.0).expect("0 and 1 are in range"))
}

/// All of them.
pub(crate) fn all() -> Vec<Defect> {
    let mut all = of_normals();
    all.extend(of_uniforms());
    all
}

fn of_uniforms() -> Vec<Defect> {
    let defect = |name, found_by, source| {
        let law = Law::Uniform;
        Defect { name, law, found_by, needs: None, source }
    };
    vec![
        defect(
            "17 bits of 24",
            &["coincidences"],
            Box::new(Of(|seed, stream, start, out: &mut [f32]| {
                sound_uniforms().fill(seed, stream, start, out);
                out.iter_mut().for_each(|x| *x = (*x * 2f32.powi(17)).floor() * 2f32.powi(-17));
            })),
        ),
        defect(
            "a density with a wave",
            &["ks", "anderson-darling", "chi-square", "moments"],
            Box::new(Of(|seed, stream, start, out: &mut [f32]| {
                sound_uniforms().fill(seed, stream, start, out);
                for x in out {
                    let turns = std::f32::consts::TAU * *x;
                    *x = (*x + 0.02 * turns.sin()).clamp(0.0, 1.0 - 2f32.powi(-24));
                }
            })),
        ),
        defect("repeated blocks", &["autocorrelation", "rows"], uniforms(repeated)),
        // Every 64th value is the neighbour's.
        defect(
            "streams that share values",
            &["streams"],
            Box::new(Of(|seed, stream: u64, start: u64, out: &mut [f32]| {
                let mut below = vec![0.0; out.len()];
                sound_uniforms().fill(seed, stream, start, out);
                sound_uniforms().fill(seed, stream & !1, start, &mut below);
                for ((index, x), below) in (start..).zip(out).zip(below) {
                    if index % 64 == 0 {
                        *x = below;
                    }
                }
            })),
        ),
        defect("lanes seeded linearly", &["autocorrelation", "seeds", "names"], uniforms(lanes)),
    ]
}

fn of_normals() -> Vec<Defect> {
    let law = Law::Normal;
    let defect = |name, found_by, source| Defect { name, law, found_by, needs: None, source };
    vec![
        defect(
            "7 significant bits fewer",
            &["coincidences"],
            Box::new(Of(|seed, stream, start, out: &mut [f32]| {
                sound().fill(seed, stream, start, out);
                out.iter_mut().for_each(|x| *x = f32::from_bits(x.to_bits() & !127));
            })),
        ),
        Defect {
            name: "words 7 bits short of 24",
            law,
            found_by: &["tails"],
            needs: Some(27),
            source: of_words(|seed, stream, at| {
                pair(seed, stream, at).map(|word| word & 0xffff_8000 | 0x4000)
            }),
        },
        defect(
            "sum of 12 uniforms",
            &["ks", "anderson-darling", "chi-square", "moments", "tails"],
            Box::new(Of(|seed, stream, start: u64, out: &mut [f32]| {
                for (index, value) in (start..).zip(out) {
                    let words = (0..3).flat_map(|at| block(seed, stream, 3 * index + at));
                    *value = words.map(|word| word as f32 * 2f32.powi(-32)).sum::<f32>() - 6.0;
                }
            })),
        ),
        defect("repeated blocks", &["autocorrelation", "rows"], of_words(repeated)),
        defect(
            "one radius for two pairs",
            &["autocorrelation"],
            of_words(|seed, stream, at| {
                let [w0, w1, _, w3] = block(seed, stream, at / 2);
                [w0, if at.is_multiple_of(2) { w1 } else { w3 }]
            }),
        ),
        // 1/64 of the neighbour below.
        defect(
            "correlated streams",
            &["streams"],
            Box::new(Of(|seed, stream: u64, start, out: &mut [f32]| {
                let mut below = vec![0.0; out.len()];
                sound().fill(seed, stream, start, out);
                sound().fill(seed, stream.wrapping_sub(1), start, &mut below);
                let own = (1.0 - 2f32.powi(-12)).sqrt();
                out.iter_mut().zip(below).for_each(|(x, below)| *x = own * *x + below / 64.0);
            })),
        ),
        defect(
            "streams 5 blocks apart",
            &["streams"],
            Box::new(Of(|seed, stream: u64, start, out: &mut [f32]| {
                sound().fill(seed, 0, start + 20 * (stream % (1 << 32)), out);
            })),
        ),
        defect("lanes seeded linearly", &["autocorrelation", "seeds", "names"], of_words(lanes)),
    ]
}
