//! Laws whose elements depend on each other or on their places: orthogonal, sparse, formulas of a draw. Judged of the whole
//! tensor at once.

use wgpu_weights::{Distribution, Dtype, Fill, Formula, Kind, Line, Matrices, Zeros, cpu};

use super::chance;
use crate::{error::Result, memory, text};

/// Elements that are kept at most; larger tensors of such laws are not judged.
pub(super) const MOST: u64 = 1 << 26;

/// What deviates and the logarithm of its probability, if anything may.
pub(super) fn judge(
    law: Distribution,
    shape: &[u64],
    dtype: &str,
    values: &[f32],
) -> Result<Option<(String, f64)>> {
    Ok(match law.kind() {
        Kind::Orthogonal { gain, matrices } => orthogonal(gain.into(), matrices, dtype, values),
        Kind::Sparse { zeros, .. } => sparse(zeros, values),
        Kind::Formula(formula) => of_formula(formula, shape, dtype, values)?,
        _ => None,
    })
}

/// Pairs of rows whose products are looked at.
const PAIRS: u64 = 4096;

/// Lengths of the shorter side's lines, and products of pairs of them.
fn orthogonal(gain: f64, matrices: Matrices, dtype: &str, values: &[f32]) -> Option<(String, f64)> {
    let Matrices { count, rows, columns, .. } = matrices;
    let size = usize::try_from(rows.checked_mul(columns)?).ok()?;
    let mut whole = vec![0f32; size.checked_mul(usize::try_from(count).ok()?)?];
    for (index, &value) in (0..).zip(values) {
        match matrices.place(index) {
            Some([matrix, row, column]) => {
                *whole.get_mut(matrix as usize * size + (row * columns + column) as usize)? = value;
            }
            None if value != 0.0 => {
                let what =
                    format!("element {index} is {value}, outside of the matrices, where all is 0");
                return Some((what, f64::NEG_INFINITY));
            }
            None => {}
        }
    }
    let format = dtype.parse::<Dtype>().ok().and_then(Dtype::float_format);
    let step = format.map_or(0.0, |format| 2f64.powi(-(format.mantissa_bits() as i32)));
    // An element's rounding is as likely up as down, and a line's sum has as many of them as elements.
    let room = gain * gain * (1e-4 + 2.0 * step);
    let [rows, columns] = [rows, columns].map(|it| it as usize);
    let (lines, length) = (rows.min(columns), rows.max(columns));
    for matrix in whole.chunks_exact(size.max(1)) {
        let at = |line: usize, place: usize| match rows <= columns {
            true => f64::from(matrix[line * columns + place]),
            false => f64::from(matrix[place * columns + line]),
        };
        let product =
            |a: usize, b: usize| (0..length).map(|place| at(a, place) * at(b, place)).sum::<f64>();
        for line in 0..lines {
            let square = product(line, line);
            if (square - gain * gain).abs() > room || square.is_nan() {
                let [square, gain] = [square.sqrt(), gain].map(text::number);
                return Some((
                    format!("line {line} has the length {square} instead of {gain}"),
                    f64::NEG_INFINITY,
                ));
            }
        }
        // Neighbours, and pairs from all over.
        let pairs = (0..PAIRS).map(|at| (at as usize, (at as usize).wrapping_mul(7919)));
        for (one, other) in
            pairs.map(|(at, far)| (at % lines.max(1), (at + 1 + far / 4096) % lines.max(1)))
        {
            let dot = if one == other { 0.0 } else { product(one, other) };
            if dot.abs() > room || dot.is_nan() {
                let dot = text::number(dot);
                return Some((
                    format!("lines {one} and {other} have the product {dot} instead of 0"),
                    f64::NEG_INFINITY,
                ));
            }
        }
    }
    None
}

/// Zeros of each line, which are counted.
fn sparse(zeros: Zeros, values: &[f32]) -> Option<(String, f64)> {
    let Zeros { each, rows, columns, zeros } = zeros;
    let [rows, columns] = [rows, columns].map(|it| it as usize);
    for matrix in values.chunks_exact(rows.checked_mul(columns)?.max(1)) {
        let (lines, length) = if each == Line::Row { (rows, columns) } else { (columns, rows) };
        for line in 0..lines {
            let at = |place: usize| {
                if each == Line::Row { line * columns + place } else { place * columns + line }
            };
            let found = (0..length).filter(|&place| matrix[at(place)] == 0.0).count();
            if found != zeros as usize {
                let what = format!(
                    "{} {line} has {} instead of {zeros}",
                    each.name(),
                    text::count(found, "zero")
                );
                return Some((what, f64::NEG_INFINITY));
            }
        }
    }
    None
}

/// Draws of the formula that values are held against.
const DRAWS: u64 = 1 << 19;

/// The distribution of all values together, against that of other draws of the same formula.
fn of_formula(
    formula: Formula,
    shape: &[u64],
    dtype: &str,
    values: &[f32],
) -> Result<Option<(String, f64)>> {
    let (n, mut drawn) = (values.len() as u64, Vec::new());
    if n == 0 {
        return Ok(None);
    }
    let rounds = (DRAWS / n).clamp(1, 4096);
    memory::reserve(&mut drawn, (rounds * n) as usize)?;
    let mut round = vec![0f32; values.len()];
    let law = Distribution::formula(formula)?;
    for seed in 0..rounds {
        // Seeds that nobody takes.
        cpu::fill_f32(&Fill::new(law, shape).with_seed(0xc4ec_0000_0000_0000 + seed), &mut round)?;
        drawn.extend_from_slice(&round);
    }
    if let Some(format) = dtype.parse::<Dtype>().ok().and_then(Dtype::float_format) {
        drawn.iter_mut().for_each(|it| *it = format.round(f64::from(*it)) as f32);
    }
    let mut found = values.to_vec();
    found.sort_by(f32::total_cmp);
    drawn.sort_by(f32::total_cmp);
    let (mut at, mut apart) = (0, (0.0, 0.0));
    for (below, value) in found.iter().enumerate() {
        at += drawn[at..].partition_point(|it| it < value);
        let promised = at as f64 / drawn.len() as f64;
        let distance = (below as f64 / n as f64 - promised).abs();
        if distance > apart.0 {
            apart = (distance, f64::from(*value));
        }
    }
    // Beyond all that is ever drawn there is nothing to find.
    let [low, high] = [drawn[0], drawn[drawn.len() - 1]].map(f64::from);
    let room = 0.5 * (high - low);
    let outside =
        found.iter().map(|it| f64::from(*it)).find(|it| !(*it >= low - room && *it <= high + room));
    if let Some(outside) = outside {
        let [outside, low, high] = [outside, low, high].map(text::number);
        return Ok(Some((
            format!("{outside} is far outside of what the formula makes, {low} to {high}"),
            f64::NEG_INFINITY,
        )));
    }
    let what = format!(
        "values up to {} are {} more or fewer of all than the formula makes",
        text::number_of(apart.1, 3),
        text::number_of(apart.0, 3)
    );
    Ok(Some((what, chance::distance_of_two(n, drawn.len() as u64, apart.0))))
}
