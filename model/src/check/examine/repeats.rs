//! Values that stand in two places: ranks with one seed, a block that repeats, a copy.

use std::collections::BTreeMap;

use super::examination::Finding;
use crate::error::{Error, Result};

/// Windows of values by their content, at places that the content chooses, so that a copy is met wherever it lies.
#[derive(Debug)]
pub(super) struct Repeats {
    /// One place of so many is kept; a power of two.
    every: u64,
    /// Hash, tensor, and the first element of the window.
    places: Vec<(u64, u32, u64)>,
}

/// A run of values that stands in two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    /// The two tensors, in their order; they may be one.
    pub(super) tensors: [u32; 2],
    /// The first element that is known to be shared, in each.
    pub(super) first: [u64; 2],
    /// At least so many elements.
    pub(super) count: u64,
}

/// Places that are kept of a checkpoint, whatever its size: 64 MB.
const PLACES: u64 = 1 << 22;
/// Copies of a window beyond these are not told one by one.
const COPIES: usize = 64;

/// Bits that all values of a window have together at least, where they are random at all.
fn window_of(bytes_of_element: u64) -> usize {
    match bytes_of_element {
        1 => 48,
        2 => 16,
        _ => 8,
    }
}

/// Every bit of the result depends on every one of the argument. Source: Steele et al., SplitMix64 (2014).
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Whether a window has enough different values to be told from others by them.
fn varied(window: &[u64]) -> bool {
    let mut values = window.to_vec();
    values.sort_unstable();
    values.dedup();
    values.len() >= 6.max(window.len() / 3)
}

/// The multiplier of the rolling hash.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Follows one tensor.
#[derive(Debug)]
pub(super) struct Follower {
    tensor: u32,
    window: usize,
    /// The last values, the oldest at `slot`.
    ring: Vec<u64>,
    slot: usize,
    /// `BASE` to the power of the window.
    leaving: u64,
    hash: u64,
    at: u64,
    /// The last value, and how many of it came in a row.
    run: (u32, u64),
}

impl Repeats {
    /// For so many values altogether.
    pub(super) fn of(values: u64) -> Self {
        let every = (values / PLACES).max(16).next_power_of_two();
        Self { every, places: Vec::new() }
    }

    /// Begins a tensor.
    pub(super) fn follow(tensor: u32, bytes_of_element: u64) -> Follower {
        let window = window_of(bytes_of_element);
        let leaving = (0..window).fold(1u64, |power, _| power.wrapping_mul(BASE));
        Follower {
            tensor,
            window,
            ring: vec![0; window],
            slot: 0,
            leaving,
            hash: 0,
            at: 0,
            run: (0, 0),
        }
    }

    /// The next values of a tensor.
    pub(super) fn add(&mut self, follower: &mut Follower, bits: u32) -> Result<()> {
        let Follower { tensor, window, ring, slot, leaving, hash, at, run } = follower;
        let value = mix(u64::from(bits).wrapping_add(BASE));
        let oldest = std::mem::replace(&mut ring[*slot], value);
        *slot = if *slot + 1 == *window { 0 } else { *slot + 1 };
        *hash =
            hash.wrapping_mul(BASE).wrapping_add(value).wrapping_sub(oldest.wrapping_mul(*leaving));
        *run = if run.0 == bits { (bits, run.1 + 1) } else { (bits, 1) };
        *at += 1;
        let full = *at >= *window as u64;
        let found = mix(*hash);
        // A window with a long run of one value says nothing: zeros, or a constant.
        let choose = found & (self.every - 1) == 0;
        if full && run.1 <= 2 && choose && varied(ring) && self.places.len() < 4 * PLACES as usize {
            let room = self.places.try_reserve(1);
            room.map_err(|_| Error::new("no memory for what repeats"))?;
            self.places.push((found, *tensor, *at - *window as u64));
        }
        Ok(())
    }

    /// The runs that stand in two places, the longest first.
    pub(super) fn find(mut self) -> Vec<Repeat> {
        self.places.sort_unstable();
        // By tensors and the distance between the two places.
        let mut runs: BTreeMap<([u32; 2], i64), [u64; 4]> = BTreeMap::new();
        for same in self.places.chunk_by(|a, b| a.0 == b.0) {
            for pair in same.windows(2).take(COPIES) {
                let [(_, a, from), (_, b, to)] = [pair[0], pair[1]];
                let apart = to as i64 - from as i64;
                let run = runs.entry(([a, b], apart)).or_insert([from, to, from, 0]);
                *run = [run[0].min(from), run[1].min(to), run[2].max(from), run[3] + 1];
            }
        }
        let run = |((tensors, _), [from, to, last, count]): (([u32; 2], i64), [u64; 4])| {
            // Two windows at one distance: one alone is a value of 2^64 by chance, or a short motif.
            (count > 1).then(|| Repeat { tensors, first: [from, to], count: last - from + 8 })
        };
        let mut found: Vec<_> = runs.into_iter().filter_map(run).collect();
        found.sort_by_key(|it| std::cmp::Reverse(it.count));
        found
    }
}

