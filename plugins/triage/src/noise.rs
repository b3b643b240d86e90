//! What is not an incident, whatever the rule table would say, and why.

use k8shawk_sdk::triage::{ObjectSummary, Signal, SignalSource};

/// Reasons that never mean an incident by themselves.
const HARMLESS: &[(&str, &str)] = &[
    ("CgroupV1", "a note about the node's setup"),
    (
        "InvalidDiskCapacity",
        "the kubelet has not measured its disk yet",
    ),
    ("NodeReady", "a success, not a failure"),
    ("NodeSchedulable", "a success, not a failure"),
    ("Starting", "life cycle of the node"),
    ("RegisteredNode", "life cycle of the node"),
    ("RemovingNode", "life cycle of the node"),
    (
        "PossibleMemoryBackedVolumesOnDisk",
        "a note about the node's setup",
    ),
    ("CheckLimitsForResolvConf", "a note about the node's setup"),
    ("DNSConfigForming", "extra name servers were ignored"),
    ("MissingClusterDNS", "a note about the node's setup"),
    ("Cordoned", "the node was cordoned on purpose"),
    ("NodeNotSchedulable", "the node was cordoned on purpose"),
    ("TaintManagerEviction", "the cause of the taint is reported"),
    ("FailedToUpdateEndpoint", "the controller retries"),
    ("FailedToUpdateEndpointSlices", "the controller retries"),
    ("FailedToCreateEndpoint", "the controller retries"),
    ("ProbeWarning", "the probe passed"),
    ("Killing", "life cycle of the container"),
    (
        "ExceededGracePeriod",
        "the container was force-killed, as intended",
    ),
    ("FailedPreStopHook", "the container stopped anyway"),
    ("FailedDaemonPod", "the pod's status says why"),
    ("RecreatingFailedPod", "the pod's status says why"),
    ("UnexpectedJob", "a manually created Job"),
    (
        "FailedToRetrieveImagePullSecret",
        "a failed pull is reported on its own",
    ),
    (
        "WaitForFirstConsumer",
        "the claim waits for its first consumer",
    ),
    (
        "WaitForPodScheduled",
        "the claim waits for its first consumer",
    ),
    ("ExternalProvisioning", "a provisioner is working"),
    ("NoPods", "the budget protects nothing yet"),
    ("ScalingReplicaSet", "a rollout in progress"),
    (
        "OwnerRefInvalidNamespace",
        "a note for the author of the owner reference",
    ),
    ("ScalingDisabled", "its target is scaled to zero"),
    ("RollingUpdate", "a rollout in progress"),
    ("Progressing", "a rollout in progress"),
];

const TERMINATING: &str = "StuckTerminating";

/// Why the signal is dropped before any rule is asked.
pub fn always(signal: &Signal, summary: &ObjectSummary) -> Option<&'static str> {
    let reason = signal.reason.as_str();
    if let Some((_, why)) = HARMLESS.iter().find(|(name, _)| *name == reason) {
        return Some(why);
    }
    if reason == TERMINATING {
        return None;
    }
    if summary.deleting {
        return Some("it is being deleted, within its grace period");
    }
    if summary.suspended && signal.object.kind != "Node" {
        return Some("it is paused, suspended or scaled to zero on purpose");
    }
    if signal.object.kind == "Pod" && summary.phase == "Succeeded" {
        return Some("the pod has completed");
    }
    None
}

/// Why an event is dropped though a rule knows it: its object has recovered since.
pub fn recovered(signal: &Signal, summary: &ObjectSummary) -> Option<&'static str> {
    if signal.source != SignalSource::Event || !summary.ready {
        return None;
    }
    match signal.object.kind.as_str() {
        "Pod" if summary.phase == "Running" => Some("the pod is ready now"),
        "PersistentVolumeClaim"
            if summary.phase == "Bound" && !signal.reason.contains("Resize") =>
        {
            Some("the claim is bound now")
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "ReplicationController" => {
            let all = summary
                .available
                .zip(summary.desired)
                .is_some_and(|(has, wants)| has >= wants);
            all.then_some("all of its pods are available now")
        }
        _ => None,
    }
}
