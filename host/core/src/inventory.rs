//! What the cluster looks like now, in light projections, and what is observed in it.
//!
//! Pure: objects come in as JSON, observations go out. Whether an observation is an incident
//! is for triage to say; here nothing is judged, only measured. An object that cannot be read
//! (RBAC, or not listed yet) is never called missing.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::kinds;
use crate::object::ObjectRef;
use crate::signal::{ObjectSummary, Signal, SignalSource};

mod access;
mod claim;
mod deletion;
mod event;
mod job;
mod objects;
mod observation;
mod observed;
mod owner;
mod pod;
mod projection;
mod scaling;
mod schedule;
mod service;
mod shape;
mod sweep;
mod watched_kinds;
mod wire;
mod workload;

pub use event::{EventTimes, event_rows};
use objects::Objects;
pub use observation::Observation;
use observation::{Scene, Sighting};
use observed::{Change, Source};
pub use projection::Projection;
use shape::Entry;
pub use sweep::Sweep;
pub use watched_kinds::{EVERY_KIND, watched};

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

impl Counts {
    /// Counted by kind.
    pub fn of(count: impl Fn(&'static str) -> usize) -> Counts {
        Counts {
            nodes: count("Node"),
            pods: count("Pod"),
            namespaces: count("Namespace"),
            services: count("Service"),
            deployments: count("Deployment"),
        }
    }
}

/// Light projections of objects: enough to observe, 1 to 2 KB for a pod.
#[derive(Debug, Default)]
pub struct Inventory {
    objects: Objects,
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
        Inventory {
            objects: Objects::unlisted(),
            malformed: 0,
        }
    }

    /// Say that only this namespace is known, beside objects without a namespace.
    pub fn scope_to(&mut self, namespace: &str) {
        self.objects.scope_to(namespace);
    }

    /// Say whether a kind can be read: nothing of a kind that cannot is ever called missing.
    pub fn set_readable(&mut self, kind: &str, readable: bool) {
        self.objects.set_readable(kind, readable);
    }

    /// Insert or replace an object. A kind that is not read is ignored; an object that cannot
    /// be understood is counted ([`Inventory::malformed`]) and leaves what was known of it.
    pub fn apply(&mut self, object: &Value) {
        match object.get("kind").and_then(Value::as_str) {
            Some(kind) => self.insert(kind, Source::Value(object)),
            None => self.malformed += 1,
        }
    }

    /// Like [`Inventory::apply`], from JSON text of an object whose kind is known.
    pub fn apply_json(&mut self, kind: &str, text: &str) {
        self.insert(kind, Source::Text(text));
    }

    fn insert(&mut self, kind: &str, source: Source<'_>) {
        let Some(kind) = kinds::kind(kind).filter(|kind| kind.kind != "Event") else {
            return;
        };
        match Projection::read(kind, source) {
            Some(projection) => self.hold(projection),
            None => self.malformed += 1,
        }
    }

    /// Insert or replace an object of which is known already what is kept.
    pub fn hold(&mut self, projection: Projection) {
        self.objects.hold(*projection.0);
    }

    /// Forget an object. A uid that differs from the known one leaves it alone.
    pub fn remove(&mut self, object: &ObjectRef) {
        self.objects.remove(object);
    }

    /// Forget what a complete list of a kind did not name; the listed objects themselves were
    /// applied before. An empty `namespace` is all of them. The kind is readable from now on.
    pub fn replace_kind(&mut self, kind: &str, namespace: &str, listed: &[ObjectRef]) {
        self.objects.replace_kind(kind, namespace, listed);
    }

    /// Objects that could not be understood so far.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// The root of the controller chain (Pod, ReplicaSet, Deployment; Job, CronJob), else the
    /// object itself, with the uid where it is known. An owner that is not held ends the chain
    /// and is the answer. Owners of objects that were removed lately are remembered by uid.
    pub fn root_owner(&self, object: &ObjectRef) -> ObjectRef {
        self.objects.root_owner(object)
    }

    /// What the status of an object shows; nothing where it is not held.
    pub fn observe(&self, object: &ObjectRef, now_ms: i64) -> Vec<Observation> {
        let entry = self.objects.entry(object);
        let seen = entry.map(|entry| self.observe_entry(entry, now_ms));
        seen.unwrap_or_default()
    }

