//! What is wrong with a workload.

use super::Workload;
use crate::count;
use crate::inventory::observation::{Scene, Sighting};
use crate::inventory::observed::{Observed, Source};
use crate::inventory::pod::Pod;
use crate::inventory::shape::{Entry, Meta, condition};
use crate::inventory::wire::Time;
use crate::signal::ObjectSummary;
use crate::workloads;

impl Observed for Workload {
    const KINDS: &'static [&'static str] = workloads::ALL;

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Workload { spec, status }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        wrong(scene, self)
    }

    fn summarise(&self, scene: Scene<'_>, summary: &mut ObjectSummary) {
        let kind = scene.entry.kind.kind;
        let (desired, available) = self.replicas(kind);
        summary.desired = Some(desired);
        summary.available = Some(available);
        summary.ready = available >= desired;
        summary.suspended = self.suspended(kind);
    }
}

/// Everything that is wrong with a workload that is wanted.
fn wrong(scene: Scene<'_>, workload: &Workload) -> Vec<Sighting> {
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
    format!("{available} of {} available", count(desired, "pod"))
}

/// Its pods are refused; the fact of a ReplicaSet is its owner's.
fn refused(scene: Scene<'_>, workload: &Workload) -> Option<Sighting> {
    let found = condition(&workload.status.conditions, "ReplicaFailure", "True")?;
    let on = match scene.entry.controller() {
        Some(_) => scene.objects.root_of(scene.entry),
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
        "{}; {} of the new revision; {}",
        found.says(),
        count(updated, "pod"),
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
    let Some(workload) = entry.kept::<Workload>() else {
        return Time(None);
    };
    let pods = scene.objects.in_namespace("Pod", &entry.meta.namespace);
    let selector = workload.spec.template.metadata.labels.selector();
    let made = |pod: &Entry| {
        pod.meta.labels.fit(&selector) && scene.objects.root_entry(pod).meta.uid == entry.meta.uid
    };
    let times = pods.filter_map(|pod| {
        let held = pod.kept::<Pod>().filter(|held| !held.is_ready())?;
        let since = held.ready_change().or(pod.meta.creation_timestamp).0?;
        made(pod).then_some(since)
    });
    Time(times.min())
}
