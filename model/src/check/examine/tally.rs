//! What is gathered of a tensor in one pass, for a law to be held against.

use wgpu_weights::{Dtype, FloatFormat};

use super::law::Law;
use crate::{error::Result, memory};

/// Parts of equal probability that values are sorted into.
const CELLS: usize = 64;
/// Deviations from the mean beyond which values are counted by themselves.
const TAILS: [f64; 7] = [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
/// Columns whose sums are kept; of a longer row only pairs are looked at.
const MAX_COLUMNS: u64 = 1 << 20;
/// Values that are kept to be held against other laws.
const SAMPLE: u64 = 1 << 16;

/// Formats that values may have been drawn in before they were widened.
const NARROW: [Dtype; 4] = [Dtype::F8E4M3, Dtype::F8E5M2, Dtype::BF16, Dtype::F16];

/// What was gathered of values that one law is for.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) law: Law,
    /// Values counted, the finite ones.
    pub(super) n: u64,
    /// Those that are not a number, and those that are infinite.
    pub(super) nan: u64,
    pub(super) infinite: u64,
    /// Exact zeros.
    pub(super) zeros: u64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// Sums of deviations from the law's mean in its standard deviations, and of their squares.
    sum: f64,
    squares: f64,
    /// Where to look for a value's cell first.
    places: Places,
    /// Ends of the cells, and the values at or below each and above the one before; one more above all.
    pub(super) edges: Vec<f64>,
    pub(super) cells: Vec<u64>,
    columns: u64,
    /// Place in the row.
    column: u64,
    /// Of finished rows.
    pub(super) rows: u64,
    row_sum: f64,
    row_squares: f64,
    column_sums: Vec<f64>,
    last_row: Vec<f32>,
    /// Products of neighbours within a row and of rows above each other: how many, and their sum.
    pub(super) beside: (u64, f64),
    pub(super) above: (u64, f64),
    /// Pairs of rows: how many, and the squares of their products, in units of the upper one's length. Of independent
    /// normals each is the square of a standard normal, whatever the upper row is.
    pub(super) pairs: (u64, f64),
    /// Squares of the row above, and its product with this one.
    length_above: f64,
    product: f64,
    row_length: f64,
    /// For each narrow format, whether every value so far is one of its.
    narrow: [bool; NARROW.len()],
    formats: [Option<FloatFormat>; NARROW.len()],
    /// Some of the values, evenly spread over the tensor.
    pub(super) sample: Vec<f64>,
    every: u64,
    /// Values until the next of these.
    until: u64,
}

/// Steps of equal width over the cells, each with the first cell that it meets: a value's cell is that or one of the next.
#[derive(Debug)]
struct Places {
    low: f64,
    scale: f64,
    first: Vec<u8>,
}

impl Places {
    const STEPS: usize = 1024;

    fn of(edges: &[f64]) -> Self {
        let (low, high) =
            (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(0.0));
        let scale = if high > low { Self::STEPS as f64 / (high - low) } else { 0.0 };
        let begin =
            |step: usize| if scale > 0.0 { low + step as f64 / scale } else { f64::NEG_INFINITY };
        // The begin of the step before: whatever rounding does, no edge is passed over.
        let first =
            |step: usize| edges.partition_point(|edge| *edge < begin(step.saturating_sub(1))) as u8;
        Self {
            low,
            scale,
            first: (0..Self::STEPS).map(|step| if step < 2 { 0 } else { first(step) }).collect(),
        }
    }

    /// The cell of a value: how many edges lie below it.
    fn cell(&self, edges: &[f64], value: f64) -> usize {
        let step = ((value - self.low) * self.scale) as usize;
        let mut cell = usize::from(self.first[step.min(Self::STEPS - 1)]);
        while edges.get(cell).is_some_and(|edge| value > *edge) {
            cell += 1;
        }
        cell
    }
}

impl Tally {
    /// Of `n` values of a law, in rows of so many, stored in this dtype.
    pub(super) fn new(law: Law, n: u64, columns: u64, dtype: &str) -> Result<Self> {
        let inner = (1..CELLS).map(|cell| law.quantile(cell as f64 / CELLS as f64));
        let tails = TAILS.iter().flat_map(|z| [law.mean - z * law.std, law.mean + z * law.std]);
        let mut edges: Vec<f64> = inner.chain(tails).map(|at| law.between(at)).collect();
        edges.retain(|at| at.is_finite());
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let (mut column_sums, mut last_row, mut sample) = (Vec::new(), Vec::new(), Vec::new());
        if columns > 1 && columns < n && columns <= MAX_COLUMNS {
            memory::reserve(&mut column_sums, columns as usize)?;
            memory::reserve(&mut last_row, columns as usize)?;
            column_sums.resize(columns as usize, 0.0);
            last_row.resize(columns as usize, 0.0);
        }
        memory::reserve(&mut sample, n.min(SAMPLE) as usize)?;
        let own: Option<Dtype> = dtype.parse().ok();
        // With fewer bits of a number, however many a value has: BF16 has fewer than F16.
        let bits = |dtype: Dtype| dtype.float_format().map_or(52, |format| format.mantissa_bits());
        let wider = |narrow: &Dtype| own.is_some_and(|own| bits(own) >= bits(*narrow) + 3);
        let formats = NARROW.map(|narrow| Some(narrow).filter(wider).and_then(Dtype::float_format));
        Ok(Self {
            places: Places::of(&edges),
            cells: vec![0; edges.len() + 1],
            edges,
            law,
            n: 0,
            nan: 0,
            infinite: 0,
            zeros: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0.0,
            squares: 0.0,
            columns: columns.max(1),
            column: 0,
            rows: 0,
            row_sum: 0.0,
            row_squares: 0.0,
            column_sums,
            last_row,
            beside: (0, 0.0),
            above: (0, 0.0),
            pairs: (0, 0.0),
            length_above: 0.0,
            product: 0.0,
            row_length: 0.0,
            narrow: formats.map(|format| format.is_some()),
            formats,
            sample,
            every: (n / SAMPLE).max(1),
            until: 0,
        })
    }

