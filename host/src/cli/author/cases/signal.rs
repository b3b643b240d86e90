//! A signal of a case.

use k8shawk_core::ObjectRef;
use k8shawk_core::signal::{Signal, SignalSource};
use serde::Deserialize;

use super::moment::Moment;
use super::object::Object;

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) reason: String,
    #[serde(default)]
    message: String,
    /// An event where none.
    #[serde(default)]
    source: Option<SignalSource>,
    /// What it is about; the object of the incident where none.
    #[serde(default)]
    pub(super) object: Option<Object>,
    /// Its root owner; the object itself where none.
    #[serde(default)]
    owner: Option<Object>,
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

impl Given {
    /// True for a recorded signal that has this reason, this message and, where it is named, this
    /// object.
    pub(super) fn fits(&self, signal: &Signal) -> bool {
        let about = self.object.clone().map(ObjectRef::from);
        signal.reason == self.reason
            && signal.message.contains(&self.message)
            && about.is_none_or(|about| about.same_object(&signal.object))
    }

    /// The signal, about `subject` where it does not say about what. `at` is its place among the
    /// signals of the case, from 0.
    pub(super) fn signal(self, at: usize, subject: &ObjectRef, now_ms: i64) -> Signal {
        let about = self.object.map(ObjectRef::from);
        let object = about.unwrap_or_else(|| subject.clone());
        let last_seen = self.last_seen.map_or(now_ms, Moment::millisecond);
        Signal {
            id: format!("signal-{at}"),
            source: self.source.unwrap_or(SignalSource::Event),
            reason: self.reason,
            message: self.message,
            owner: self.owner.map_or_else(|| object.clone(), ObjectRef::from),
            object,
            count: self.count.unwrap_or(1),
            first_seen: self.first_seen.map_or(last_seen, Moment::millisecond),
            last_seen,
            reporter: self.reporter,
        }
    }
}
