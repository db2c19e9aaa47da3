//! A normal, with zeros where a keyed permutation of each line's places says so.
//!
//! A place is two digits, of radices whose product is the length of a line or little more. In each of 24 steps one
//! digit is moved, modulo its radix, by a function of the other: a Feistel network, which is a permutation whatever that
//! function is. What falls behind the line is permuted again, and so comes back into it (Black and Rogaway, "Ciphers with
//! arbitrary finite domains", 2002). The function mixes bits as MurmurHash3 does at its end (Appleby, 2011); its keys are the
//! words that the line's number has on a stream of its own.

use super::{BATCH, Blocks, Words, box_muller, digits, philox::philox4x32_10};
use crate::Params;

/// What the stream of the keys differs by: "sparse" in ASCII.
const STREAM: [u32; 2] = [0x7273_6500, 0x7370_6100];

/// Times that the keys are gone through. After one, places of five are off by 3 % and pairs of them by more; after two, pairs
/// still by 6 standard deviations in four million keys; after three nothing is seen.
const ROUNDS: u32 = 3;

#[inline(always)]
fn mixed(value: u32) -> u32 {
    let h = value;
    let h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    let h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

/// `digit` plus a number below `radix` that is a function of the other digit, modulo `radix`.
#[inline(always)]
fn stepped(digit: u32, other: u32, key: u32, radix: u32) -> u32 {
    let mixed = mixed(other.wrapping_mul(0x9e37_79b1).wrapping_add(key));
    let sum = digit + ((u64::from(mixed) * u64::from(radix)) >> 32) as u32;
    if sum >= radix { sum - radix } else { sum }
}

#[inline(always)]
fn permuted(place: u32, key: [u32; 4], [high_radix, low_radix]: [u32; 2]) -> u32 {
    let (mut high, mut low) = (place / low_radix, place % low_radix);
    for round in 0..ROUNDS {
        for key in key.map(|key| key.wrapping_add(round.wrapping_mul(0x85eb_ca77))) {
            high = stepped(high, low, key, high_radix);
            low = stepped(low, high, !key, low_radix);
        }
    }
    high * low_radix + low
}

fn is_zero(line: u32, place: u32, params: &Params) -> bool {
    let [length, zeros, high, low] = params.line;
    let stream = [params.stream[0] ^ STREAM[0], params.stream[1] ^ STREAM[1]];
    let key = philox4x32_10([line, 0, stream[0], stream[1]], params.key);
    // As often as it leaves the line, which it does rarely; it comes back, since it is a permutation.
    let mut at = permuted(place, key, [high, low]);
    while at >= length {
        at = permuted(at, key, [high, low]);
    }
    at < zeros
}

#[inline(always)]
pub(crate) fn draw<const CAREFUL: bool>(blocks: &Blocks, params: &Params) -> Words {
    let columns = digits::size(params.fast);
    let lines_are_rows = params.shifts[3] == 1;
    let mut words = box_muller::draw::<CAREFUL>(blocks, params);
    for (at, &block) in (0..BATCH).zip(blocks) {
        let index = digits::first_index(block);
        let (mut row, mut column) = ((index / columns) as u32, (index % columns) as u32);
        for word in &mut words {
            let (line, place) = if lines_are_rows { (row, column) } else { (column, row) };
            // What lies behind the matrix is not stored.
            if place < params.line[0] && is_zero(line, place, params) {
                word[at] = 0;
            }
            column = column.wrapping_add(1);
            if u64::from(column) == columns {
                column = 0;
                row = row.wrapping_add(1);
            }
        }
    }
    words
}
