//! An event of a case's cluster.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::author::cases::moment::Moment;
use crate::cli::author::cases::object::Object;

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// What it is about.
    object: Object,
    /// Warning where none.
    #[serde(default, rename = "type")]
    kind: Option<Kind>,
    reason: String,
    #[serde(default)]
    message: String,
    /// Once where none.
    #[serde(default)]
    count: Option<u32>,
    /// The present where none.
    #[serde(default)]
    first_seen: Option<Moment>,
    /// The present where none.
    #[serde(default)]
    last_seen: Option<Moment>,
    #[serde(default)]
    reporter: String,
}

#[derive(Clone, Copy, Deserialize, serde::Serialize)]
enum Kind {
    Normal,
    Warning,
}

impl Given {
    /// As an API server has it. `at` is its place in the case, from 0.
    pub(super) fn object(self, at: usize, now_ms: i64) -> Value {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let about = k8shawk_core::ObjectRef::from(self.object);
        let time = |given: Option<Moment>| given.map(|Moment(time)| time);
        let last = time(self.last_seen).unwrap_or(now);
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "namespace": about.namespace, "name": format!("event-{at}") },
            "involvedObject": about,
            "type": self.kind.unwrap_or(Kind::Warning),
            "reason": self.reason,
            "message": self.message,
            "count": self.count.unwrap_or(1),
            "firstTimestamp": time(self.first_seen).unwrap_or(last.min(now)),
            "lastTimestamp": last,
            "source": { "component": self.reporter },
        })
    }
}
