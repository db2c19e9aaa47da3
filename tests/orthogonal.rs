//! Orthogonal matrices: orthogonality, Haar's law, known answers, errors. That every bit of f64 is the contract's is
//! the unit tests' to say (`src/cpu/orthogonal/reference.rs`): f32 shows few of them.
//!
//! The largest is slow: `cargo test --release --test orthogonal -- --ignored`.
#![allow(clippy::needless_range_loop, reason = "indices are those of the matrices")]

use sha2::{Digest, Sha256};
use wgpu_weights::{
    Distribution, Fill, ParameterError,
    cpu::{self, Orthogonal, OrthogonalError, orthogonal},
};

fn made(of: &Orthogonal) -> Vec<f32> {
    let mut out = vec![f32::NAN; of.count().unwrap() as usize];
    orthogonal(of, &mut out).unwrap();
    out
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn digest(values: &[f32]) -> String {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tall Gaussian matrix, by column.
fn gaussian(of: &Orthogonal, seed: u64) -> Vec<Vec<f64>> {
    let (m, n) = (of.rows().max(of.columns()), of.rows().min(of.columns()));
    let normal = Distribution::normal(0.0, 1.0).unwrap();
    let fill = Fill::new(normal, [m, n]).with_seed(seed);
    let mut values = vec![0.0; (m * n) as usize];
    cpu::fill_f32(&fill, &mut values).unwrap();
    let (m, n) = (m as usize, n as usize);
    (0..n).map(|j| (0..m).map(|i| f64::from(values[i * n + j])).collect()).collect()
}

/// The columns in f32, in the shape asked for.
fn shaped(of: &Orthogonal, q: &[Vec<f64>]) -> Vec<f32> {
    let (rows, columns) = (of.rows() as usize, of.columns() as usize);
    let value = |i: usize, j: usize| if rows < columns { q[i][j] } else { q[j][i] };
    let values = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
    values.map(|(i, j)| value(i, j) as f32).collect()
}

const SHAPES: &[(u64, u64)] = &[
    (1, 1),
    (1, 5),
    (5, 1),
    (2, 2),
    (7, 7),
    (8, 8),
    (9, 9),
    (8, 3),
    (3, 8),
    (17, 16),
    (15, 31),
    (64, 64),
    (65, 63),
    (63, 65),
    (100, 40),
    (40, 100),
    (131, 131),
    (700, 9),
    (1, 300),
    (257, 130),
    (80, 513),
];

/// A batch's first is the one of no batch; the others have the indices that follow, and differ.
#[test]
fn batches_begin_with_the_matrix_alone() {
    for (batch, rows, columns) in [(50, 4, 4), (7, 3, 9), (2, 512, 300)] {
        let of = Orthogonal::new(rows, columns).with_batch(batch).with_seed(1);
        let all = made(&of);
        let each: Vec<&[f32]> = all.chunks((rows * columns) as usize).collect();
        assert_eq!(made(&of.with_batch(1)), each[0]);
        assert!((1..each.len()).all(|k| each[..k].iter().all(|other| *other != each[k])));
    }
}

/// Gram and Schmidt's, twice over: another algorithm, whose R has a positive diagonal by itself.
#[test]
fn values_are_those_of_gram_and_schmidt() {
    for &(rows, columns) in SHAPES {
        let of = Orthogonal::new(rows, columns).with_seed(3);
        let mut q = gaussian(&of, 3);
        for j in 0..q.len() {
            let (done, rest) = q.split_at_mut(j);
            let column = &mut rest[0];
            for _ in 0..2 {
                for other in &*done {
                    let dot: f64 = other.iter().zip(&*column).map(|(a, b)| a * b).sum();
                    column.iter_mut().zip(other).for_each(|(a, b)| *a -= dot * b);
                }
            }
            let norm = column.iter().map(|a| a * a).sum::<f64>().sqrt();
            column.iter_mut().for_each(|a| *a /= norm);
        }
        let expected = shaped(&of, &q);
        let worst = made(&of).iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-6, "{rows} x {columns}: {worst}");
    }
}

/// The largest of |QᵀQ - gain²·I| over gain², of the longer side's vectors.
fn worst(of: &Orthogonal, gain: f64, q: &[f32]) -> f64 {
    let (rows, columns) = (of.rows() as usize, of.columns() as usize);
    let (m, n) = (rows.max(columns), rows.min(columns));
    let vectors: Vec<f64> = if rows < columns {
        (0..n * m).map(|k| f64::from(q[k % n * columns + k / n])).collect()
    } else {
        q.iter().map(|value| f64::from(*value)).collect()
    };
    let mut worst = 0.0f64;
    let mut products = vec![0.0; n];
    for a in 0..n {
        products.fill(0.0);
        for row in vectors.chunks_exact(n) {
            for (product, value) in products[a..].iter_mut().zip(&row[a..]) {
                *product += row[a] * value;
            }
        }
        products[a] -= gain * gain;
        worst = products[a..].iter().fold(worst, |worst, product| worst.max(product.abs()));
    }
    worst / (gain * gain)
}

#[test]
fn columns_or_rows_are_orthonormal() {
    for &(rows, columns) in SHAPES.iter().chain(&[(512, 512), (512, 100), (200, 512)]) {
        for gain in [1.0, 2f64.sqrt(), 1e-10] {
            let of = Orthogonal::new(rows, columns).with_gain(gain).with_seed(rows);
            let worst = worst(&of, gain, &made(&of));
            assert!(worst < 1.2e-7, "{rows} x {columns} gain {gain}: {worst:e}");
        }
    }
}

#[test]
#[ignore = "16 million elements: seconds, and a minute to check"]
fn columns_are_orthonormal_at_4096() {
    let of = Orthogonal::new(4096, 4096).with_seed(42);
    let q = made(&of);
    assert_eq!(digest(&q), "7b5a37e80f2c5a9c2358a5b628b902cb9f5b7685ce7219915b8f9c7306478fd7");
    let worst = worst(&of, 1.0, &q);
    println!("largest of QᵀQ - I: {worst:e}");
    assert!(worst < 1e-7, "{worst:e}");
}

#[test]
fn exchanged_sides_are_the_transpose() {
    let (tall, wide) = (made(&Orthogonal::new(37, 20)), made(&Orthogonal::new(20, 37)));
    assert!((0..37).all(|i| (0..20).all(|j| tall[i * 20 + j] == wide[j * 37 + i])));
}

#[test]
fn threads_change_no_bit() {
    let of = [
        Orthogonal::new(300, 300),
        Orthogonal::new(200, 333),
        Orthogonal::new(12, 12).with_batch(31),
    ];
    let by = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| of.iter().map(made).map(|q| bits(&q)).collect::<Vec<_>>())
    };
    let one = by(1);
    for threads in [2, 3, 8] {
        assert!(by(threads) == one, "{threads} threads");
    }
}

