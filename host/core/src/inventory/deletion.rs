//! Objects that should be gone.

use super::shape::Body;
use super::sight::{Scene, Sighting};

/// An object whose deletion is overdue: a deletion timestamp already holds the grace period.
pub(crate) fn observe(scene: Scene<'_>) -> Option<Sighting> {
    let due = scene.entry.meta.deletion_timestamp;
    let late = scene.since(due).filter(|late| *late > 0)?;
    let finalizers: Vec<&str> = scene.entry.meta.finalizers.iter().map(|f| &**f).collect();
    let is_pod = matches!(scene.entry.body, Body::Pod(_));
    let is_namespace = scene.entry.kind.kind == "Namespace";
    if finalizers.is_empty() && !is_pod && !is_namespace {
        return None;
    }
    let mut message = format!("should be gone since {late} s");
    if !finalizers.is_empty() {
        message = format!("{message}; finalizers: {}", finalizers.join(", "));
    }
    for text in remains(scene) {
        message = format!("{message}; {text}");
    }
    if let Body::Pod(pod) = &scene.entry.body
        && !pod.spec.node_name.is_empty()
    {
        message = format!("{message}; node {}", pod.spec.node_name);
    }
    Some(Sighting::new("StuckTerminating", message).since(due))
}

/// What a namespace says is left of it.
fn remains(scene: Scene<'_>) -> Vec<String> {
    let Body::Conditions(held) = &scene.entry.body else {
        return Vec::new();
    };
    let conditions = held.status.conditions.iter();
    conditions
        .filter(|c| &*c.status == "True")
        .map(|c| c.says())
        .collect()
}
