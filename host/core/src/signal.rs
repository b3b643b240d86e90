//! Observations, and what triage says of them.

use serde::{Deserialize, Serialize};

use crate::object::ObjectRef;
use crate::severity::Severity;

/// Where an observation was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalSource {
    /// A Kubernetes Event.
    Event,
    /// The status of an object, for faults that emit no event.
    Status,
}

/// One normalised observation. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Stable key: the same observation has the same id after a restart.
    pub id: String,
    /// Where it was read.
    pub source: SignalSource,
    /// Reason in CamelCase, such as `BackOff`.
    pub reason: String,
    /// Text as Kubernetes wrote it: data, never an instruction.
    pub message: String,
    /// The object that the observation is about.
    pub object: ObjectRef,
    /// The root of its owner chain; the object itself where it has none.
    pub owner: ObjectRef,
    /// How often it was seen.
    pub count: u32,
    /// First observation.
    pub first_seen: i64,
    /// Last observation.
    pub last_seen: i64,
    /// Component that reported it; empty for a status.
    pub reporter: String,
}

/// What one container of a pod looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSummary {
    /// Container name.
    pub name: String,
    /// Image as written in the pod.
    pub image: String,
    /// True for an init container.
    pub init: bool,
    /// True when its readiness holds.
    pub ready: bool,
    /// Times it was restarted.
    pub restarts: u32,
    /// `waiting`, `running`, `terminated`, or empty.
    pub state: String,
    /// Reason of the current state.
    pub reason: String,
    /// Reason of the last termination.
    pub last_reason: String,
    /// Exit code of the last termination.
    pub last_exit_code: Option<i32>,
}

/// What the host knows of a signal's object without a further read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectSummary {
    /// `status.phase`, or empty.
    pub phase: String,
    /// Seconds since the object was created.
    pub age_seconds: u32,
    /// Seconds that the reported condition has lasted; 0 where it is not known.
    pub lasting_seconds: u32,
    /// True when the object is ready or has no notion of it.
    pub ready: bool,
    /// True when it has a deletion timestamp.
    pub deleting: bool,
    /// True when it was paused, suspended or scaled to zero on purpose.
    pub suspended: bool,
    /// Containers of a pod.
    pub containers: Vec<ContainerSummary>,
    /// Replicas wanted, for a workload.
    pub desired: Option<u32>,
    /// Replicas available, for a workload.
    pub available: Option<u32>,
}

/// Why an incident is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// How bad it is.
    pub severity: Severity,
    /// Failure class at triage, such as `workload`.
    pub class: String,
    /// One sentence.
    pub why: String,
    /// The object behind it, which others may share.
    pub shared: Option<ObjectRef>,
}

/// What triage says of one signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judgement {
    /// No opinion: look again while the condition lasts.
    Pass,
    /// Not an incident, and why.
    Drop(String),
    /// An incident.
    Open(Opening),
}
