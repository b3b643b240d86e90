//! Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers.

use serde::Deserialize;

use super::Inventory;
use super::shape::{Body, Condition, Entry, condition};
use super::sight::{Scene, Sighting};
use super::wire::{List, Pairs, Time};
use crate::object::ObjectRef;

/// What is kept of a workload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workload {
    pub(crate) spec: WorkloadSpec,
    pub(crate) status: WorkloadStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WorkloadSpec {
    pub(crate) replicas: Option<u32>,
    pub(crate) paused: Option<bool>,
    pub(crate) template: Template,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Template {
    pub(crate) metadata: TemplateMeta,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TemplateMeta {
    pub(crate) labels: Pairs,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WorkloadStatus {
    pub(crate) observed_generation: Option<i64>,
    pub(crate) replicas: Option<u32>,
    pub(crate) updated_replicas: Option<u32>,
    pub(crate) available_replicas: Option<u32>,
    pub(crate) desired_number_scheduled: Option<u32>,
    pub(crate) number_available: Option<u32>,
    pub(crate) conditions: List<Condition>,
}

impl Workload {
    /// Pods wanted and pods available.
    pub(crate) fn replicas(&self, kind: &str) -> (u32, u32) {
        let status = &self.status;
        if kind == "DaemonSet" {
            let desired = status.desired_number_scheduled.unwrap_or(0);
            return (desired, status.number_available.unwrap_or(0));
        }
        (
            self.spec.replicas.unwrap_or(1),
            status.available_replicas.unwrap_or(0),
        )
    }

    /// True where a person paused it or wants none of it.
    pub(crate) fn suspended(&self, kind: &str) -> bool {
        self.spec.paused == Some(true) || (kind != "DaemonSet" && self.replicas(kind).0 == 0)
    }
}

/// Everything that is wrong with a workload that is wanted.
pub(crate) fn observe(scene: Scene<'_>, workload: &Workload) -> Vec<Sighting> {
    let kind = scene.entry.kind.kind;
    let stale = workload.status.observed_generation < scene.entry.meta.generation
        && workload.status.observed_generation.is_some();
    if stale || workload.replicas(kind).0 == 0 {
        return Vec::new();
    }
    let mut seen = Vec::new();
    seen.extend(refused(scene, workload));
    if scene.entry.controller().is_some() {
        return seen;
    }
    seen.extend(stuck(workload, kind));
    if seen.is_empty() {
        seen.extend(unavailable(scene, workload));
    }
    seen
}

fn numbers(workload: &Workload, kind: &str) -> String {
    let (desired, available) = workload.replicas(kind);
    format!("{available} of {desired} pods are available")
}

/// Its pods are refused; the fact of a ReplicaSet is its owner's.
fn refused(scene: Scene<'_>, workload: &Workload) -> Option<Sighting> {
    let found = condition(&workload.status.conditions, "ReplicaFailure", "True")?;
    let on = match scene.entry.controller() {
        Some(_) => scene.inventory.root_of(scene.entry),
        None => scene.entry.reference(),
    };
    let message = format!(
        "{}; {}",
        found.says(),
        numbers(workload, scene.entry.kind.kind)
    );
    Some(
        Sighting::new("ReplicaFailure", message)
            .since(found.last_transition_time)
            .on(on),
    )
}

/// The rollout ran beyond its deadline.
fn stuck(workload: &Workload, kind: &str) -> Option<Sighting> {
    let found = condition(&workload.status.conditions, "Progressing", "False")
        .filter(|c| &*c.reason == "ProgressDeadlineExceeded")?;
    let updated = workload.status.updated_replicas.unwrap_or(0);
    let message = format!(
        "{}; {updated} pods are of the new revision; {}",
        found.says(),
        numbers(workload, kind)
    );
    Some(Sighting::new("ProgressDeadlineExceeded", message).since(found.last_transition_time))
}

/// Fewer pods are available than are wanted, and no rollout explains it.
fn unavailable(scene: Scene<'_>, workload: &Workload) -> Option<Sighting> {
    let kind = scene.entry.kind.kind;
    let (desired, available) = workload.replicas(kind);
    if available >= desired {
        return None;
    }
    let enough = condition(&workload.status.conditions, "Available", "True").is_some();
    if enough && is_rolling(workload, desired) {
        return None;
    }
    let down = condition(&workload.status.conditions, "Available", "False");
    let since = down.map_or(Time(None), |c| c.last_transition_time);
    let since = since
        .or(unready_since(scene))
        .or(scene.entry.meta.creation_timestamp);
    Some(Sighting::new("Unavailable", numbers(workload, kind)).since(since))
}

fn is_rolling(workload: &Workload, desired: u32) -> bool {
    let updated = workload.status.updated_replicas.unwrap_or(0);
    updated < desired || workload.status.replicas.unwrap_or(0) > desired
}

/// Since when the pod that is unready for the longest time is so.
fn unready_since(scene: Scene<'_>) -> Time {
    let entry = scene.entry;
    let Body::Workload(workload) = &entry.body else {
        return Time(None);
    };
    let pods = scene.inventory.in_namespace("Pod", &entry.meta.namespace);
    let times = pods.filter_map(|pod| match &pod.body {
        Body::Pod(held)
            if !held.is_ready()
                && pod
                    .meta
                    .labels
                    .contain(&workload.spec.template.metadata.labels)
                && scene.inventory.root_entry(pod).meta.uid == entry.meta.uid =>
        {
            held.ready_change().or(pod.meta.creation_timestamp).0
        }
        _ => None,
    });
    Time(times.min())
}

/// The root workload of a namespace whose pods would match a selector.
pub(crate) fn that_makes<'a>(
    inventory: &'a Inventory,
    namespace: &str,
    selector: &Pairs,
) -> Option<(&'a Entry, &'a Workload)> {
    const KINDS: [&str; 5] = [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicationController",
        "ReplicaSet",
    ];
    let entries = KINDS
        .iter()
        .flat_map(|kind| inventory.in_namespace(kind, namespace));
    let mut found = entries
        .filter(|entry| entry.controller().is_none())
        .filter_map(|entry| {
            let Body::Workload(workload) = &entry.body else {
                return None;
            };
            let makes = workload.spec.template.metadata.labels.contain(selector);
            makes.then_some((entry, &**workload))
        });
    let first = found.next();
    let wanted = found.find(|(entry, workload)| !workload.suspended(entry.kind.kind));
    match first {
        Some((entry, workload)) if workload.suspended(entry.kind.kind) => wanted.or(first),
        _ => first,
    }
}

/// The root owner of a workload's reference, for those that watch it.
pub(crate) fn root(inventory: &Inventory, entry: &Entry) -> Option<ObjectRef> {
    entry.controller().map(|_| inventory.root_of(entry))
}
