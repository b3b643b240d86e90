//! The pod under diagnosis with what was read for it once.

use k8shawk_sdk::analysis::{ObjectRef, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::kinds;
use serde_json::Value;

use super::container::{self, Container};
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{reference, text};
use crate::owner::root_owner;

/// Most nodes or pods that a sentence lists.
pub const LISTED: usize = 4;

/// A pod, its root owner and its events.
pub struct Subject<'a> {
    /// The incident's case.
    pub case: &'a Case<'a>,
    /// The pod as it is now.
    pub pod: &'a Value,
    /// Its coordinates.
    pub object: ObjectRef,
    /// Its root owner.
    pub owner: ObjectRef,
    events: Vec<EventRow>,
}

impl<'a> Subject<'a> {
    /// Read the pod's events and owners.
    pub fn new(case: &'a Case<'a>, pod: &'a Value) -> Self {
        let mut object = reference(pod);
        if object.kind.is_empty() {
            object.kind = "Pod".to_owned();
            object.api_version = kinds::api_version("Pod");
        }
        let mut events: Vec<EventRow> = case
            .incident
            .signals
            .iter()
            .filter(|s| s.object.kind == "Pod" && s.object.name == object.name)
            .map(|s| EventRow {
                reason: s.reason.clone(),
                message: s.message.clone(),
                last_seen: s.last_seen,
                count: s.count,
                ..EventRow::default()
            })
            .collect();
        events.extend(case.events(&object));
        let mut owner = root_owner(case, pod);
        if owner.kind.is_empty() {
            owner = object.clone();
        }
        Subject {
            case,
            pod,
            object,
            owner,
            events,
        }
    }

    /// A finding on this pod.
    pub fn draft(&self, class: &str, severity: Severity) -> Draft {
        Draft::new(class, severity, self.object.clone(), self.owner.clone())
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.object.namespace
    }

    /// The node it was given, or empty.
    pub fn node(&self) -> &'a str {
        text(self.pod, "/spec/nodeName")
    }

    /// Its phase.
    pub fn phase(&self) -> &'a str {
        text(self.pod, "/status/phase")
    }

    /// Its containers in the order in which they start.
    pub fn containers(&self) -> Vec<Container<'a>> {
        container::all(self.pod)
    }

    /// The newest event that fits.
    pub fn newest(&self, fits: impl Fn(&str, &str) -> bool) -> Option<&EventRow> {
        self.events
            .iter()
            .rev()
            .find(|e| fits(&e.reason, &e.message))
    }

    /// The newest event with one of these reasons.
    pub fn event(&self, reasons: &[&str]) -> Option<&EventRow> {
        self.newest(|reason, _| reasons.contains(&reason))
    }

    /// Seconds between an RFC 3339 time and the present; `None` where it does not parse.
    pub fn since(&self, time: &str) -> Option<i64> {
        since(self.case, time)
    }

    /// Seconds since the pod was created; large where that is not known.
    pub fn age(&self) -> i64 {
        self.since(text(self.pod, "/metadata/creationTimestamp"))
            .unwrap_or(i64::MAX)
    }
}

/// Seconds between an RFC 3339 time and the present of the case.
pub fn since(case: &Case, time: &str) -> Option<i64> {
    let then: jiff::Timestamp = time.parse().ok()?;
    Some((case.incident.now - then.as_millisecond()) / 1000)
}

/// Seconds between two RFC 3339 times.
pub fn between(from: &str, to: &str) -> Option<i64> {
    let (from, to): (jiff::Timestamp, jiff::Timestamp) = (from.parse().ok()?, to.parse().ok()?);
    Some(to.as_second() - from.as_second())
}

/// A span as people say it.
pub fn spell(seconds: i64) -> String {
    match seconds {
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3600),
        s => count(s / 86_400, "day"),
    }
}

/// Quote an event.
pub fn cite_event(draft: &mut Draft, event: &EventRow) -> String {
    let times = match event.count {
        n if n > 1 => format!(" (x{n})"),
        _ => String::new(),
    };
    let reason = &event.reason;
    draft.cite(format!("event {reason}{times}"), &event.message)
}

/// True where `text` contains one of `needles`, which are in lower case.
pub fn mentions(text: &str, needles: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    needles.iter().any(|n| text.contains(n))
}

/// What stands between `before` and `after` in `text`.
pub fn between_marks<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    let (inside, _) = rest.split_once(after)?;
    (!inside.is_empty()).then_some(inside)
}