#[test]
fn known_answers() {
    let cases = [
        (
            Orthogonal::new(5, 3).with_seed(42),
            "8bf578590273e795e5e3d62fddb16ed27a86a04ce1dd21803fa65e0647ce6c0d",
        ),
        (
            Orthogonal::new(1, 1).with_seed(1).with_gain(3.0),
            "ea2845900b5856c9bf354b1aa9761b5aa6888e5ed61738fe9579ca42bc0f6054",
        ),
        (
            Orthogonal::new(300, 200).with_seed(42).with_name("rnn.W_hh").with_gain(0.5),
            "a58c59046829dcc345e51e2045b7bc21d2cdfe3cabb02871cee72fdb8d4ef6e7",
        ),
        (
            Orthogonal::new(64, 192).with_seed(u64::MAX).with_batch(3),
            "e5f47fce3e8f636679e81e23f99c71a830bdc9dbcad8d3db2f158084d923b1a4",
        ),
    ];
    let mut wrong = Vec::new();
    for (of, sha256) in cases {
        let digest = digest(&made(&of));
        if digest != sha256 {
            wrong.push(format!("{of:?}: {digest}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What Haar's measure on O(n) has, n at least 8, each within five deviations of a mean of so many matrices: moments
/// of the traces of powers (Diaconis and Shahshahani 1994), of the entries, of the determinant.
#[test]
fn the_law_is_haars() {
    const N: usize = 8;
    let count = 40_000;
    let of = Orthogonal::new(N as u64, N as u64).with_batch(count).with_seed(5);
    let q = made(&of);
    let matrices: Vec<[[f64; N]; N]> = q
        .chunks_exact(N * N)
        .map(|q| std::array::from_fn(|i| std::array::from_fn(|j| f64::from(q[i * N + j]))))
        .collect();
    let mean =
        |of: &dyn Fn(&[[f64; N]; N]) -> f64| matrices.iter().map(of).sum::<f64>() / count as f64;
    let near = |what: &str, mean: f64, expected: f64, deviation: f64| {
        let sigmas = (mean - expected) / deviation * (count as f64).sqrt();
        assert!(sigmas.abs() < 5.0, "{what}: {mean}, expected {expected}: {sigmas:.1} deviations");
    };
    near("tr Q", mean(&trace), 0.0, 1.0);
    near("(tr Q)²", mean(&|q| trace(q).powi(2)), 1.0, 2f64.sqrt());
    let square = |q: &_| product(q, q);
    near("tr Q²", mean(&|q| trace(&square(q))), 1.0, 2f64.sqrt());
    near("tr Q³", mean(&|q| trace(&product(&square(q), q))), 0.0, 3f64.sqrt());
    near("tr Q⁴", mean(&|q| trace(&product(&square(q), &square(q)))), 1.0, 2.0);
    near("det Q", mean(&determinant), 0.0, 1.0);
    let n = N as f64;
    for (i, j) in (0..N).flat_map(|i| (0..N).map(move |j| (i, j))) {
        near(&format!("Q[{i},{j}]"), mean(&|q| q[i][j]), 0.0, n.powf(-0.5));
        // Of a coordinate of a point on the sphere: E q² = 1/n, E q⁴ = 3/(n(n + 2)).
        let variance = 3.0 / (n * (n + 2.0)) - 1.0 / (n * n);
        near(&format!("Q[{i},{j}]²"), mean(&|q| q[i][j].powi(2)), 1.0 / n, variance.sqrt());
        // And E q⁸ = 105/(n(n + 2)(n + 4)(n + 6)).
        let (fourth, eighth) =
            (3.0 / (n * (n + 2.0)), 105.0 / (n * (n + 2.0) * (n + 4.0) * (n + 6.0)));
        let deviation = (eighth - fourth * fourth).sqrt();
        near(&format!("Q[{i},{j}]⁴"), mean(&|q| q[i][j].powi(4)), fourth, deviation);
        // Two entries of one matrix know nothing of each other's signs.
        let (k, l) = ((i + 1) % N, (j + 1) % N);
        near(&format!("Q[{i},{j}]·Q[{k},{l}]"), mean(&|q| q[i][j] * q[k][l]), 0.0, 1.0 / n);
    }
}

fn trace<const N: usize>(q: &[[f64; N]; N]) -> f64 {
    (0..N).map(|i| q[i][i]).sum()
}

fn product<const N: usize>(a: &[[f64; N]; N], b: &[[f64; N]; N]) -> [[f64; N]; N] {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..N).map(|k| a[i][k] * b[k][j]).sum()))
}

fn determinant<const N: usize>(q: &[[f64; N]; N]) -> f64 {
    let (mut q, mut determinant) = (*q, 1.0);
    for j in 0..N {
        let pivot = (j..N).max_by(|a, b| q[*a][j].abs().total_cmp(&q[*b][j].abs())).unwrap();
        if pivot != j {
            q.swap(pivot, j);
            determinant = -determinant;
        }
        determinant *= q[j][j];
        for i in j + 1..N {
            let factor = q[i][j] / q[j][j];
            for c in j..N {
                q[i][c] -= factor * q[j][c];
            }
        }
    }
    determinant
}

#[test]
fn a_matrix_of_one_element_is_a_sign() {
    let q = made(&Orthogonal::new(1, 1).with_batch(1000).with_gain(2.0).with_seed(8));
    assert!(q.iter().all(|value| value.abs() == 2.0));
    let positive = q.iter().filter(|value| **value > 0.0).count();
    assert!((400..600).contains(&positive), "{positive}");
}

#[test]
fn nothing_and_wrong_use() {
    for (batch, rows, columns) in [(0, 4, 4), (1, 0, 4), (1, 4, 0), (u64::MAX, u64::MAX, 0)] {
        let of = Orthogonal::new(rows, columns).with_batch(batch);
        assert_eq!(orthogonal(&of, &mut []), Ok(()));
    }
    let size = OrthogonalError::Size { needed: 12, given: 11 };
    assert_eq!(orthogonal(&Orthogonal::new(3, 4), &mut [0.0; 11]), Err(size));
    for (batch, rows, columns) in [(1, u64::MAX, 2), (1 << 32, 1 << 16, 1 << 16)] {
        let of = Orthogonal::new(rows, columns).with_batch(batch);
        let overflow = OrthogonalError::Overflow { batch, rows, columns };
        assert_eq!(orthogonal(&of, &mut [0.0; 4]), Err(overflow));
    }
    for gain in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e39] {
        let error = orthogonal(&Orthogonal::new(2, 2).with_gain(gain), &mut [0.0; 4]).unwrap_err();
        assert!(matches!(error, OrthogonalError::Gain(ParameterError::NotFinite { .. })));
    }
    let error = orthogonal(&Orthogonal::new(2, 2).with_gain(-1.0), &mut [0.0; 4]).unwrap_err();
    assert_eq!(error.to_string(), "gain is -1; it must be zero or more");
    assert_eq!(bits(&made(&Orthogonal::new(3, 3).with_gain(0.0))), [0; 9]);
    let largest = made(&Orthogonal::new(1, 1).with_gain(f64::from(f32::MAX)));
    assert_eq!(largest[0].abs(), f32::MAX);
}
