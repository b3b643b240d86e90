//! Incidents: signals that share a root owner and a failure class.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::object::ObjectRef;
use crate::severity::Severity;
use crate::signal::Signal;

/// Id of an incident: short enough to type, sorted by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub String);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Signals with one root owner and one failure class, as plugins are given them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Id.
    pub id: IncidentId,
    /// Failure class that triage gave it.
    pub class: String,
    /// Severity that triage gave it.
    pub severity: Severity,
    /// The object of the first signal.
    pub object: ObjectRef,
    /// The root owner.
    pub owner: ObjectRef,
    /// The signals, oldest first; at most [`MAX_SIGNALS`].
    pub signals: Vec<Signal>,
    /// Other root owners that fail for the same shared cause.
    #[serde(default)]
    pub victims: Vec<ObjectRef>,
    /// When it was opened, milliseconds since the Unix epoch.
    pub opened_at: i64,
}

/// Signals kept with an incident.
pub const MAX_SIGNALS: usize = 32;
