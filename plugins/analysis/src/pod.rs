//! Why a pod fails.
//!
//! [`diagnose`] asks in the order in which a pod comes to life: is it refused, placed, set up,
//! started, running, ready? Each step is a module that is named after what it explains.

pub mod admission;
pub mod backend;
pub mod capacity;
pub mod command;
pub mod config;
pub mod constraint;
pub mod container;
pub mod coredns;
pub mod cpu;
pub mod crash;
pub mod dependency;
pub mod evict;
pub mod exit;
pub mod hook;
pub mod image;
pub mod log;
pub mod memory;
pub mod obstacle;
pub mod probe;
pub mod probed;
pub mod rbac;
pub mod reference;
pub mod revision;
pub mod sandbox;
pub mod schedule;
pub mod secret;
pub mod setting;
pub mod subject;
pub mod topology;
pub mod verdict;
pub mod volume;

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use self::container::{Container, Role};
use self::subject::Subject;
use crate::case::Case;
use crate::node;

#[cfg(test)]
#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
mod tests;

type Step = fn(&Subject) -> Option<Finding>;
type ContainerStep = fn(&Subject, &Container) -> Option<Finding>;

/// What is asked of a pod, in this order; the first answer is the cause.
const STEPS: &[Step] = &[
    evict::diagnose,
    admission::diagnose,
    schedule::diagnose,
    lost_node,
    sandbox::diagnose,
    volume::diagnose,
    containers,
    probe::diagnose_readiness,
];

/// What is asked of a container that is in trouble, in this order.
const CONTAINER_STEPS: &[ContainerStep] = &[
    image::diagnose,
    config::diagnose,
    memory::diagnose,
    hook::diagnose,
    command::diagnose,
    probe::diagnose_kills,
    crash::diagnose,
];

/// Seconds for which the last exit of a container counts that is running again.
const FRESH: i64 = 600;

/// The same for a container that was restarted again and again.
const FRESH_REPEATED: i64 = 1200;

/// The same for a container that was killed for memory: it may take long to fill it again.
const FRESH_MEMORY: i64 = 3600;

/// Why this pod fails; `None` where nothing is wrong with it.
pub fn diagnose(case: &Case, pod: &Value) -> Option<Finding> {
    // A pod that is being deleted is in its grace period, or stuck for other reasons.
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return None;
    }
    let subject = Subject::new(case, pod);
    if subject.phase() == "Succeeded" {
        return None;
    }
    STEPS.iter().find_map(|step| step(&subject))
}

/// A pod whose node no longer reports: what the pod's status says is old.
fn lost_node(subject: &Subject) -> Option<Finding> {
    let named = subject.node();
    if named.is_empty() || subject.phase() == "Failed" {
        return None;
    }
    let draft = |class| subject.draft(class, Severity::Critical);
    if subject.case.is_missing("Node", "", named) {
        let mut draft = draft("node-unreachable");
        let cited = draft.cite("spec.nodeName", named);
        draft
            .title(format!(
                "Pod {} belongs to node {named}, which does not exist",
                subject.object.name
            ))
            .say(format!(
                "Pod {} is bound to node {named} {cited}, which does not exist.",
                subject.object.name
            ))
            .fact(facts::NODE, named)
            .fact(facts::STALE_POD, subject.object.name.clone())
            .confidence(85)
            .shared(container::shared("Node", "", named));
        return Some(draft.finish());
    }
    let node = subject.case.get("Node", "", named)?;
    let fault = node::fault(&node).filter(|f| f.class != "node-pressure")?;
    if node::is_silent_since_a_moment(subject.case, &fault) {
        return None;
    }
    Some(node::blame(
        subject.case,
        &node,
        draft(fault.class),
        &subject.object.name,
    ))
}

/// The first container in trouble, in the order in which they start.
fn containers(subject: &Subject) -> Option<Finding> {
    subject
        .containers()
        .iter()
        .filter(|c| in_trouble(subject, c))
        .find_map(|c| CONTAINER_STEPS.iter().find_map(|step| step(subject, c)))
}

/// Judged by what it waits for and how its last run ended, since between two restarts a
/// crashing container is as often terminated or running as it waits.
fn in_trouble(subject: &Subject, container: &Container) -> bool {
    if container.stuck().is_some() {
        return true;
    }
    let Some(exit) = container.exit() else {
        return false;
    };
    let clean = exit.code == 0 && exit.reason != "OOMKilled";
    if exit.at == "state" {
        // A main container that ends without an error is a fault only where it is restarted.
        let ends = container.role == Role::Init || never_restarts(subject);
        return !clean || (!ends && container.restarts() >= 2);
    }
    if clean && container.restarts() < 2 {
        return false;
    }
    if container.role == Role::Init && container.status.is_some() && container.ready() {
        return false;
    }
    let fresh = match container.restarts() {
        _ if exit.reason == "OOMKilled" => FRESH_MEMORY,
        n if n >= 3 => FRESH_REPEATED,
        _ => FRESH,
    };
    subject.since(exit.finished).is_none_or(|ago| ago <= fresh)
}

fn never_restarts(subject: &Subject) -> bool {
    matches!(
        crate::json::text(subject.pod, "/spec/restartPolicy"),
        "Never" | "OnFailure"
    )
}
