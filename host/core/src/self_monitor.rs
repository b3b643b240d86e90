//! Incidents of the host itself: what it notices of its own work.
//!
//! They are stored and told like any other. Their owner is the host, no plugin and no model is
//! asked about them, no fix is proposed, and they end by themselves when their condition does.

use crate::count;
use crate::decision::Decision;
use crate::finding::{Evidence, Finding};
use crate::incident::Incident;
use crate::object::ObjectRef;
use crate::point::Point;
use crate::rca::time;
use crate::record::{Record, State};
use crate::redact::redact;
use crate::severity::Severity;
use crate::signal::{Opening, Signal, SignalSource};

/// `apiVersion` of what is no object of the cluster, but of the host.
const API: &str = "k8shawk.dev/v1";

/// What can be wrong with the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Incidents make no progress.
    Stuck,
    /// The watch queue was full.
    Dropped,
    /// What is to be told does not leave.
    Silent,
    /// A plugin is no longer called.
    Quarantined,
    /// Stored incidents cannot be read.
    Unreadable,
    /// The volume of the database has no room.
    Full,
    /// A required policy does not judge.
    Unguarded,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Condition; 7] = [
        Condition::Stuck,
        Condition::Dropped,
        Condition::Silent,
        Condition::Quarantined,
        Condition::Unreadable,
        Condition::Full,
        Condition::Unguarded,
    ];

    /// The class of its incidents.
    pub fn class(self) -> &'static str {
        match self {
            Condition::Stuck => "self-stuck",
            Condition::Dropped => "self-dropped",
            Condition::Silent => "self-silent",
            Condition::Quarantined => "self-quarantined",
            Condition::Unreadable => "self-unreadable",
            Condition::Full => "self-full",
            Condition::Unguarded => "self-policy",
        }
    }

    /// The condition of a class.
    pub fn of_class(class: &str) -> Option<Condition> {
        Condition::ALL.into_iter().find(|c| c.class() == class)
    }

    fn reason(self) -> &'static str {
        match self {
            Condition::Stuck => "StuckStage",
            Condition::Dropped => "DroppedChanges",
            Condition::Silent => "SilentSink",
            Condition::Quarantined => "PluginQuarantined",
            Condition::Unreadable => "UnreadableRecord",
            Condition::Full => "VolumeFull",
            Condition::Unguarded => "PolicyMissing",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Condition::Stuck
            | Condition::Silent
            | Condition::Quarantined
            | Condition::Unreadable
            | Condition::Full
            | Condition::Unguarded => Severity::High,
            // Nothing is lost: what was dropped is requested again.
            Condition::Dropped => Severity::Medium,
        }
    }

    /// What a person should do.
    pub fn next_check(self) -> &'static str {
        match self {
            Condition::Stuck => {
                "check the reason of each: an unreachable API server and a full disk block all of \
                 them"
            }
            Condition::Dropped => {
                "raise watch.queue, or give the host more CPU: see k8shawk_watch_queue_depth"
            }
            Condition::Silent => {
                "run k8shawk slack check to see what Slack rejects; messages are queued and sent \
                 later"
            }
            Condition::Quarantined => {
                "run k8shawk plugin history ID; the plugin is called again when its digest \
                 changes, for example after a rollback to an older version"
            }
            Condition::Unreadable => {
                "its text is in the table quarantine of the database: read there what it was \
                 about, check its object, then delete the row"
            }
            Condition::Full => {
                "expand the volume of the state directory, or lower the limits in [retention]"
            }
            Condition::Unguarded => {
                "run k8shawk plugin history ID to see why the policy did not load; if it was \
                 removed on purpose, run k8shawk policy forget ID"
            }
        }
    }
}

/// The host, as the owner of its incidents.
pub fn host() -> ObjectRef {
    ObjectRef::new(API, "Host", "", "k8shawk")
}

/// A plugin of the host.
pub fn plugin(id: &str) -> ObjectRef {
    ObjectRef::new(API, "Plugin", "", id)
}

impl Incident {
    /// True where it is about the host itself. No plugin can make it look so: the owner is found
    /// by the host.
    pub fn is_own(&self) -> bool {
        self.owner.api_version == API
    }
}

/// A condition that holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub condition: Condition,
    /// What it is about: the host, or one of its plugins.
    pub object: ObjectRef,
    /// One line for people; the same for as long as nothing changes.
    pub title: String,
    /// What shows it, as source and excerpt.
    pub facts: Vec<(String, String)>,
}

impl Trouble {
    /// Grouping key: one incident for each condition and object.
    pub fn key(&self) -> String {
        let (class, object) = (self.condition.class(), &self.object);
        format!("own/{class}/{}/{}", object.kind, object.name)
    }

    /// The incidents that make no progress, of those that are shown.
    pub fn stuck(&self) -> impl Iterator<Item = &str> {
        let shown = (self.condition == Condition::Stuck).then_some(&self.facts);
        shown.into_iter().flatten().map(|(id, _)| id.as_str())
    }

    /// As a signal.
    pub fn signal(&self, now: i64) -> Signal {
        Signal {
            id: self.key(),
            source: SignalSource::Status,
            reason: self.condition.reason().to_owned(),
            message: self.title.clone(),
            object: self.object.clone(),
            owner: host(),
            count: 1,
            first_seen: now,
            last_seen: now,
            reporter: "k8shawk".to_owned(),
        }
    }

