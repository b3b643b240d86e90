//! One row of the rule table, built by short words so that the table reads as text.

use crate::threshold::Threshold;
use k8shawk_sdk::triage::{Severity, Signal, SignalSource};

/// What a row says about the signals that it matches.
#[derive(Debug, Clone, Copy)]
pub enum Then {
    /// Not an incident.
    Drop,
    /// An incident.
    Open(Severity),
    /// An incident that is [`Severity::High`] where nothing of the workload is left, and
    /// [`Severity::Critical`] where that is many pods.
    OpenByLoss(Severity),
    /// A crash: judged by restarts and by what the container does now.
    Crash(Severity),
}

/// A row: which signals it matches, and what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    source: Option<SignalSource>,
    kind: &'static str,
    reason: &'static str,
    says: &'static [&'static str],
    /// What the signals mean.
    pub then: Then,
    /// How long they must last before they mean it.
    pub after: Option<Threshold>,
    /// True where the fault may be the image registry's.
    pub pull: bool,
    /// One sentence for people.
    pub why: &'static str,
}

/// A Warning event with this reason.
pub const fn event(reason: &'static str) -> Rule {
    Rule {
        source: Some(SignalSource::Event),
        ..any(reason)
    }
}

/// A status with this reason.
pub const fn status(reason: &'static str) -> Rule {
    Rule {
        source: Some(SignalSource::Status),
        ..any(reason)
    }
}

/// An event or a status with this reason.
pub const fn any(reason: &'static str) -> Rule {
    Rule {
        source: None,
        kind: "",
        reason,
        says: &[],
        then: Then::Drop,
        after: None,
        pull: false,
        why: "",
    }
}

impl Rule {
    /// Only on objects of this kind.
    pub const fn on(self, kind: &'static str) -> Rule {
        Rule { kind, ..self }
    }

    /// Only where the message contains one of these.
    pub const fn says(self, says: &'static [&'static str]) -> Rule {
        Rule { says, ..self }
    }

    /// Only after it lasted; younger signals are checked again.
    pub const fn after(self, threshold: Threshold) -> Rule {
        Rule {
            after: Some(threshold),
            ..self
        }
    }

    /// The registry may be what is shared.
    pub const fn pull(self) -> Rule {
        Rule { pull: true, ..self }
    }

    /// Not an incident.
    pub const fn drop(self, why: &'static str) -> Rule {
        Rule {
            then: Then::Drop,
            why,
            ..self
        }
    }

    /// An incident.
    pub const fn open(self, severity: Severity, why: &'static str) -> Rule {
        Rule {
            then: Then::Open(severity),
            why,
            ..self
        }
    }

    /// An incident whose severity grows with what is lost.
    pub const fn open_by_loss(self, least: Severity, why: &'static str) -> Rule {
        Rule {
            then: Then::OpenByLoss(least),
            why,
            ..self
        }
    }

    /// An incident once the crash counts.
    pub const fn crash(self, severity: Severity, why: &'static str) -> Rule {
        Rule {
            then: Then::Crash(severity),
            why,
            ..self
        }
    }

    /// True where the row speaks of this signal.
    pub fn matches(&self, signal: &Signal) -> bool {
        self.reason == signal.reason
            && (self.kind.is_empty() || self.kind == signal.object.kind)
            && self.source.is_none_or(|source| source == signal.source)
            && (self.says.is_empty() || self.says.iter().any(|s| signal.message.contains(s)))
    }
}
