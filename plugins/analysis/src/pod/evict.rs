//! A pod that was evicted, preempted or ended with its node.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;

use super::container::shared;
use super::subject::{Subject, between_marks, mentions};
use crate::finding::Draft;
use crate::json::{condition, text};

/// Words of a bound that is the pod's own, not the node's, in lower case.
const OWN_BOUND: &[&str] = &[
    "exceeds the total limit of containers",
    "exceeded its local ephemeral storage limit",
    "exceeds the limit",
];

/// `status.reason` of a pod that ended, with the class and what it means.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "Preempting",
        "preempted",
        "was preempted: a pod of higher priority took its place",
    ),
    (
        "Preempted",
        "preempted",
        "was preempted: a pod of higher priority took its place",
    ),
    ("NodeLost", "node-unreachable", "was lost with its node"),
    (
        "Shutdown",
        "node-shutdown",
        "was terminated because its node shut down",
    ),
    (
        "Terminated",
        "node-shutdown",
        "was terminated because its node shut down",
    ),
    (
        "NodeShutdown",
        "node-shutdown",
        "was terminated because its node shut down",
    ),
    (
        "DeadlineExceeded",
        "deadline-exceeded",
        "ran longer than its activeDeadlineSeconds",
    ),
];

/// `DisruptionTarget` reasons, likewise.
const DISRUPTIONS: &[(&str, &str, &str)] = &[
    (
        "PreemptionByScheduler",
        "preempted",
        "is preempted: a pod of higher priority takes its place",
    ),
    (
        "DeletionByTaintManager",
        "node-unreachable",
        "is evicted from its node by a NoExecute taint",
    ),
    (
        "TerminationByKubelet",
        "evicted-node-pressure",
        "is terminated by its kubelet",
    ),
    (
        "DeletionByPodGC",
        "node-unreachable",
        "is removed because its node no longer exists",
    ),
];

/// Why this pod was taken off its node.
pub fn diagnose(subject: &Subject) -> Option<Finding> {
    let reason = text(subject.pod, "/status/reason");
    let message = text(subject.pod, "/status/message");
    if subject.phase() == "Failed" && reason == "Evicted" {
        return Some(evicted(subject, message));
    }
    if subject.phase() == "Failed"
        && let Some((_, class, meaning)) = REASONS.iter().find(|(r, ..)| *r == reason)
    {
        let mut draft = subject.draft(class, severity(class));
        let cited = draft.cite("status.reason", format!("{reason}: {message}"));
        return Some(ended(subject, draft, meaning, &cited));
    }
    let target =
        condition(subject.pod, "DisruptionTarget").filter(|c| text(c, "/status") == "True")?;
    let (_, class, meaning) = DISRUPTIONS
        .iter()
        .find(|(r, ..)| *r == text(target, "/reason"))?;
    let mut draft = subject.draft(class, severity(class));
    let cited = draft.cite(
        "status.conditions[DisruptionTarget]",
        format!("{}: {}", text(target, "/reason"), text(target, "/message")),
    );
    Some(ended(subject, draft, meaning, &cited))
}

fn severity(class: &str) -> Severity {
    match class {
        "preempted" | "deadline-exceeded" => Severity::Medium,
        _ => Severity::High,
    }
}

fn ended(subject: &Subject, mut draft: Draft, meaning: &str, cited: &str) -> Finding {
    let node = subject.node();
    draft.title(format!("Pod {} {meaning}", subject.object.name));
    draft
        .say(format!(
            "Pod {} on node {node} {meaning} {cited}.",
            subject.object.name
        ))
        .confidence(93);
    if meaning.contains("preempted") {
        let class = match text(subject.pod, "/spec/priorityClassName") {
            "" => "no PriorityClass".to_owned(),
            class => format!("the PriorityClass {class}"),
        };
        draft.say(format!("It has {class}."));
        if let Some(event) = subject.event(&["Preempted", "Preempting"]) {
            let cited = super::subject::cite_event(&mut draft, event);
            draft.say(format!(
                "The event names the pod that took its place {cited}."
            ));
        }
    } else if !node.is_empty() && !meaning.contains("activeDeadline") {
        draft
            .fact(facts::NODE, node)
            .shared(shared("Node", "", node));
    }
    draft.finish()
}

fn evicted(subject: &Subject, message: &str) -> Finding {
    let node = subject.node();
    if mentions(message, OWN_BOUND) {
        let mut draft = subject.draft("ephemeral-storage-exceeded", Severity::High);
        let cited = draft.cite("status.message", message);
        draft
            .title(format!(
                "Pod {} was evicted: it exceeded its local storage limit",
                subject.object.name
            ))
            .say(format!(
                "The kubelet evicted pod {} for exceeding its own limit, not because of \
                          node pressure: \"{message}\" {cited}.",
                subject.object.name
            ))
            .confidence(95);
        stale(subject, &mut draft);
        return draft.finish();
    }
    let resource = between_marks(message, "low on resource: ", ".").unwrap_or("a resource");
    let mut draft = subject.draft("evicted-node-pressure", Severity::High);
    let cited = draft.cite("status.message", message);
    draft
        .title(format!("Pod {} was evicted: node {node} ran low on {resource}", subject.object.name))
        .say(format!("The kubelet of node {node} evicted pod {} because the node ran low on {resource}: \"{message}\" {cited}.", subject.object.name));
    if let Some(found) = subject.case.get("Node", "", node) {
        for kind in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
            let Some(pressed) = condition(&found, kind).filter(|c| text(c, "/status") == "True")
            else {
                continue;
            };
            let cited = draft.cite(
                format!("Node {node} status.conditions[{kind}]"),
                text(pressed, "/message"),
            );
            draft.say(format!("The node still reports {kind} {cited}."));
        }
    }
    draft
        .fact(facts::NODE, node)
        .confidence(95)
        .shared(shared("Node", "", node));
    stale(subject, &mut draft);
    draft.finish()
}

/// What is left of an evicted pod is a shell that its owner has replaced.
fn stale(subject: &Subject, draft: &mut Draft) {
    if subject.owner.kind != "Pod" {
        draft.fact(facts::STALE_POD, subject.object.name.clone());
    }
}
