//! One value on a diagonal, which the host has in `offset`, ready to store; 0 elsewhere.

use super::{BATCH, Blocks, Words, digits};
use crate::Params;

/// An index' digits, and the row modulo the period.
#[derive(Clone, Copy)]
struct Place {
    fast: u64,
    middle: u64,
    slow: u64,
    phase: u64,
}

/// What a kernel is told, as numbers.
struct Sizes {
    fast: u64,
    middle: u64,
    period: u64,
    tap: u64,
    order: u32,
}

impl Sizes {
    fn of(params: &Params) -> Self {
        Self {
            fast: digits::size(params.fast),
            middle: digits::size(params.middle),
            period: digits::size(params.period),
            tap: digits::number(params.tap),
            order: params.shifts[3],
        }
    }

    fn place_of(&self, index: u64) -> Place {
        let (rest, fast) = (index / self.fast, index % self.fast);
        let (slow, middle) = (rest / self.middle, rest % self.middle);
        let row = if self.order == 1 { fast } else { slow };
        Place { fast, middle, slow, phase: row % self.period }
    }

    fn place_after(&self, place: Place) -> Place {
        let mut next = place;
        let row_is_fast = self.order == 1;
        next.fast = turned(place.fast, self.fast);
        if row_is_fast {
            next.phase = turned(place.phase, self.period);
        }
        if next.fast == 0 {
            next.middle = turned(place.middle, self.middle);
            if row_is_fast {
                next.phase = 0;
            } else if next.middle == 0 {
                next.phase = turned(place.phase, self.period);
            }
            if next.middle == 0 {
                next.slow = place.slow.wrapping_add(1);
            }
        }
        next
    }

    fn on_diagonal(&self, place: &Place) -> bool {
        let (tap, column) = match self.order {
            0 => (place.fast, place.middle),
            1 => (place.slow, place.middle),
            _ => (place.middle, place.fast),
        };
        tap == self.tap && column == place.phase
    }
}

/// The digit after this one, 0 after the last.
fn turned(digit: u64, size: u64) -> u64 {
    let next = digit.wrapping_add(1);
    if next == size { 0 } else { next }
}

#[inline(always)]
pub(crate) fn draw(blocks: &Blocks, params: &Params) -> Words {
    let sizes = Sizes::of(params);
    let mut words = [[0; BATCH]; 4];
    // Blocks mostly follow each other, and then so do their places.
    let mut last: Option<(u64, Place)> = None;
    for (at, &block) in blocks.iter().enumerate() {
        let mut place = match last {
            Some((before, place)) if before.wrapping_add(1) == block => place,
            _ => sizes.place_of(digits::first_index(block)),
        };
        for word in &mut words {
            word[at] = if sizes.on_diagonal(&place) { params.offset.to_bits() } else { 0 };
            place = sizes.place_after(place);
        }
        last = Some((block, place));
    }
    words
}