/// What values in two places say; parameters that are equal throughout are told together, and others by pairs.
pub(super) fn findings(repeats: Vec<Repeat>, tensors: &[(String, u64)]) -> Vec<Finding> {
    /// Findings that are listed each; more are counted.
    const LISTED: usize = 20;
    let name = |at: u32| tensors.get(at as usize).map_or_else(String::new, |it| it.0.clone());
    let count = |at: u32| tensors.get(at as usize).map_or(0, |it| it.1);
    // Windows are met here and there, so the ends of what is shared are not known exactly.
    let throughout = |it: &Repeat| {
        let [a, b] = it.tensors;
        a != b
            && it.first[0] == it.first[1]
            && count(a) == count(b)
            && it.count as f64 > 0.9 * count(a) as f64
    };
    // Each tensor with the first that it is equal to.
    let mut equal: BTreeMap<u32, u32> = BTreeMap::new();
    for it in repeats.iter().filter(|it| throughout(it)) {
        let [a, b] = it.tensors;
        let root = |mut at: u32, equal: &BTreeMap<u32, u32>| {
            while let Some(&before) = equal.get(&at) {
                at = before;
            }
            at
        };
        let (a, b) = (root(a, &equal), root(b, &equal));
        if a != b {
            equal.insert(a.max(b), a.min(b));
        }
    }
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &tensor in equal.keys() {
        let mut first = tensor;
        while let Some(&before) = equal.get(&first) {
            first = before;
        }
        groups.entry(first).or_insert_with(|| vec![first]).push(tensor);
    }
    let same = groups.into_values().map(|group| Finding {
        parameters: group.into_iter().map(name).collect(),
        wrong: "the same values in all of them".into(),
        likely: "one seed for all: ranks or layers that share it; a module that was copied, as nn.TransformerEncoder copies its \
                 layer; or a tie that is stored twice"
            .into(),
    });
    let mut pairs: BTreeMap<[u32; 2], (Repeat, usize)> = BTreeMap::new();
    for repeat in repeats.into_iter().filter(|it| !throughout(it)) {
        pairs.entry(repeat.tensors).or_insert((repeat, 0)).1 += 1;
    }
    let pairs = pairs.into_values().map(|(Repeat { tensors: [a, b], first: [from, to], count }, times)| {
        let again = if times > 1 { format!(", and {} such runs more", times - 1) } else { String::new() };
        if a == b {
            let wrong = format!("about {count} values from element {from} on stand again {} elements later{again}", to - from);
            let likely = "a block that repeats: slices or ranks drawn from one seed".into();
            return Finding { parameters: vec![name(a)], wrong, likely };
        }
        let wrong = match from == to {
            true => format!("about {count} values are the same at the same places, from about element {from} on{again}"),
            false => format!("about {count} values of the first, from about element {from} on, are those of the second from {to} on{again}"),
        };
        let likely = "one seed for both: ranks, layers or parameters that share it".into();
        Finding { parameters: vec![name(a), name(b)], wrong, likely }
    });
    let mut findings: Vec<Finding> = same.chain(pairs).collect();
    let more = findings.len().saturating_sub(LISTED);
    findings.truncate(LISTED);
    if more > 0 {
        let wrong = format!("{more} more parameters or pairs of them share values");
        findings.push(Finding { parameters: Vec::new(), wrong, likely: "as above".into() });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(seed: u64, count: u64) -> Vec<u32> {
        (0..count).map(|at| mix(seed * 1_000_003 + at) as u32).collect()
    }

    fn of(tensors: &[Vec<u32>]) -> Vec<Repeat> {
        let mut repeats = Repeats::of(10_000);
        for (tensor, values) in (0..).zip(tensors) {
            let mut follower = Repeats::follow(tensor, 4);
            values.iter().for_each(|&bits| repeats.add(&mut follower, bits).unwrap());
        }
        repeats.find()
    }

    #[test]
    fn a_copy_is_found_wherever_it_lies() {
        let (a, b) = (values(1, 5000), values(2, 5000));
        assert_eq!(of(&[a.clone(), b.clone()]), []);
        let found = of(&[a.clone(), b.clone(), a.clone()]);
        assert_eq!((found.len(), found[0].tensors), (1, [0, 2]));
        assert_eq!(found[0].first[0], found[0].first[1]);
        assert!(found[0].count > 4800);
        // A slice, at another place.
        let mut c = b.clone();
        c[701..1701].copy_from_slice(&a[3333..4333]);
        let found = of(&[a.clone(), c]);
        assert_eq!((found.len(), found[0].tensors), (1, [0, 1]));
        assert_eq!(found[0].first[0] - found[0].first[1], 3333 - 701);
        assert!((700..=1000).contains(&found[0].count), "{found:?}");
        // Within one tensor.
        let twice = [&a[..], &a[..]].concat();
        assert_eq!(of(&[twice])[0].tensors, [0, 0]);
        // Zeros are no copy of zeros.
        assert_eq!(of(&[vec![0; 5000], vec![0; 5000], vec![7; 5000]]), []);
    }
}
