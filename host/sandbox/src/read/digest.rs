//! SHA-256 as text.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// SHA-256 of bytes in 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
