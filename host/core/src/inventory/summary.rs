//! What triage is told of an object.

use super::Inventory;
use super::pod::Pod;
use super::shape::{Body, Entry};
use crate::signal::{ContainerSummary, ObjectSummary};

/// Seconds as the summary counts them.
pub(crate) fn seconds(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// The summary of an object, without how long a condition lasted.
pub(crate) fn of(inventory: &Inventory, entry: &Entry, now: i64) -> ObjectSummary {
    let age = entry
        .meta
        .creation_timestamp
        .0
        .map_or(0, |then| now.saturating_sub(then) / 1000);
    let mut summary = ObjectSummary {
        age_seconds: seconds(age),
        ready: true,
        deleting: entry.deleting(),
        ..ObjectSummary::default()
    };
    match &entry.body {
        Body::Pod(pod) => of_pod(pod, &mut summary),
        Body::Workload(workload) => {
            let (desired, available) = workload.replicas(entry.kind.kind);
            summary.desired = Some(desired);
            summary.available = Some(available);
            summary.ready = available >= desired;
            summary.suspended = workload.suspended(entry.kind.kind);
        }
        Body::Job(job) => {
            summary.suspended = job.spec.suspend == Some(true);
            summary.ready = !job.failed();
        }
        Body::CronJob(cron) => summary.suspended = cron.spec.suspend == Some(true),
        Body::Node(node) => {
            summary.ready = node.is_ready();
            summary.suspended = node.spec.unschedulable == Some(true);
        }
        Body::Claim(claim) => {
            summary.phase = claim.status.phase.to_string();
            summary.ready = &*claim.status.phase == "Bound";
        }
        Body::Service(service) => summary.ready = service.is_served(inventory, entry),
        Body::Scaler(scaler) => {
            summary.desired = scaler.status.desired_replicas;
            summary.available = scaler.status.current_replicas;
        }
        Body::Conditions(held) => summary.phase = held.status.phase.to_string(),
        _ => {}
    }
    summary
}

fn of_pod(pod: &Pod, summary: &mut ObjectSummary) {
    summary.phase = pod.status.phase.to_string();
    summary.ready = pod.is_ready() || &*pod.status.phase == "Succeeded";
    summary.containers = pod.containers().map(|c| container(&c)).collect();
}

fn container(seen: &super::pod::Container<'_>) -> ContainerSummary {
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
