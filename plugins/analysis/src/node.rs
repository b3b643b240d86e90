//! Why a node cannot run pods.

use k8shawk_sdk::analysis::{Finding, ObjectRef, Severity};
use k8shawk_sdk::facts;
use k8shawk_sdk::shorten;
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{condition, items, name, text};
use crate::owner::root_owner;
use crate::pod::container::shared;
use crate::pod::subject::{since, spell};

/// Conditions of a node that must not be true, with what each says of it.
const PRESSURES: &[(&str, &str)] = &[
    ("MemoryPressure", "is short of memory"),
    ("DiskPressure", "is short of disk space"),
    ("PIDPressure", "is short of PIDs"),
    ("NetworkUnavailable", "has no configured network"),
];

/// Most victims that a finding lists.
const VICTIMS: usize = 20;

/// Seconds within which a new node may still get ready.
const JOINING: i64 = 90;
/// Seconds in which a kubelet reports twice.
const SILENCE: i64 = 20;

/// What is wrong with a node's own state.
pub struct NodeFault<'n> {
    /// Failure class.
    pub class: &'static str,
    /// The condition that says so.
    pub condition: &'n Value,
    /// In a few words.
    pub meaning: String,
}

/// The fault in a node's conditions, if any.
pub fn fault(node: &Value) -> Option<NodeFault<'_>> {
    let ready = condition(node, "Ready")?;
    let state = text(ready, "/status");
    if state == "Unknown" {
        let meaning = "its kubelet no longer reports to the API server".to_owned();
        return Some(NodeFault {
            class: "node-unreachable",
            condition: ready,
            meaning,
        });
    }
    if state == "False" {
        return Some(NodeFault {
            class: "node-not-ready",
            condition: ready,
            meaning: "its kubelet reports that it is not ready".to_owned(),
        });
    }
    PRESSURES.iter().find_map(|(kind, what)| {
        let condition = condition(node, kind).filter(|c| text(c, "/status") == "True")?;
        let class = if *kind == "NetworkUnavailable" {
            "node-not-ready"
        } else {
            "node-pressure"
        };
        Some(NodeFault {
            class,
            condition,
            meaning: format!("it {what} ({kind})"),
        })
    })
}

/// True where the node fell silent a moment ago. Its kubelet reports every ten seconds: after an outage
/// of the API server each node looks silent until then, and its pods have the causes that they had.
pub fn is_silent_since_a_moment(case: &Case, fault: &NodeFault<'_>) -> bool {
    let since = since(case, text(fault.condition, "/lastTransitionTime"));
    fault.class == "node-unreachable" && since.is_some_and(|since| since < SILENCE)
}

/// Why this node is not usable; `None` where nothing is wrong with it.
pub fn diagnose(case: &Case, node: &Value) -> Option<Finding> {
    let fault = fault(node)?;
    let age = since(case, text(node, "/metadata/creationTimestamp"));
    if fault.class == "node-not-ready" && age.is_some_and(|age| age < JOINING) {
        return None;
    }
    let own = shared("Node", "", name(node));
    let mut object = crate::json::reference(node);
    if object.kind.is_empty() {
        object = own.clone();
    }
    let severity = if fault.class == "node-pressure" {
        Severity::High
    } else {
        Severity::Critical
    };
    let mut draft = Draft::new(fault.class, severity, object.clone(), object);
    say(case, node, &fault, &mut draft);
    victims(case, name(node), &mut draft);
    draft.title(format!(
        "Node {} is not usable: {}",
        name(node),
        fault.meaning
    ));
    draft.fact(facts::NODE, name(node)).shared(own);
    Some(draft.finish())
}

/// A pod's finding, where the fault is its node's.
pub fn blame(case: &Case, node: &Value, mut draft: Draft, pod: &str) -> Finding {
    if let Some(fault) = fault(node) {
        draft.title(format!("Pod {pod} is down with its node {}", name(node)));
        say(case, node, &fault, &mut draft);
    }
    draft.say(format!(
        "Pod {pod} runs on this node; its status is only what the kubelet last reported."
    ));
    draft
        .fact(facts::NODE, name(node))
        .shared(shared("Node", "", name(node)));
    draft.finish()
}

fn say(case: &Case, node: &Value, fault: &NodeFault, draft: &mut Draft) {
    let kind = text(fault.condition, "/type");
    let quoted = format!(
        "{kind}={} reason={} {}",
        text(fault.condition, "/status"),
        text(fault.condition, "/reason"),
        text(fault.condition, "/message")
    );
    let cited = draft.cite(
        format!("Node {} status.conditions[{kind}]", name(node)),
        quoted,
    );
    let long = since(case, text(fault.condition, "/lastTransitionTime"))
        .map_or(String::new(), |s| format!(" for {}", spell(s)));
    let message = match text(fault.condition, "/message") {
        "" => String::new(),
        message => format!(" (\"{}\")", shorten(message, 200)),
    };
    draft.say(format!(
        "Node {} is not usable{long}: {}{message} {cited}.",
        name(node),
        fault.meaning
    ));
    lease(case, node, draft);
    let taints: Vec<String> = items(node, "/spec/taints")
        .iter()
        .map(|t| format!("{}:{}", text(t, "/key"), text(t, "/effect")))
        .collect();
    if !taints.is_empty() {
        let cited = draft.cite(
            format!("Node {} spec.taints", name(node)),
            taints.join(", "),
        );
        draft.say(format!("It has the taints {} {cited}.", taints.join(", ")));
    }
    draft.confidence(95);
    draft.unknown(
        "Cause not visible in the API: check the kubelet and container runtime logs on \
                   the node.",
    );
}

/// How long ago the kubelet renewed its lease.
fn lease(case: &Case, node: &Value, draft: &mut Draft) {
    let Some(lease) = case.get("Lease", "kube-node-lease", name(node)) else {
        return;
    };
    let renewed = text(&lease, "/spec/renewTime");
    if let Some(age) = since(case, renewed).filter(|age| *age > 40) {
        let cited = draft.cite(
            format!("Lease kube-node-lease/{} spec.renewTime", name(node)),
            renewed,
        );
        draft.say(format!(
            "Its lease was last renewed {} ago {cited}.",
            spell(age)
        ));
    }
}

/// The owners of the pods on the node, each once.
fn victims(case: &Case, node: &str, draft: &mut Draft) {
    let pods = case.list("Pod", "");
    let mut owners: Vec<ObjectRef> = Vec::new();
    let mut count = 0_usize;
    for pod in pods
        .iter()
        .filter(|p| text(p, "/spec/nodeName") == node && !ended(p))
    {
        count += 1;
        let owner = root_owner(case, pod);
        let known = owners.iter().any(|o| {
            o.kind == owner.kind && o.namespace == owner.namespace && o.name == owner.name
        });
        if owner.kind != "DaemonSet" && owner.kind != "Node" && !known && owners.len() < VICTIMS {
            owners.push(owner);
        }
    }
    if case.unreadable("Pod", "") {
        draft.unknown("Which pods run on the node: no permission to list pods in all namespaces.");
        return;
    }
    if count > 0 {
        let cited = draft.cite(
            format!("pods with spec.nodeName={node}"),
            k8shawk_sdk::count(count, "pod"),
        );
        let pods = k8shawk_sdk::count(count, "pod");
        draft.say(format!("It runs {pods} {cited}."));
    }
    for owner in owners {
        draft.victim(owner);
    }
}

fn ended(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
mod tests;
