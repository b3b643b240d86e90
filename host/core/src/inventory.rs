//! What the cluster looks like now, in light projections, and what is observed in it.
//!
//! Pure: objects come in as JSON, observations go out. Whether an observation is an incident
//! is for triage to say; here nothing is judged, only measured.

use serde_json::Value;

use crate::object::ObjectRef;
use crate::signal::{ObjectSummary, Signal};

/// A signal and what is known of its object without a further read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The signal.
    pub signal: Signal,
    /// The signal's object.
    pub summary: ObjectSummary,
}

/// How many objects there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes.
    pub nodes: usize,
    /// Pods.
    pub pods: usize,
    /// Namespaces.
    pub namespaces: usize,
    /// Services.
    pub services: usize,
    /// Deployments.
    pub deployments: usize,
}

/// Light projections of objects: enough to observe, about 1 KB for a pod.
#[derive(Debug, Default)]
pub struct Inventory {
    malformed: u64,
}

impl Inventory {
    /// An empty inventory that takes every kind for readable: what it does not hold is missing.
    pub fn new() -> Self {
        Inventory::default()
    }

    /// An empty inventory that says nothing of a missing object of a kind until that kind was
    /// listed ([`Inventory::replace_kind`]): for a watch.
    pub fn unlisted() -> Self {
        Inventory::default()
    }

    /// Say that only this namespace is known, beside objects without a namespace.
    pub fn scope_to(&mut self, _namespace: &str) {}

    /// Say whether a kind can be read: nothing of a kind that cannot is ever called missing.
    pub fn set_readable(&mut self, _kind: &str, _readable: bool) {}

    /// Insert or replace an object. One that cannot be understood is counted and left out.
    pub fn apply(&mut self, _object: &Value) {}

    /// Like [`Inventory::apply`], from JSON text of an object whose kind is known.
    pub fn apply_json(&mut self, _kind: &str, _text: &str) {}

    /// Forget an object. A uid that differs from the known one leaves it alone.
    pub fn remove(&mut self, _object: &ObjectRef) {}

    /// Forget what a complete list of a kind did not name; the listed objects themselves were
    /// applied before. An empty `namespace` is all of them. The kind is readable from now on.
    pub fn replace_kind(&mut self, _kind: &str, _namespace: &str, _listed: &[ObjectRef]) {}

    /// Objects that could not be understood so far.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// The root of the controller chain (Pod, ReplicaSet, Deployment; Job, CronJob), else the
    /// object itself, with the uid where it is known.
    pub fn root_owner(&self, object: &ObjectRef) -> ObjectRef {
        object.clone()
    }

    /// What the status of an object shows.
    pub fn observe(&self, _object: &ObjectRef, _now_ms: i64) -> Vec<Observation> {
        Vec::new()
    }

    /// What a Warning event says; none for a Normal one. Old events are for the caller to gate
    /// by `signal.last_seen`.
    pub fn observe_event(&self, _event: &Value, _now_ms: i64) -> Option<Observation> {
        None
    }

    /// What the status of every object shows, each signal id once.
    pub fn observe_all(&self, _now_ms: i64) -> Vec<Observation> {
        Vec::new()
    }

    /// What is known of an object, as in an observation of it.
    pub fn summary(&self, _object: &ObjectRef, _now_ms: i64) -> Option<ObjectSummary> {
        None
    }

    /// Objects whose observations may change when this one did, such as the Services that
    /// select a pod. Works before and after a removal.
    pub fn dependants(&self, _changed: &ObjectRef) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
}
