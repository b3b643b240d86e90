//! Events as the verb `events` answers them.

use serde::{Deserialize, Serialize};

/// One event, of either API. In JSON the fields are `type`, `reason`, `message`, `count`,
/// `lastSeen`, `reporter`, `name` and `uid`; one that is missing is empty or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventRow {
    /// How often it was seen.
    pub count: u32,
    /// When it was seen last, milliseconds since the Unix epoch; 0 where the event names no time.
    pub last_seen: i64,
    /// What its reporter says.
    pub message: String,
    /// Name of the object that it is about.
    pub name: String,
    /// Reason, such as `BackOff`.
    pub reason: String,
    /// Component that reported it.
    pub reporter: String,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: String,
    /// UID of the object that it is about.
    pub uid: String,
}
