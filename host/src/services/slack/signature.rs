//! Is a request from Slack? Version 0 of its signatures, over the raw body.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use slack_morphism::signature_verifier::{
    SlackEventSignatureVerifier, SlackEventSignatureVerifierError,
};
use thiserror::Error;

/// Seconds by which a request may be old, or ahead of our clock.
pub const WINDOW: i64 = 300;
/// Signatures that are remembered. Only Slack can fill it.
const REMEMBERED: usize = 20_000;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// A header lacks or has another form.
    #[error("the request is not signed")]
    Unsigned,
    /// Older than the window, or from the future: clocks differ, or it is a recording.
    #[error("the request is not of the last {WINDOW} seconds")]
    Stale,
    /// Signed with another secret, or changed on its way.
    #[error("the signature does not fit the request")]
    Forged,
    /// The same bytes were seen before.
    #[error("this request was received before")]
    Replayed,
    /// More requests within the window than are remembered: try again.
    #[error("too many requests")]
    Flood,
}

/// Checks signatures and remembers them.
pub struct Verifier {
    signed: SlackEventSignatureVerifier,
    /// Signatures and the second in which they may be forgotten.
    seen: Mutex<HashMap<[u8; 32], i64>>,
}

impl Verifier {
    /// With the signing secret of the app.
    pub fn new(secret: &str) -> Verifier {
        Verifier {
            signed: SlackEventSignatureVerifier::new(&secret.to_owned().into()),
            seen: Mutex::default(),
        }
    }

    /// Check one request; `now` in seconds. Only what is signed right is remembered.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn check(
        &self,
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now: i64,
    ) -> Result<(), SignatureError> {
        use SlackEventSignatureVerifierError::IncorrectOrExpiredTimestampError;
        let stamp = timestamp.ok_or(SignatureError::Unsigned)?;
        let signature = signature.ok_or(SignatureError::Unsigned)?;
        let signature = signature.to_ascii_lowercase();
        let digest = decode(&signature).ok_or(SignatureError::Unsigned)?;
        let is_number = !stamp.is_empty() && stamp.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            return Err(SignatureError::Unsigned);
        }
        let at: i64 = stamp.parse().map_err(|_| SignatureError::Unsigned)?;
        if now.saturating_sub(at).saturating_abs() > WINDOW {
            return Err(SignatureError::Stale);
        }
        // What Slack signs is text.
        let body = std::str::from_utf8(body).map_err(|_| SignatureError::Forged)?;
        match self.signed.verify(&signature, body, stamp) {
            // The library looks at the clock of the machine, after the signature was found right:
            // the age was judged above, by the clock of the host.
            Ok(()) | Err(IncorrectOrExpiredTimestampError(_)) => self.remember(digest, at, now),
            Err(_) => Err(SignatureError::Forged),
        }
    }

    fn remember(&self, signature: [u8; 32], at: i64, now: i64) -> Result<(), SignatureError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.retain(|_, until| *until >= now);
        }
        let room = seen.len() < REMEMBERED;
        match seen.entry(signature) {
            Entry::Occupied(known) if *known.get() >= now => Err(SignatureError::Replayed),
            // Forgetting one that is still valid would let it pass twice.
            Entry::Vacant(_) if !room => Err(SignatureError::Flood),
            entry => {
                entry.insert_entry(at + WINDOW);
                Ok(())
            }
        }
    }
}

/// `v0=` and 64 hexadecimal digits.
fn decode(text: &str) -> Option<[u8; 32]> {
    let hex = text.strip_prefix("v0=").filter(|h| h.len() == 64)?;
    let digit = |c: &u8| char::from(*c).to_digit(16);
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(hex.as_bytes().as_chunks::<2>().0) {
        *byte = u8::try_from((digit(high)? << 4) | digit(low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const STAMP: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const NOW: i64 = 1_531_420_618;

    fn check(
        v: &Verifier,
        stamp: &str,
        signature: &str,
        body: &str,
        now: i64,
    ) -> Result<(), SignatureError> {
        v.check(Some(stamp), Some(signature), body.as_bytes(), now)
    }

    #[test]
    fn slacks_own_example_passes_once() {
        let v = Verifier::new(SECRET);
        assert_eq!(check(&v, STAMP, SIGNATURE, BODY, NOW), Ok(()));
        assert_eq!(
            check(&v, STAMP, SIGNATURE, BODY, NOW + 1),
            Err(SignatureError::Replayed)
        );
        let upper = SIGNATURE.to_uppercase().replace("V0", "v0");
        assert_eq!(
            check(&v, STAMP, &upper, BODY, NOW + 1),
            Err(SignatureError::Replayed)
        );
    }

    #[test]
    fn what_is_forged_stale_or_unsigned_is_refused() {
        let v = Verifier::new(SECRET);
        use SignatureError::{Forged, Stale, Unsigned};
        assert_eq!(
            check(&v, STAMP, SIGNATURE, &format!("{BODY}x"), NOW),
            Err(Forged)
        );
        let flipped = SIGNATURE.replace("503", "504");
        assert_eq!(check(&v, STAMP, &flipped, BODY, NOW), Err(Forged));
        assert_eq!(
            check(&Verifier::new("x"), STAMP, SIGNATURE, BODY, NOW),
            Err(Forged)
        );
        assert_eq!(check(&v, STAMP, SIGNATURE, BODY, NOW + 301), Err(Stale));
        assert_eq!(check(&v, STAMP, SIGNATURE, BODY, NOW - 301), Err(Stale));
        for (stamp, signature) in [
            ("", SIGNATURE),
            ("-1", SIGNATURE),
            ("+1531420618", SIGNATURE),
            ("99999999999999999999", SIGNATURE),
            (STAMP, ""),
            (STAMP, "v0=zz"),
            (STAMP, "v1=00"),
        ] {
            assert_eq!(
                check(&v, stamp, signature, BODY, NOW),
                Err(Unsigned),
                "{stamp} {signature}"
            );
        }
        assert_eq!(v.check(None, None, b"", NOW), Err(Unsigned));
    }

    #[test]
    fn memory_is_bounded_and_nothing_valid_is_forgotten() {
        let v = Verifier::new(SECRET);
        for i in 0..REMEMBERED {
            let mut s = [0; 32];
            s[..8].copy_from_slice(&i.to_le_bytes());
            assert_eq!(v.remember(s, NOW, NOW), Ok(()));
        }
        assert_eq!(v.remember([9; 32], NOW, NOW), Err(SignatureError::Flood));
        assert_eq!(v.remember([9; 32], NOW + 301, NOW + 301), Ok(()));
    }
}