    /// The next value.
    pub(super) fn add(&mut self, value: f64) {
        let finite = value.is_finite();
        if self.until == 0 {
            self.until = self.every;
            if finite && self.sample.len() < SAMPLE as usize {
                self.sample.push(value);
            }
        }
        self.until -= 1;
        if finite {
            self.n += 1;
            self.zeros += u64::from(value == 0.0);
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.cells[self.places.cell(&self.edges, value)] += 1;
            for (narrow, format) in self.narrow.iter_mut().zip(&self.formats) {
                if let (true, Some(format)) = (*narrow, format) {
                    *narrow = format.round(value) == value;
                }
            }
        } else if value.is_nan() {
            self.nan += 1;
        } else {
            self.infinite += 1;
        }
        // What is not finite is told by itself and is the mean here.
        let z = if finite { (value - self.law.mean) / self.law.std } else { 0.0 };
        self.sum += z;
        self.squares += z * z;
        self.in_its_place(z);
    }

    fn in_its_place(&mut self, z: f64) {
        self.row_sum += z;
        self.row_length += z * z;
        let at = self.column as usize;
        if let (Some(sum), Some(last)) = (self.column_sums.get_mut(at), self.last_row.get_mut(at)) {
            *sum += z;
            // Rows in pairs, and so each product of values that no other has.
            if self.rows % 2 == 1 {
                let product = z * f64::from(*last);
                self.above = (self.above.0 + 1, self.above.1 + product);
                self.product += product;
            }
            // Of odd columns the one before is still this row's.
            if at % 2 == 1 {
                let before = f64::from(self.last_row[at - 1]);
                self.beside = (self.beside.0 + 1, self.beside.1 + z * before);
            }
            self.last_row[at] = z as f32;
        }
        self.column += 1;
        if self.column == self.columns {
            self.column = 0;
            if self.rows % 2 == 1 && self.length_above > 0.0 && !self.last_row.is_empty() {
                let square = self.product * self.product / self.length_above;
                self.pairs = (self.pairs.0 + 1, self.pairs.1 + square);
            }
            (self.length_above, self.product, self.row_length) = (self.row_length, 0.0, 0.0);
            self.rows += 1;
            self.row_squares += self.row_sum * self.row_sum;
            self.row_sum = 0.0;
        }
    }

    /// The mean of the values.
    pub(super) fn mean(&self) -> f64 {
        self.law.mean + self.law.std * self.sum / self.n as f64
    }

    /// Their standard deviation about the law's mean.
    pub(super) fn std(&self) -> f64 {
        self.law.std * (self.squares / self.n as f64).sqrt()
    }

    /// Sums of rows and of columns, squared and in units of their variance: how many, and the sum.
    pub(super) fn lines(&self) -> [(u64, f64); 2] {
        let of_columns: f64 = self.column_sums.iter().map(|sum| sum * sum).sum();
        let rows = if self.column_sums.is_empty() { 0 } else { self.rows };
        let columns = if self.rows > 1 { self.column_sums.len() as u64 } else { 0 };
        [
            (rows, self.row_squares / self.columns as f64),
            (columns, of_columns / self.rows.max(1) as f64),
        ]
    }

    /// The narrowest format that has every value, where that says something.
    pub(super) fn narrow(&self) -> Option<Dtype> {
        let found = NARROW.into_iter().zip(self.narrow).find(|(_, narrow)| *narrow);
        found.map(|(dtype, _)| dtype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_its_cell() {
        let edges: Vec<f64> = (0..70).map(|at| f64::from(at).powi(3) - 5000.0).collect();
        for edges in [&edges[..], &edges[..1], &[]] {
            let places = Places::of(edges);
            let near = edges.iter().flat_map(|edge| [edge.next_down(), *edge, edge.next_up()]);
            for value in
                near.chain((-100..4000).map(|at| f64::from(at) * 100.0)).chain([-1e300, 1e300])
            {
                assert_eq!(
                    places.cell(edges, value),
                    edges.partition_point(|edge| value > *edge),
                    "{value}"
                );
            }
        }
    }
}
