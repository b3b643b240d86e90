//! Service: randomness of the operating system, through the TLS stack that is there anyway.

/// Random bytes.
fn fill(bytes: &mut [u8]) {
    let provider = rustls::crypto::ring::default_provider();
    // It fails only where the system has no randomness; the time is then all there is.
    if provider.secure_random.fill(bytes).is_err() {
        let now = jiff::Timestamp::now().as_nanosecond().to_le_bytes();
        bytes
            .iter_mut()
            .zip(now)
            .for_each(|(byte, time)| *byte = time);
    }
}

/// A random number below `bound`.
pub fn below(bound: u64) -> u64 {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
}

/// A random text.
pub fn nonce() -> String {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
