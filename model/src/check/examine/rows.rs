//! Rows that are zero: those that should be, and those that should not.

use std::ops::Range;

use wgpu_weights::Distribution;

use crate::text;

/// Rows of a tensor, slices along its first dimension: those that are zero, and those that should be.
#[derive(Debug)]
pub(super) struct Rows {
    should: Range<u64>,
    /// Elements of a row, and those that are left of this one.
    length: u64,
    left: u64,
    /// The row at hand.
    row: u64,
    /// Whether all of the row so far is zero.
    zero: bool,
    /// Rows that are zero and should not be: the first ones, and how many there are.
    found: Vec<u64>,
    count: u64,
    /// The first element that should be zero and is not.
    other: Option<(u64, f64)>,
}

impl Rows {
    pub(super) fn new(law: Distribution, row: u64) -> Self {
        let should = law.zero_rows().map_or(0..0, |rows| rows.range());
        Self {
            should,
            length: row,
            left: row,
            row: 0,
            zero: true,
            found: Vec::new(),
            count: 0,
            other: None,
        }
    }

    /// The next element; whether it is one that should be zero.
    pub(super) fn add(&mut self, value: f64) -> bool {
        let row = self.row;
        let padding = self.should.contains(&row);
        if padding && value != 0.0 && self.other.is_none() {
            self.other = Some((row, value));
        }
        self.zero &= value == 0.0;
        self.left -= 1;
        if self.left == 0 {
            (self.left, self.row) = (self.length, row + 1);
            if self.zero && !padding && self.length > 1 {
                self.count += 1;
                if self.found.len() < 4 {
                    self.found.push(row);
                }
            }
            self.zero = true;
        }
        padding
    }

    pub(super) fn padding(&self) -> Option<String> {
        let (row, value) = self.other?;
        Some(format!("row {row}, the padding row, has {} and should be 0", text::number(value)))
    }

    pub(super) fn zero(&self) -> Option<String> {
        let listed: Vec<_> = self.found.iter().map(u64::to_string).collect();
        let more =
            if self.count > 4 { format!(" and {} more", self.count - 4) } else { String::new() };
        match self.count {
            0 => None,
            1 => Some(format!("row {} is 0", listed[0])),
            _ => Some(format!("rows {}{more} are 0", listed.join(", "))),
        }
    }
}
