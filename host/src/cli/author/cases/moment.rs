//! A time of a case.

use jiff::Timestamp;
use serde::Deserialize;

/// A time in RFC 3339.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Moment(pub(super) Timestamp);

impl Moment {
    /// Milliseconds since the Unix epoch.
    pub(super) fn millisecond(self) -> i64 {
        self.0.as_millisecond()
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Moment, String> {
        text.parse().map(Moment).map_err(|_| {
            format!("{text:?} is no time in RFC 3339, such as 2026-11-20T17:30:00Z or 2026-11-20T17:30:00+05:30")
        })
    }
}
