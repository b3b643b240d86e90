//! Events as they are shown: identical ones once, with the sum of their counts.

use crate::event::EventRow;
use crate::redact::redact;
use crate::truncate::truncate;

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
    count: u32,
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
pub(crate) fn once(rows: &[EventRow], namespace: &str) -> Vec<Told> {
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

fn told(row: &EventRow, namespace: &str) -> Told {
    // The kubelet calls a pod by name, namespace and uid; which one it is, is known.
    let known = format!("_{namespace}({})", row.uid);
    let message = redact(&row.message.replace(&known, ""));
    Told {
        kind: row.kind.clone(),
        reason: row.reason.clone(),
        message: truncate(message.trim_end(), MESSAGE).replace('\n', " "),
        reporter: row.reporter.clone(),
        name: row.name.clone(),
        count: row.count,
        last_seen: row.last_seen,
    }
}
