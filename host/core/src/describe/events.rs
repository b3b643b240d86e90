//! Events as they are told: those that say the same once, with the sum of their counts.

use serde_json::Value;

use crate::model::cut;
use crate::redact::redact;

/// Longest message.
const MESSAGE: usize = 400;

/// An event, or several that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    kind: String,
    reason: String,
    message: String,
    reporter: String,
    /// Of the object.
    pub(crate) name: String,
    count: i64,
    /// The newest, milliseconds since the Unix epoch.
    pub(crate) last_seen: i64,
}

impl Told {
    /// `Warning BackOff x3`.
    pub(crate) fn head(&self) -> String {
        format!("{} {} x{}", self.kind, self.reason, self.count)
    }

    /// `(kubelet): the message`.
    pub(crate) fn said(&self) -> String {
        format!("({}): {}", self.reporter, self.message)
    }
}

/// Rows of the verb `events`, oldest first, about objects of a namespace: what repeats stands once,
/// where it was seen last.
pub(crate) fn once(rows: &[Value], namespace: &str) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    for row in rows {
        let mut told = told(row, namespace);
        let same = |other: &Told| {
            (&other.kind, &other.reason, &other.name) == (&told.kind, &told.reason, &told.name)
                && (&other.message, &other.reporter) == (&told.message, &told.reporter)
        };
        if let Some(at) = all.iter().position(same) {
            let before = all.remove(at);
            told.count = told.count.saturating_add(before.count);
            told.last_seen = told.last_seen.max(before.last_seen);
        }
        all.push(told);
    }
    all
}

fn told(row: &Value, namespace: &str) -> Told {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| row.get(key).and_then(Value::as_i64);
    // The kubelet calls a pod by name, namespace and uid; which one it is, is known.
    let known = format!("_{namespace}({})", text("uid"));
    let message = redact(&text("message").replace(&known, ""));
    Told {
        kind: text("type").to_owned(),
        reason: text("reason").to_owned(),
        message: cut(message.trim_end(), MESSAGE).replace('\n', " "),
        reporter: text("reporter").to_owned(),
        name: text("name").to_owned(),
        count: number("count").unwrap_or(1),
        last_seen: number("lastSeen").unwrap_or(0),
    }
}
