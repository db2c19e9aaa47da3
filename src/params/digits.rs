//! How an index is taken apart, as the kernels of patterns take it.

use super::{divisor::Divisor, words};
use crate::{Kind, Layout, Line};

#[derive(Clone, Copy, Default)]
pub(super) struct Digits {
    pub(super) fast: [u32; 4],
    pub(super) middle: [u32; 4],
    pub(super) period: [u32; 4],
    pub(super) shifts: [u32; 3],
    pub(super) order: u32,
    pub(super) tap: [u32; 2],
    pub(super) line: [u32; 4],
}

impl Digits {
    /// Nothing, for a distribution without a pattern.
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Diagonal { diagonal, .. } => {
                let [fast, middle] = diagonal.digits().map(Divisor::new);
                let period = Divisor::new(diagonal.period);
                Self {
                    fast: fast.words,
                    middle: middle.words,
                    period: period.words,
                    shifts: [fast.shift, middle.shift, period.shift],
                    order: match diagonal.layout {
                        Layout::OutInField => 0,
                        Layout::FieldInOut => 1,
                        Layout::OutFieldIn => 2,
                    },
                    tap: words(diagonal.tap),
                    line: [0; 4],
                }
            }
            Kind::Sparse { zeros, .. } => {
                let columns = Divisor::new(zeros.columns.into());
                let [high, low] = zeros.radices();
                Self {
                    fast: columns.words,
                    shifts: [columns.shift, 0, 0],
                    order: match zeros.each {
                        Line::Column => 0,
                        Line::Row => 1,
                    },
                    line: [zeros.length(), zeros.zeros, high, low],
                    ..Self::default()
                }
            }
            _ => Self::default(),
        }
    }
}
