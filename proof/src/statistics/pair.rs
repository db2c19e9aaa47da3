//! The correlation of one pair of sequences.

/// Sums over a pair of standardised sequences.
pub(crate) struct Pair {
    /// Of products.
    pub(crate) dot: f64,
    /// Of the second's squares.
    squares: f64,
}

impl Pair {
    /// Exactly standard normal where the first sequence is: given the second, a sum of normals.
    pub(crate) fn deviate(&self) -> f64 {
        self.dot / self.squares.sqrt()
    }
}

/// In eight sums side by side, as wide as vector units are.
pub(crate) fn pair(first: &[f64], second: &[f64]) -> Pair {
    let ([mut dots, mut squares], (a, a_rest), (b, b_rest)) =
        ([[0.0; 8]; 2], first.as_chunks::<8>(), second.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            dots[lane] += a[lane] * b[lane];
            squares[lane] += b[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let rest_squares: f64 = b_rest.iter().map(|b| b * b).sum();
    Pair {
        dot: dots.iter().sum::<f64>() + rest,
        squares: squares.iter().sum::<f64>() + rest_squares,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sums() {
        let values: Vec<f64> = (1..=19).map(f64::from).collect();
        let pair = super::pair(&values, &[2.0; 19]);
        assert_eq!((pair.dot, pair.squares, pair.deviate()), (380.0, 76.0, 380.0 / 76f64.sqrt()));
    }
}
