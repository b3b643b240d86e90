//! Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers.

use k8shawk_vocabulary::selector::Selector;
use serde::Deserialize;

use super::objects::Objects;
use super::shape::{Condition, Entry};
use super::wire::{List, Pairs};
use crate::workloads;

mod observe;

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

/// The root workload of a namespace whose pods would match a selector.
pub(crate) fn that_makes<'a>(
    objects: &'a Objects,
    namespace: &str,
    selector: &Selector<'_>,
) -> Option<(&'a Entry, &'a Workload)> {
    let entries = workloads::ALL
        .iter()
        .flat_map(|kind| objects.in_namespace(kind, namespace));
    let mut found = entries
        .filter(|entry| entry.controller().is_none())
        .filter_map(|entry| {
            let workload = entry.kept::<Workload>()?;
            let makes = workload.spec.template.metadata.labels.fit(selector);
            makes.then_some((entry, workload))
        });
    let first = found.next();
    let wanted = found.find(|(entry, workload)| !workload.suspended(entry.kind.kind));
    match first {
        Some((entry, workload)) if workload.suspended(entry.kind.kind) => wanted.or(first),
        _ => first,
    }
}
