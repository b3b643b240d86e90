//! What makes pods: workloads, Jobs and CronJobs.

pub mod cronjob;
pub mod daemonset;
pub mod failed_create;
pub mod failure;
pub mod job;
pub mod refusal;
pub mod revision;
pub mod rollout;
pub mod starting;
pub mod statefulset;
pub mod workload;

use serde_json::Value;

use crate::case::Case;
use crate::json::{items, name, text};

/// True where `object` has `owner` among its owner references.
pub fn owned_by(object: &Value, owner: &Value) -> bool {
    let uid = text(owner, "/metadata/uid");
    items(object, "/metadata/ownerReferences")
        .iter()
        .any(|reference| {
            let other = text(reference, "/uid");
            text(reference, "/kind") == text(owner, "/kind")
                && text(reference, "/name") == name(owner)
                && (uid.is_empty() || other.is_empty() || uid == other)
        })
}

/// The labels that whatever a workload controls has, as a selector; empty where none are named. Its
/// namespace may hold thousands of other objects.
fn selector(workload: &Value) -> String {
    let labels = match text(workload, "/kind") {
        "ReplicationController" => "/spec/selector",
        _ => "/spec/selector/matchLabels",
    };
    let pairs = workload.pointer(labels).and_then(Value::as_object);
    let pairs = pairs.into_iter().flatten();
    let pairs: Vec<String> = pairs
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    pairs.join(",")
}

/// Objects of `kind` in the namespace of `owner` that it controls.
pub fn children(case: &Case, kind: &str, owner: &Value) -> Vec<Value> {
    let namespace = text(owner, "/metadata/namespace");
    let listed = case.select(kind, namespace, &selector(owner));
    listed
        .iter()
        .filter(|o| owned_by(o, owner))
        .cloned()
        .collect()
}

/// Pods that belong to `workload`, directly or through its ReplicaSets or Jobs.
pub fn pods_of(case: &Case, workload: &Value) -> Vec<Value> {
    let between = match text(workload, "/kind") {
        "Deployment" => children(case, "ReplicaSet", workload),
        "CronJob" => children(case, "Job", workload),
        _ => Vec::new(),
    };
    let namespace = text(workload, "/metadata/namespace");
    let listed = case.select("Pod", namespace, &selector(workload));
    listed
        .iter()
        .filter(|pod| owned_by(pod, workload) || between.iter().any(|b| owned_by(pod, b)))
        .cloned()
        .collect()
}

/// Seconds since `pointer` of `value`, a time; `None` where it is not set.
pub fn seconds_since(case: &Case, value: &Value, pointer: &str) -> Option<i64> {
    crate::json::millis(value, pointer).map(|then| (case.incident.now - then) / 1000)
}

/// Seconds since the object was created.
pub fn age(case: &Case, value: &Value) -> i64 {
    seconds_since(case, value, "/metadata/creationTimestamp").unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
