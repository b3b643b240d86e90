//! How long what has ended is kept.

use std::time::Duration;

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Limits of what is stored. What is open is kept without any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// An incident after its end, with its keys, messages and conversations.
    pub incidents: Duration,
    /// Most incidents that have ended.
    pub most_incidents: u32,
    /// What was said to models, after the end of its incident.
    pub conversations: Duration,
    /// Most conversations.
    pub most_conversations: u32,
    /// A message after it was sent.
    pub outbox: Duration,
    /// What a person asked, and the answer.
    pub asked: Duration,
    /// RCAs; kept forever if none.
    pub rcas: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            incidents: 90 * DAY,
            most_incidents: 10_000,
            conversations: 30 * DAY,
            most_conversations: 1_000,
            outbox: 60 * DAY,
            asked: 365 * DAY,
            rcas: None,
        }
    }
}

/// Days; none for 0.
pub(super) fn days(number: u64) -> Option<Duration> {
    (number > 0).then(|| Duration::from_secs(24 * 3600 * number))
}
