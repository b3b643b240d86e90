//! What a pod's status shows.

use super::{Container, Pod, container};
use crate::count;
use crate::inventory::job::Job;
use crate::inventory::observation::{Scene, Sighting};
use crate::inventory::observed::{Observed, Source};
use crate::inventory::shape::{Entry, Meta, condition};
use crate::inventory::wire::Time;
use crate::inventory::workload::Workload;
use crate::signal::{ContainerSummary, ObjectSummary};

/// A start younger than this is not worth a word.
const STARTING_SECONDS: i64 = 15;
/// Failed pods of a Job after which its failing is observed before it gives up.
const FAILED_PODS: u32 = 2;

impl Observed for Pod {
    const KINDS: &'static [&'static str] = &["Pod"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Pod { spec, status }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        wrong(scene, self)
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.phase = self.status.phase.to_string();
        summary.ready = self.is_ready() || &*self.status.phase == "Succeeded";
        summary.containers = self.containers().map(|c| told(&c)).collect();
    }

    fn ending(&self) -> Option<Vec<String>> {
        let node = &self.spec.node_name;
        let at = (!node.is_empty()).then(|| format!("node {node}"));
        Some(at.into_iter().collect())
    }
}

/// Everything that is wrong with a pod that is not being deleted.
fn wrong(scene: Scene<'_>, pod: &Pod) -> Vec<Sighting> {
    match &*pod.status.phase {
        "Succeeded" => Vec::new(),
        "Failed" => failed(scene, pod).into_iter().collect(),
        _ => alive(scene, pod),
    }
}

fn alive(scene: Scene<'_>, pod: &Pod) -> Vec<Sighting> {
    if let Some(held) = unscheduled(pod, scene.entry) {
        return vec![held];
    }
    let seen: Vec<Sighting> = pod
        .containers()
        .filter_map(|c| container::observe(scene, pod, &c))
        .collect();
    if !seen.is_empty() {
        return seen;
    }
    starting(scene, pod)
        .or_else(|| not_ready(pod))
        .into_iter()
        .collect()
}

/// No node was found, or a gate holds the pod back.
fn unscheduled(pod: &Pod, entry: &Entry) -> Option<Sighting> {
    let held = condition(&pod.status.conditions, "PodScheduled", "False")?;
    let reason = match &*held.reason {
        "SchedulingGated" => "SchedulingGated",
        _ => "Unschedulable",
    };
    let since = held.last_transition_time.or(entry.meta.creation_timestamp);
    Some(Sighting::new(reason, &*held.message).since(since))
}

/// The containers are still being made: volumes, network, or init containers.
fn starting(scene: Scene<'_>, pod: &Pod) -> Option<Sighting> {
    if &*pod.status.phase != "Pending" || pod.spec.node_name.is_empty() {
        return None;
    }
    let since = pod.begin(scene.entry);
    let age = scene.since(since).filter(|age| *age >= STARTING_SECONDS)?;
    let node = &pod.spec.node_name;
    if let Some(init) = pod
        .containers()
        .find(|c| c.init && !c.status.is_some_and(|s| s.completed()))
        && init.status.is_some_and(|s| s.state.running.is_some())
        && &*init.spec.restart_policy != "Always"
    {
        let message = format!(
            "init container {} is running; the pod has been starting for {age} s",
            init.spec.name
        );
        return Some(
            Sighting::new("PodInitializing", message)
                .key("Starting".to_owned())
                .since(since),
        );
    }
    let waiting = pod.containers().find(|c| {
        c.status
            .is_none_or(|s| s.state.waiting.is_some() || s.state.name_and_reason().0.is_empty())
    })?;
    let message = format!(
        "container {} is not created on node {node} after {age} s",
        waiting.spec.name
    );
    Some(
        Sighting::new("ContainerCreating", message)
            .key("Starting".to_owned())
            .since(since),
    )
}

/// It runs, and does not pass for ready.
fn not_ready(pod: &Pod) -> Option<Sighting> {
    if &*pod.status.phase != "Running" {
        return None;
    }
    let ready = pod.status.conditions.iter().find(|c| &*c.kind == "Ready")?;
    let main: Vec<_> = pod.containers().filter(|c| !c.init).collect();
    let unready: Vec<&str> = main
        .iter()
        .filter(|c| !c.status.is_some_and(|s| s.ready || s.completed()))
        .map(|c| &*c.spec.name)
        .collect();
    let gated = main.iter().all(|c| c.status.is_some_and(|s| s.ready));
    if &*ready.status == "True" || (unready.is_empty() && !gated) {
        return None;
    }
    let mut message = format!(
        "running but not ready: {} of {} ready",
        main.len().saturating_sub(unready.len()),
        count(main.len(), "container")
    );
    if !unready.is_empty() {
        message = format!("{message}, not {}", unready.join(", "));
    }
    let says = ready.says();
    if !says.is_empty() {
        message = format!("{message} ({says})");
    }
    Some(Sighting::new("NotReady", message).since(ready.last_transition_time))
}

/// It ended for good and not well.
fn failed(scene: Scene<'_>, pod: &Pod) -> Option<Sighting> {
    let reason = match &*pod.status.reason {
        "" => "PodFailed",
        reason => reason,
    };
    let evicted = reason == "Evicted";
    if !evicted && (is_replaced(scene) || is_left_to_its_job(scene)) {
        return None;
    }
    let ends = pod.containers().filter_map(|c| {
        let end = c.status?.state.terminated.as_deref()?;
        (end.exit_code != Some(0)).then(|| (c.spec.name.to_string(), end))
    });
    let mut since = Time(None);
    let mut parts = Vec::new();
    for (name, end) in ends {
        since = since.max(end.finished_at);
        parts.push(format!(
            "container {name} ended with {}",
            container::exit(end)
        ));
    }
    if !pod.status.message.is_empty() {
        parts.insert(0, pod.status.message.to_string());
    }
    let message = format!("the pod failed: {}", parts.join("; "));
    Some(Sighting::new(reason, message).since(since.or(pod.ready_change())))
}

/// True where the workload that made the pod has all of its pods again.
fn is_replaced(scene: Scene<'_>) -> bool {
    let entry = scene.objects.root_entry(scene.entry);
    let Some(workload) = entry.kept::<Workload>() else {
        return false;
    };
    let (desired, available) = workload.replicas(entry.kind.kind);
    available >= desired
}

/// True where a known Job tries again, has succeeded, or reports its failure by itself.
fn is_left_to_its_job(scene: Scene<'_>) -> bool {
    let owner = scene.objects.controller_of(scene.entry);
    let job = owner.and_then(|owner| owner.kept::<Job>());
    job.is_some_and(|job| job.ended() || job.status.failed.unwrap_or(0) < FAILED_PODS)
}

/// A container as triage gets it.
fn told(seen: &Container<'_>) -> ContainerSummary {
    let mut summary = ContainerSummary {
        name: seen.spec.name.to_string(),
        image: seen.spec.image.to_string(),
        init: seen.init,
        ..ContainerSummary::default()
    };
    let Some(status) = seen.status else {
        return summary;
    };
    summary.ready = status.ready;
    summary.restarts = status.restart_count.unwrap_or(0);
    let (state, reason) = status.state.name_and_reason();
    summary.state = state.to_owned();
    summary.reason = reason.to_owned();
    if let Some(last) = status.last_end() {
        summary.last_reason = last.reason.to_string();
        summary.last_exit_code = last.exit_code;
    }
    summary
}
