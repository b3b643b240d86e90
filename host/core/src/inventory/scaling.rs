//! Kinds that say by conditions what is wrong: nodes, autoscalers, budgets, namespaces, APIs.

use crate::count;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::observation::{Scene, Sighting};
use super::observed::{Observed, Source};
use super::shape::{Condition, Meta, condition, is_ready};
use super::wire::{List, Text, Time};
use crate::signal::ObjectSummary;

/// What is kept of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    pub(crate) spec: NodeSpec,
    pub(crate) status: Conditioned,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NodeSpec {
    pub(crate) unschedulable: Option<bool>,
}

/// A status of conditions and perhaps a phase.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Conditioned {
    pub(crate) phase: Text,
    pub(crate) conditions: List<Condition>,
}

/// What is kept of a namespace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Namespace {
    pub(crate) status: Conditioned,
}

/// What is kept of an aggregated API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Api {
    pub(crate) status: Conditioned,
}

/// What is kept of an autoscaler.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scaler {
    pub(crate) spec: ScalerSpec,
    pub(crate) status: ScalerStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScalerSpec {
    pub(crate) max_replicas: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScalerStatus {
    pub(crate) current_replicas: Option<u32>,
    pub(crate) desired_replicas: Option<u32>,
    pub(crate) conditions: List<Condition>,
}

/// What is kept of a disruption budget.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget {
    pub(crate) status: BudgetStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BudgetStatus {
    pub(crate) expected_pods: i64,
    pub(crate) current_healthy: i64,
    pub(crate) desired_healthy: i64,
    pub(crate) disruptions_allowed: i64,
    pub(crate) conditions: List<Condition>,
}

impl Node {
    pub(crate) fn is_ready(&self) -> bool {
        is_ready(&self.status.conditions)
    }
}

/// A node that is not ready, does not report, or is short of something.
fn broken(node: &Node) -> Vec<Sighting> {
    const BAD: [(&str, &str, &str); 6] = [
        ("Ready", "False", "NotReady"),
        ("Ready", "Unknown", "Unknown"),
        ("MemoryPressure", "True", "MemoryPressure"),
        ("DiskPressure", "True", "DiskPressure"),
        ("PIDPressure", "True", "PIDPressure"),
        ("NetworkUnavailable", "True", "NetworkUnavailable"),
    ];
    let found = BAD.iter().filter_map(|(kind, status, reason)| {
        let found = condition(&node.status.conditions, kind, status)?;
        let message = format!("condition {kind} is {status}: {}", found.says());
        Some(Sighting::new(reason, message).since(found.last_transition_time))
    });
    found.collect()
}

/// An autoscaler that is blind, cannot act, or is at its maximum.
fn limited(scaler: &Scaler) -> Vec<Sighting> {
    let status = &scaler.status;
    let current = status.current_replicas.unwrap_or(0);
    let numbers = format!(
        "{}, {} wanted, at most {}",
        count(current, "replica"),
        status.desired_replicas.unwrap_or(0),
        scaler.spec.max_replicas
    );
    let see = |kind: &str, found: &Condition| {
        Sighting::new(kind, format!("{}; {numbers}", found.says()))
            .since(found.last_transition_time)
    };
    let mut seen = Vec::new();
    for kind in ["ScalingActive", "AbleToScale"] {
        seen.extend(condition(&status.conditions, kind, "False").map(|found| see(kind, found)));
    }
    let limited = condition(&status.conditions, "ScalingLimited", "True")
        .filter(|c| &*c.reason == "TooManyReplicas" && current >= scaler.spec.max_replicas);
    seen.extend(limited.map(|found| see("ScalingLimited", found)));
    seen
}

/// A budget whose pods are all healthy and that still allows no eviction.
fn blocking(budget: &Budget) -> Option<Sighting> {
    let status = &budget.status;
    if status.expected_pods == 0
        || status.disruptions_allowed > 0
        || status.current_healthy < status.desired_healthy
    {
        return None;
    }
    let message = format!(
        "no pod may be evicted: {} of {} healthy, {} required",
        status.current_healthy,
        count(status.expected_pods, "pod"),
        status.desired_healthy
    );
    let since = condition(&status.conditions, "DisruptionAllowed", "False");
    let since = since.map_or(Time(None), |c| c.last_transition_time);
    Some(Sighting::new("NoDisruptionsAllowed", message).since(since))
}

impl Observed for Node {
    const KINDS: &'static [&'static str] = &["Node"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Node { spec, status }))
    }

    fn observe(&self, _: Scene<'_>) -> Vec<Sighting> {
        broken(self)
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.ready = self.is_ready();
        summary.suspended = self.spec.unschedulable == Some(true);
    }
}

impl Observed for Scaler {
    const KINDS: &'static [&'static str] = &["HorizontalPodAutoscaler"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Scaler { spec, status }))
    }

    fn observe(&self, _: Scene<'_>) -> Vec<Sighting> {
        limited(self)
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.desired = self.status.desired_replicas;
        summary.available = self.status.current_replicas;
    }
}

impl Observed for Budget {
    const KINDS: &'static [&'static str] = &["PodDisruptionBudget"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, IgnoredAny, status) = from.halves()?;
        Some((meta, Budget { status }))
    }

    fn observe(&self, _: Scene<'_>) -> Vec<Sighting> {
        blocking(self).into_iter().collect()
    }
}

impl Observed for Namespace {
    const KINDS: &'static [&'static str] = &["Namespace"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, IgnoredAny, status) = from.halves()?;
        Some((meta, Namespace { status }))
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.phase = self.status.phase.to_string();
    }

    /// What it says is left of it.
    fn ending(&self) -> Option<Vec<String>> {
        let conditions = self.status.conditions.iter();
        let left = conditions.filter(|c| &*c.status == "True");
        Some(left.map(Condition::says).collect())
    }
}

impl Observed for Api {
    const KINDS: &'static [&'static str] = &["APIService"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, IgnoredAny, status) = from.halves()?;
        Some((meta, Api { status }))
    }

    /// Its backend does not answer.
    fn observe(&self, _: Scene<'_>) -> Vec<Sighting> {
        let found = condition(&self.status.conditions, "Available", "False");
        let seen = found.map(|c| {
            let message = format!("the API does not answer: {}", c.says());
            Sighting::new("Unavailable", message).since(c.last_transition_time)
        });
        seen.into_iter().collect()
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.phase = self.status.phase.to_string();
    }
}
