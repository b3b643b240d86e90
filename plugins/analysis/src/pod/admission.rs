//! A pod that its kubelet refuses.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;

use super::subject::Subject;
use crate::json::text;

/// `status.reason` of a pod that the kubelet turned away, with the class and what it means. A
/// reason is matched from its start.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "OutOfpods",
        "unschedulable-too-many-pods",
        "the node is at its pod limit",
    ),
    (
        "OutOfcpu",
        "unschedulable-resources",
        "the node has too little CPU left",
    ),
    (
        "OutOfmemory",
        "unschedulable-resources",
        "the node has too little memory left",
    ),
    (
        "OutOf",
        "unschedulable-extended-resource",
        "the node has too little of a resource left",
    ),
    (
        "NodeAffinity",
        "unschedulable-affinity",
        "the node's labels do not meet its node selector or affinity",
    ),
    (
        "NodePorts",
        "unschedulable-ports",
        "a host port is taken on the node",
    ),
    (
        "HostPortConflict",
        "unschedulable-ports",
        "a host port is taken on the node",
    ),
    (
        "AppArmor",
        "security-profile-missing",
        "the node does not have its AppArmor profile",
    ),
    (
        "SysctlForbidden",
        "kubelet-admission-refused",
        "it sets a sysctl that the node does not permit",
    ),
    (
        "UnexpectedAdmissionError",
        "kubelet-admission-refused",
        "a resource manager or device plugin of the node refuses it",
    ),
    (
        "TopologyAffinityError",
        "kubelet-admission-refused",
        "no single NUMA node has the resources it requests",
    ),
    (
        "PodOSNotSupported",
        "kubelet-admission-refused",
        "it needs another operating system than the node's",
    ),
    (
        "PodOSSelectorNodeLabelDoesNotMatch",
        "kubelet-admission-refused",
        "it needs another operating system than the node's",
    ),
    (
        "PodLevelResourcesNotSupported",
        "kubelet-admission-refused",
        "the node does not support what it requests",
    ),
];

/// Why the kubelet turned this pod away.
pub fn diagnose(subject: &Subject) -> Option<Finding> {
    if subject.phase() != "Failed" {
        return None;
    }
    let reason = text(subject.pod, "/status/reason");
    let (_, class, meaning) = REASONS.iter().find(|(r, ..)| reason.starts_with(r))?;
    let message = text(subject.pod, "/status/message");
    let mut draft = subject.draft(class, Severity::Medium);
    let cited = draft.cite("status.reason", format!("{reason}: {message}"));
    draft
        .title(format!(
            "Node {} rejected pod {}: {meaning}",
            subject.node(),
            subject.object.name
        ))
        .say(format!(
            "The kubelet of node {} rejected pod {}: {meaning}; it says \"{message}\" \
                      {cited}. The scheduler had bound the pod to this node, and the kubelet \
                      checks again on admission.",
            subject.node(),
            subject.object.name
        ))
        .fact(facts::NODE, subject.node())
        .confidence(92);
    Some(draft.finish())
}
