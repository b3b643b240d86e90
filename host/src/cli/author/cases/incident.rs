//! The incident that a plugin is asked about.

use k8shawk_core::ObjectRef;
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::severity::Severity;
use serde::Deserialize;

use super::object::Object;

/// Its keys.
pub(super) const KEYS: &[&str] = &["severity", "class", "object", "owner", "victims"];

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    object: Option<Object>,
    #[serde(default)]
    owner: Option<Object>,
    #[serde(default)]
    victims: Vec<Object>,
}

impl Given {
    /// The incident, about `subject` where the case does not say about what.
    pub(super) fn incident(self, subject: ObjectRef, now_ms: i64) -> Incident {
        let object = self.object.map_or(subject, ObjectRef::from);
        Incident {
            id: IncidentId("inc-1".to_owned()),
            class: self.class.unwrap_or_else(|| "workload".to_owned()),
            severity: self.severity.unwrap_or(Severity::High),
            owner: self.owner.map_or_else(|| object.clone(), ObjectRef::from),
            object,
            signals: Vec::new(),
            victims: self.victims.into_iter().map(ObjectRef::from).collect(),
            opened_at: now_ms,
        }
    }
}
