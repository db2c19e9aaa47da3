//! Another implementation, and every bit of f64 against it.
//!
//! After the rounding to f32 an order of sums shows in one element of millions: what is compared is what is rounded.

use sha2::{Digest, Sha256};

use super::{Orthogonal, Room, gaussian, make, strips};
use crate::cpu::orthogonal::strips::WIDTH;

/// From DESIGN.md's words alone: a matrix by its columns, no strips, no vectors, no threads.
fn reference(mut a: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let (m, n) = (a[0].len(), a.len());
    let mut signs = vec![1.0; n];
    let mut blocks = Vec::new();
    for first in (0..n).step_by(8) {
        let last = n.min(first + 8);
        let mut v = vec![vec![0.0; m]; last - first];
        let mut tau = vec![0.0; last - first];
        for j in first..last {
            let mut sum = 0.0;
            for i in j + 1..m {
                sum += a[j][i] * a[j][i];
            }
            let (alpha, k) = (a[j][j], j - first);
            v[k][j] = 1.0;
            let mut beta = alpha;
            if sum > 0.0 {
                let norm = (alpha * alpha + sum).sqrt();
                beta = if alpha >= 0.0 { -norm } else { norm };
                tau[k] = (beta - alpha) / beta;
                for i in j + 1..m {
                    v[k][i] = a[j][i] / (alpha - beta);
                }
            }
            signs[j] = if beta >= 0.0 { 1.0 } else { -1.0 };
            for c in j + 1..last {
                let mut w = 0.0;
                for i in j..m {
                    w += v[k][i] * a[c][i];
                }
                for i in j..m {
                    a[c][i] -= v[k][i] * (tau[k] * w);
                }
            }
        }
        let t = coefficients(&v, &tau, first);
        for c in last..n {
            multiply(&v, first, &mut a[c], |p, q| t[q][p]);
        }
        blocks.push((first, v, t));
    }
    let mut q: Vec<Vec<f64>> =
        (0..n).map(|j| (0..m).map(|i| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    for (first, v, t) in blocks.iter().rev() {
        for c in 0..n {
            multiply(v, *first, &mut q[c], |p, q| t[p][q]);
        }
    }
    for (column, sign) in q.iter_mut().zip(signs) {
        column.iter_mut().for_each(|value| *value *= sign);
    }
    q
}

fn coefficients(v: &[Vec<f64>], tau: &[f64], first: usize) -> Vec<Vec<f64>> {
    let b = v.len();
    let mut t = vec![vec![0.0; b]; b];
    for j in 0..b {
        t[j][j] = tau[j];
        for p in 0..j {
            let mut sum = 0.0;
            for q in p..j {
                let mut gram = 0.0;
                for i in first..v[q].len() {
                    gram += v[q][i] * v[j][i];
                }
                sum += t[p][q] * gram;
            }
            t[p][j] = -(tau[j] * sum);
        }
    }
    t
}

fn multiply(v: &[Vec<f64>], first: usize, c: &mut [f64], t: impl Fn(usize, usize) -> f64) {
    let w: Vec<f64> =
        v.iter().map(|v| (first..c.len()).fold(0.0, |sum, i| sum + v[i] * c[i])).collect();
    let x: Vec<f64> =
        (0..v.len()).map(|p| (0..v.len()).fold(0.0, |sum, q| sum + t(p, q) * w[q])).collect();
    for i in first..c.len() {
        for p in 0..v.len() {
            c[i] -= v[p][i] * x[p];
        }
    }
}

/// The tall matrix, row by row.
fn normals(of: &Orthogonal, matrix: u64) -> Vec<f32> {
    let mut values = vec![0.0; (of.rows * of.columns) as usize];
    gaussian(of, matrix, &mut values);
    values
}

/// Its Q by the reference, column by column.
fn expected(of: &Orthogonal, matrix: u64) -> Vec<Vec<f64>> {
    let (m, n) = of.tall().unwrap();
    let values = normals(of, matrix);
    let by_column = |j| (0..m).map(|i| f64::from(values[i * n + j])).collect();
    reference((0..n).map(by_column).collect())
}

const SHAPES: &[(u64, u64)] = &[
    (1, 1),
    (5, 1),
    (2, 2),
    (7, 7),
    (8, 8),
    (9, 9),
    (8, 3),
    (17, 16),
    (31, 15),
    (64, 64),
    (65, 63),
    (131, 131),
    (700, 9),
    (257, 130),
    (200, 200),
];

#[test]
fn every_bit_is_that_of_another_implementation_for_any_threads() {
    for &(rows, columns) in SHAPES {
        let of = Orthogonal::new(rows, columns).with_seed(9).with_stream(4);
        let (m, n) = of.tall().unwrap();
        let expected = expected(&of, 0);
        for threads in [1, 2, 3] {
            let mut room = Room::new(m, n).unwrap();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                strips::take_up(&normals(&of, 0), n, room.strips_mut());
                room.factor();
                room.form();
            });
            for (j, column) in expected.iter().enumerate() {
                let strip = &room.strips()[j / WIDTH * m..];
                let differs = column.iter().zip(strip).position(|(expected, row)| {
                    // A zero's sign is never seen.
                    (row.0[j % WIDTH] * room.sign(j) + 0.0).to_bits() != (expected + 0.0).to_bits()
                });
                assert_eq!(differs, None, "{rows} x {columns}, {threads} threads, column {j}");
            }
        }
    }
}

#[test]
fn what_is_laid_down_is_rounded_once() {
    for (rows, columns) in [(1, 9), (9, 1), (20, 33), (33, 20), (70, 70)] {
        let of = Orthogonal::new(rows, columns).with_batch(3).with_seed(2).with_gain(1.3);
        let (m, n) = of.tall().unwrap();
        let mut room = Room::new(m, n).unwrap();
        let mut out = vec![0.0; m * n];
        make(&of, 2, &mut room, &mut out);
        let mut all = vec![0.0; 3 * m * n];
        super::orthogonal(&of, &mut all).unwrap();
        assert_eq!(out, all[2 * m * n..]);
        for (j, column) in expected(&of, 2).iter().enumerate() {
            for (i, q) in column.iter().enumerate() {
                let place = if rows < columns { j * m + i } else { i * n + j };
                assert_eq!(out[place].to_bits(), ((q * 1.3) as f32 + 0.0).to_bits());
            }
        }
    }
}

/// For a port: the reference's own bits, so that the two cannot change together.
#[test]
fn the_known_answer_of_f64() {
    let q = expected(&Orthogonal::new(131, 131).with_seed(42), 0);
    let row_major = (0..131).flat_map(|i| q.iter().map(move |column| column[i]));
    let bytes: Vec<u8> = row_major.flat_map(f64::to_le_bytes).collect();
    let digest: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(digest, "0d1a555aac995fae5c182b36f22c32b036818dab5a9b024dd0a2d2a312342f0d");
}
