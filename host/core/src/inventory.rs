//! What the cluster looks like now, in light projections, and what is observed in it.
//!
//! Pure: objects come in as JSON, observations go out. Whether an observation is an incident
//! is for triage to say; here nothing is judged, only measured. An object that cannot be read
//! (RBAC, or not listed yet) is never called missing.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use crate::kinds;
use crate::object::ObjectRef;
use crate::signal::{ObjectSummary, Signal};

mod access;
mod claim;
mod deletion;
mod dependant;
mod event;
mod job;
mod owner;
mod parse;
mod pod;
mod projection;
mod scaling;
mod schedule;
mod service;
mod shape;
mod sight;
mod summary;
mod sweep;
mod wire;
mod workload;

pub use event::{EventTimes, event_rows};
use parse::Source;
pub use projection::Projection;
use shape::Entry;
use sight::Scene;
pub use sweep::Sweep;
use wire::Text;

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

/// Entries of a kind by namespace and name.
type Namespaces = BTreeMap<Text, BTreeMap<Text, Entry>>;

/// Light projections of objects: enough to observe, 1 to 2 KB for a pod.
#[derive(Debug, Default)]
pub struct Inventory {
    kinds: BTreeMap<&'static str, Namespaces>,
    unreadable: BTreeSet<&'static str>,
    scope: Option<String>,
    gone: owner::Gone,
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
        let unreadable = kinds::KINDS.iter().map(|kind| kind.kind).collect();
        Inventory {
            unreadable,
            ..Inventory::default()
        }
    }

    /// Say that only this namespace is known, beside objects without a namespace.
    pub fn scope_to(&mut self, namespace: &str) {
        self.scope = (!namespace.is_empty()).then(|| namespace.to_owned());
    }

    /// Say whether a kind can be read: nothing of a kind that cannot is ever called missing.
    pub fn set_readable(&mut self, kind: &str, readable: bool) {
        if let Some(kind) = kinds::kind(kind) {
            if readable {
                self.unreadable.remove(kind.kind);
            } else {
                self.unreadable.insert(kind.kind);
            }
        }
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
        let entry = *projection.0;
        let namespaces = self.kinds.entry(entry.kind.kind).or_default();
        if parse::is_kept(&entry) {
            let names = namespaces.entry(entry.meta.namespace.clone()).or_default();
            names.insert(entry.meta.name.clone(), entry);
        } else if let Some(names) = namespaces.get_mut(&*entry.meta.namespace) {
            names.remove(&*entry.meta.name);
        }
    }

    /// Forget an object. A uid that differs from the known one leaves it alone.
    pub fn remove(&mut self, object: &ObjectRef) {
        let Some(entry) = self.entry(object) else {
            return;
        };
        if entry.controller().is_some() {
            let (uid, root) = (entry.meta.uid.clone(), self.root_of(entry));
            self.gone.remember(&uid, root);
        }
        let namespaces = self.kinds.get_mut(object.kind.as_str());
        if let Some(names) = namespaces.and_then(|n| n.get_mut(object.namespace.as_str())) {
            names.remove(object.name.as_str());
        }
    }

    /// Forget what a complete list of a kind did not name; the listed objects themselves were
    /// applied before. An empty `namespace` is all of them. The kind is readable from now on.
    pub fn replace_kind(&mut self, kind: &str, namespace: &str, listed: &[ObjectRef]) {
        let kept: HashSet<(&str, &str)> = listed
            .iter()
            .map(|o| (o.namespace.as_str(), o.name.as_str()))
            .collect();
        let stale: Vec<ObjectRef> = self
            .of_kind(kind)
            .filter(|entry| namespace.is_empty() || *entry.meta.namespace == *namespace)
            .filter(|entry| !kept.contains(&(&*entry.meta.namespace, &*entry.meta.name)))
            .map(Entry::reference)
            .collect();
        for object in stale {
            self.remove(&object);
        }
        self.set_readable(kind, true);
    }

    /// Objects that could not be understood so far.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// The root of the controller chain (Pod, ReplicaSet, Deployment; Job, CronJob), else the
    /// object itself, with the uid where it is known. An owner that is not held ends the chain
    /// and is the answer. Owners of objects that were removed lately are remembered by uid.
    pub fn root_owner(&self, object: &ObjectRef) -> ObjectRef {
        match self.entry(object) {
            Some(entry) => self.root_of(entry),
            None => self.gone.owner(&object.uid).unwrap_or(object).clone(),
        }
    }

    /// What the status of an object shows; nothing where it is not held.
    pub fn observe(&self, object: &ObjectRef, now_ms: i64) -> Vec<Observation> {
        self.entry(object)
            .map(|entry| self.observe_entry(entry, now_ms))
            .unwrap_or_default()
    }

    fn observe_entry(&self, entry: &Entry, now: i64) -> Vec<Observation> {
        let scene = Scene {
            inventory: self,
            entry,
            now,
        };
        sight::sightings(scene)
            .into_iter()
            .map(|seen| seen.observation(scene))
            .collect()
    }

    /// What a Warning event says; none for a Normal one. Old events are for the caller to gate
    /// by `signal.last_seen`.
    pub fn observe_event(&self, event: &Value, now_ms: i64) -> Option<Observation> {
        event::observe(self, event, now_ms)
    }

    /// What the status of every object shows, each signal id once.
    pub fn observe_all(&self, now_ms: i64) -> Vec<Observation> {
        let entries = self
            .kinds
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(BTreeMap::values);
        let mut ids = HashSet::new();
        let all = entries.flat_map(|entry| self.observe_entry(entry, now_ms));
        all.filter(|seen| ids.insert(seen.signal.id.clone()))
            .collect()
    }

    /// What is known of an object, as in an observation of it.
    pub fn summary(&self, object: &ObjectRef, now_ms: i64) -> Option<ObjectSummary> {
        self.entry(object)
            .map(|entry| summary::of(self, entry, now_ms))
    }

    /// Objects whose observations may change when this one did, such as the Services that
    /// select a pod. Works before and after a removal.
    pub fn dependants(&self, changed: &ObjectRef) -> Vec<ObjectRef> {
        dependant::of(self, changed)
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        Counts {
            nodes: self.of_kind("Node").count(),
            pods: self.of_kind("Pod").count(),
            namespaces: self.of_kind("Namespace").count(),
            services: self.of_kind("Service").count(),
            deployments: self.of_kind("Deployment").count(),
        }
    }

    /// True where the object's kind is held whole, and the object is not there: whatever is told
    /// of it, is over.
    pub fn is_gone(&self, object: &ObjectRef) -> bool {
        self.is_readable(&object.kind, &object.namespace) && self.entry(object).is_none()
    }

    pub(crate) fn is_readable(&self, kind: &str, namespace: &str) -> bool {
        let in_scope = match &self.scope {
            Some(scope) => namespace.is_empty() || namespace == scope,
            None => true,
        };
        in_scope && !self.unreadable.contains(kind)
    }

    pub(crate) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Entry> {
        self.kinds.get(kind)?.get(namespace)?.get(name)
    }

    /// The entry of a reference; a uid counts only where both have one.
    pub(crate) fn entry(&self, object: &ObjectRef) -> Option<&Entry> {
        self.find(&object.kind, &object.namespace, &object.name)
            .filter(|entry| {
                object.uid.is_empty() || entry.meta.uid.is_empty() || *entry.meta.uid == *object.uid
            })
    }

    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Entry> {
        self.kinds
            .get(kind)
            .into_iter()
            .flat_map(BTreeMap::values)
            .flat_map(BTreeMap::values)
    }

    pub(crate) fn in_namespace(&self, kind: &str, namespace: &str) -> impl Iterator<Item = &Entry> {
        let names = self
            .kinds
            .get(kind)
            .and_then(|namespaces| namespaces.get(namespace));
        names.into_iter().flat_map(BTreeMap::values)
    }
}

#[cfg(test)]
mod tests;
