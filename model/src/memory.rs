//! Memory that may not be there: an error in place of the abort that an allocation ends with.

use crate::error::{Error, Result};

/// Makes room for so many more elements.
///
/// # Errors
/// The process has no memory left for them.
pub(crate) fn reserve<T>(elements: &mut Vec<T>, more: usize) -> Result<()> {
    let bytes = more.saturating_mul(size_of::<T>());
    elements
        .try_reserve_exact(more)
        .map_err(|_| Error::new(format_args!("no memory for {bytes} bytes more")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_an_error() {
        let error = reserve(&mut vec![0u64], usize::MAX / 16).unwrap_err().to_string();
        assert!(error.starts_with("no memory for "), "{error}");
        let mut few = vec![1, 2, 3];
        reserve(&mut few, 5).unwrap();
        assert!(few.capacity() >= 8 && few == [1, 2, 3]);
    }
}
