//! Service: randomness of the operating system, through the TLS stack that is there anyway.

use data_encoding::HEXLOWER;
use thiserror::Error;

/// The system gives no randomness: what nobody may guess cannot be made. Do without it, or fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the operating system provides no randomness")]
pub struct NoRandomness;

/// Random bytes.
fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(bytes).map_err(|_| NoRandomness)
}

/// A number below `bound` that spreads what would happen at once. It guards nothing: without
/// randomness it is half of the bound.
pub fn below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    match fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0),
        Err(NoRandomness) => bound / 2,
    }
}

/// A key that nobody can guess.
///
/// # Errors
/// [`NoRandomness`]; there is no weaker key in its place.
pub fn key() -> Result<[u8; 32], NoRandomness> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// A text that nobody can guess.
///
/// # Errors
/// [`NoRandomness`]; there is no weaker text in its place.
pub fn nonce() -> Result<String, NoRandomness> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(HEXLOWER.encode(&bytes))
}