    fn observe_entry(&self, entry: &Entry, now: i64) -> Vec<Observation> {
        if !self.objects.concerns(entry) {
            return Vec::new();
        }
        let scene = self.scene(entry, now);
        let seen = watched_kinds::observe(scene).into_iter();
        seen.map(|sighting| observation(sighting, scene)).collect()
    }

    fn scene<'a>(&'a self, entry: &'a Entry, now: i64) -> Scene<'a> {
        Scene {
            objects: &self.objects,
            entry,
            now,
        }
    }

    /// What a Warning event says; none for a Normal one. Old events are for the caller to gate
    /// by `signal.last_seen`.
    pub fn observe_event(&self, event: &Value, now_ms: i64) -> Option<Observation> {
        event::observe(&self.objects, event, now_ms)
    }

    /// What the status of every object shows, each signal id once.
    pub fn observe_all(&self, now_ms: i64) -> Vec<Observation> {
        let mut ids = HashSet::new();
        let entries = self.objects.all();
        let all = entries.flat_map(|entry| self.observe_entry(entry, now_ms));
        all.filter(|seen| ids.insert(seen.signal.id.clone()))
            .collect()
    }

    /// What the status of the next objects shows, each signal id once in a sweep; none where all
    /// were looked at. What comes or goes in between is seen or not, as if it came or went then.
    pub fn observe_next(
        &self,
        sweep: &mut Sweep,
        objects: usize,
        now_ms: i64,
    ) -> Option<Vec<Observation>> {
        let entries = sweep.next(&self.objects, objects)?.into_iter();
        let all = entries.flat_map(|entry| self.observe_entry(entry, now_ms));
        Some(all.filter(|seen| sweep.is_new(seen)).collect())
    }

    /// What is known of an object, as in an observation of it.
    pub fn summary(&self, object: &ObjectRef, now_ms: i64) -> Option<ObjectSummary> {
        let entry = self.objects.entry(object)?;
        Some(watched_kinds::summary(self.scene(entry, now_ms)))
    }

    /// Objects whose observations may change when this one did, such as the Services that
    /// select a pod. Works before and after a removal.
    pub fn dependants(&self, changed: &ObjectRef) -> Vec<ObjectRef> {
        let change = Change {
            objects: &self.objects,
            object: changed,
            held: self.objects.entry(changed),
        };
        let mut found: BTreeSet<ObjectRef> = watched_kinds::dependants(change)
            .map(Entry::reference)
            .collect();
        found.insert(self.root_owner(changed));
        found.retain(|object| !object.same_object(changed) && self.objects.entry(object).is_some());
        found.into_iter().collect()
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        Counts::of(|kind| self.objects.of_kind(kind).count())
    }

    /// True where the object's kind is held whole, and the object does not exist: whatever is said
    /// of it, is over.
    pub fn is_gone(&self, object: &ObjectRef) -> bool {
        let whole = self.objects.is_readable(&object.kind, &object.namespace);
        whole && self.objects.entry(object).is_none()
    }
}

/// What was seen, as a signal with the summary of its object.
fn observation(seen: Sighting, scene: Scene<'_>) -> Observation {
    let object = seen.on.unwrap_or_else(|| scene.entry.reference());
    let entry = scene.objects.entry(&object).unwrap_or(scene.entry);
    let mut summary = watched_kinds::summary(Scene { entry, ..scene });
    summary.lasting_seconds = watched_kinds::seconds(scene.since(seen.since).unwrap_or(0));
    let identity = if object.uid.is_empty() {
        object.to_string()
    } else {
        object.uid.clone()
    };
    let signal = Signal {
        id: format!("status/{identity}/{}", seen.key),
        source: SignalSource::Status,
        reason: seen.reason,
        message: seen.message,
        owner: scene.objects.root_owner(&object),
        object,
        count: seen.count,
        first_seen: seen.since.0.unwrap_or(scene.now),
        last_seen: scene.now,
        reporter: String::new(),
    };
    Observation { signal, summary }
}

#[cfg(test)]
mod tests;
