//! An index' digits: where the shader multiplies by what stands for an inverse, a processor divides.

/// A number of two words, the low one first.
pub(crate) fn number([low, high]: [u32; 2]) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// A digit's size, which its multiplier follows.
pub(crate) fn size([low, high, ..]: [u32; 4]) -> u64 {
    number([low, high])
}

/// The index of a block's first element.
pub(crate) fn first_index(block: u64) -> u64 {
    block << 2
}
