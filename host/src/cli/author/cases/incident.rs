//! The incident that a plugin is asked about.

use k8shawk_core::ObjectRef;
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::severity::Severity;
use k8shawk_core::signal::Signal;
use serde::Deserialize;

use super::cluster::Cluster;
use super::object::Object;
use super::signal;

/// Its keys.
pub(super) const KEYS: &[&str] = &["severity", "class", "object", "owner", "signals", "victims"];

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// High where none.
    #[serde(default)]
    severity: Option<Severity>,
    /// `workload` where none.
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    object: Option<Object>,
    #[serde(default)]
    owner: Option<Object>,
    #[serde(default)]
    signals: Vec<signal::Given>,
    #[serde(default)]
    victims: Vec<Object>,
}

impl Given {
    /// The incident: about `subject` where the case does not say about what; with the signals of
    /// a recording where it names none.
    ///
    /// # Errors
    /// A sentence with the key that is needed.
    pub(super) fn incident(
        self,
        subject: Option<&ObjectRef>,
        cluster: &Cluster,
    ) -> Result<Incident, String> {
        let now_ms = cluster.now_ms;
        let named = self.object.map(ObjectRef::from);
        let recorded = cluster.recording.as_ref();
        let first = self.signals.first().and_then(|s| s.object.clone());
        let about = named
            .clone()
            .or(first.map(ObjectRef::from))
            .or(recorded.map(|r| r.subject.clone()))
            .or(subject.cloned())
            .ok_or("missing field `object`: what the incident is about")?;
        let signals: Vec<Signal> = match recorded {
            Some(recording) if self.signals.is_empty() => recording.signals(&about)?,
            _ => {
                let given = self.signals.into_iter().enumerate();
                given.map(|(at, s)| s.signal(at, &about, now_ms)).collect()
            }
        };
        let first = signals.first();
        let object = match (named, first) {
            (None, Some(signal)) => signal.object.clone(),
            _ => about,
        };
        let owner = first
            .filter(|s| s.object.same_object(&object))
            .map(|s| s.owner.clone());
        Ok(Incident {
            id: IncidentId("inc-1".to_owned()),
            class: self.class.unwrap_or_else(|| "workload".to_owned()),
            severity: self.severity.unwrap_or(Severity::High),
            owner: self
                .owner
                .map(ObjectRef::from)
                .or(owner)
                .unwrap_or_else(|| object.clone()),
            object,
            signals,
            victims: self.victims.into_iter().map(ObjectRef::from).collect(),
            opened_at: now_ms,
        })
    }
}
