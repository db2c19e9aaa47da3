//! Streams: which of a seed's 2^64 sequences a tensor draws from.

/// The stream of a named parameter: the 64-bit FNV-1a hash of its UTF-8 name.
///
/// A parameter's values depend on its name and the seed alone, never on its place in a model.
/// Stream 0 is the unnamed one.
///
/// Source: Fowler, Noll, Vo, "FNV non-cryptographic hash" (RFC 9923).
///
/// ```
/// assert_eq!(wgpu_weights::stream_of(""), 0xcbf2_9ce4_8422_2325);
/// assert_eq!(wgpu_weights::stream_of("a"), 0xaf63_dc4c_8601_ec8c);
/// ```
pub const fn stream_of(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}