    /// As what a triage plugin would say of it.
    pub fn opening(&self) -> Opening {
        Opening {
            severity: self.condition.severity(),
            class: self.condition.class().to_owned(),
            why: self.title.clone(),
            shared: None,
        }
    }

    /// As a finding: every fact is cited, and nothing in it looks like a secret.
    pub fn finding(&self) -> Finding {
        let evidence: Vec<Evidence> = self
            .facts
            .iter()
            .enumerate()
            .map(|(at, (source, excerpt))| Evidence {
                id: format!("e{}", at + 1),
                source: source.clone(),
                excerpt: redact(excerpt),
            })
            .collect();
        let cited: Vec<String> = evidence.iter().map(|e| format!("[{}]", e.id)).collect();
        Finding {
            class: self.condition.class().to_owned(),
            title: self.title.clone(),
            cause: format!("{} {}.", self.title, cited.join(" ")),
            confidence: 100,
            severity: self.condition.severity(),
            object: self.object.clone(),
            owner: host(),
            evidence,
            unknown: Vec::new(),
            unsupported: Vec::new(),
            facts: Vec::new(),
            victims: Vec::new(),
            shared: None,
        }
    }
}

/// "No safe fix", with what a person should do.
pub fn decision(class: &str) -> Decision {
    Decision {
        next_check: Condition::of_class(class)
            .map_or("", Condition::next_check)
            .to_owned(),
        ..Decision::default()
    }
}

/// Incidents that are shown of those that are stuck.
const SHOWN: usize = 5;

/// Incidents of others that stay in a state in which the host works: longer than `bound`, and
/// beyond what their state may take by itself. `why` is the last failure of each.
pub fn stuck(
    active: &[Record],
    now: i64,
    bound: i64,
    recovery: i64,
    why: impl Fn(&str) -> Option<String>,
) -> Option<Trouble> {
    let stuck: Vec<&Record> = active
        .iter()
        .filter(|r| !r.incident.is_own() && !r.state.is_final() && !r.state.awaits_people())
        .filter(|r| {
            let may = if r.state == State::Applied {
                recovery
            } else {
                0
            };
            now - r.changed_at() > bound + may
        })
        .collect();
    if stuck.is_empty() {
        return None;
    }
    let facts = stuck.iter().take(SHOWN).map(|r| {
        let id = &r.incident.id.0;
        let state = r.state.as_str();
        let why = why(id).unwrap_or_else(|| "no failure recorded".to_owned());
        (
            id.clone(),
            format!("{state} since {}: {why}", time(r.changed_at())),
        )
    });
    Some(Trouble {
        condition: Condition::Stuck,
        object: host(),
        title: format!("{} stuck", count(stuck.len(), "incident")),
        facts: facts.collect(),
    })
}

/// Changes for which there was no room a short while ago, by kind.
pub fn dropped(by_kind: &str) -> Trouble {
    Trouble {
        condition: Condition::Dropped,
        object: host(),
        title: "watch queue full: changes were dropped and are requested again".to_owned(),
        facts: vec![("dropped so far".to_owned(), by_kind.to_owned())],
    }
}

/// Something waits to be told since `since`; `note` is what the last attempt met.
pub fn silent(since: i64, waiting: u64, note: &str) -> Trouble {
    let note = if note.is_empty() { "none yet" } else { note };
    Trouble {
        condition: Condition::Silent,
        object: host(),
        title: format!("messages have not been sent since {}", time(since)),
        facts: vec![
            ("last attempt".to_owned(), note.to_owned()),
            ("waiting messages".to_owned(), waiting.to_string()),
        ],
    }
}

/// A plugin is no longer called. A policy that is not asked denies.
pub fn quarantined(id: &str, point: Point, digest: &str, error: &str) -> Trouble {
    let title = match point {
        Point::Policy => format!("policy {id} is quarantined; every fix is denied"),
        _ => format!("plugin {id} is quarantined and not called"),
    };
    Trouble {
        condition: Condition::Quarantined,
        object: plugin(id),
        title,
        facts: vec![
            ("last fault".to_owned(), error.to_owned()),
            ("digest".to_owned(), digest.to_owned()),
        ],
    }
}

/// Stored incidents that cannot be read, each with why.
pub fn unreadable(all: &[(String, String)]) -> Option<Trouble> {
    let title = match all.len() {
        0 => return None,
        n => format!("{} set aside: cannot be read", count(n, "stored incident")),
    };
    Some(Trouble {
        condition: Condition::Unreadable,
        object: host(),
        title,
        facts: all.iter().take(SHOWN).cloned().collect(),
    })
}

/// The volume of the database was full a short while ago; with what was deleted to make room.
pub fn full(conversations: u64, incidents: u64) -> Trouble {
    Trouble {
        condition: Condition::Full,
        object: host(),
        title: "the volume of the database is full".to_owned(),
        facts: vec![(
            "deleted to make room".to_owned(),
            format!(
                "{}, {}",
                count(conversations, "conversation"),
                count(incidents, "ended incident")
            ),
        )],
    }
}

/// A required policy does not judge.
pub fn unguarded(id: &str, why: &str) -> Trouble {
    Trouble {
        condition: Condition::Unguarded,
        object: plugin(id),
        title: format!("policy {id} is missing; every fix is denied"),
        facts: vec![("why it is not available".to_owned(), why.to_owned())],
    }
}

#[cfg(test)]
mod tests;
