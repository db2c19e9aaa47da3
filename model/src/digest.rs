//! SHA-256, in hexadecimal.

use sha2::{Digest, Sha256};

/// The digest of bytes.
pub fn of(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// A digest in hexadecimal.
pub fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
