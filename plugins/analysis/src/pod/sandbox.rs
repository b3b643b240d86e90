//! A pod whose sandbox (network, runtime) cannot be made.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;

use super::container::shared;
use super::subject::{Subject, cite_event};
use crate::json::{name, text};
use crate::near;

/// What the kubelet says of a failed sandbox, in lower case, with the class and what it means.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "no runtime for",
        "runtime-class-missing",
        "the node's container runtime has no handler for its RuntimeClass",
    ),
    (
        "runtimeclass",
        "runtime-class-missing",
        "its RuntimeClass does not exist",
    ),
    (
        "failed to get sandbox runtime",
        "runtime-class-missing",
        "the node's container runtime has no handler for its RuntimeClass",
    ),
    (
        "no ip addresses available",
        "sandbox-failed",
        "the pod network has no free IP address",
    ),
    (
        "failed to assign an ip",
        "sandbox-failed",
        "the pod network has no free IP address",
    ),
    (
        "failed to allocate for range",
        "sandbox-failed",
        "the pod network has no free IP address",
    ),
    (
        "cni config uninitialized",
        "sandbox-failed",
        "the node's network plugin is not set up",
    ),
    (
        "cni plugin not initialized",
        "sandbox-failed",
        "the node's network plugin is not set up",
    ),
    (
        "network is not ready",
        "sandbox-failed",
        "the node's network plugin is not set up",
    ),
    (
        "failed to find plugin",
        "sandbox-failed",
        "a network plugin is missing on the node",
    ),
    (
        "plugin type=",
        "sandbox-failed",
        "the network plugin of the node fails",
    ),
    (
        "failed to setup network",
        "sandbox-failed",
        "the network plugin of the node fails",
    ),
    (
        "failed to pull image",
        "sandbox-failed",
        "the image of the sandbox itself (pause) cannot be pulled",
    ),
    (
        "failed to get sandbox image",
        "sandbox-failed",
        "the image of the sandbox itself (pause) cannot be pulled",
    ),
];

/// Reasons of events about a sandbox.
const REASONS: &[&str] = &[
    "FailedCreatePodSandBox",
    "NetworkNotReady",
    "FailedPodSandBoxStatus",
];

/// Why the pod's sandbox is not there.
pub fn diagnose(subject: &Subject) -> Option<Finding> {
    if subject.phase() != "Pending" || subject.node().is_empty() {
        return None;
    }
    if subject.containers().iter().any(|c| {
        c.running() || c.exit().is_some() || c.stuck().is_some_and(|r| r != "CreatePodSandboxError")
    }) {
        return None;
    }
    let event = subject.event(REASONS)?;
    let message = event.message.as_str();
    let lower = message.to_ascii_lowercase();
    let (class, meaning) = TEXTS
        .iter()
        .find(|(needle, ..)| lower.contains(needle))
        .map_or(
            ("sandbox-failed", "the container runtime cannot create it"),
            |(_, c, m)| (c, m),
        );
    let mut draft = subject.draft(class, Severity::High);
    let cited = cite_event(&mut draft, event);
    draft
        .title(format!(
            "The sandbox of pod {} cannot be created: {meaning}",
            subject.object.name
        ))
        .say(format!(
            "Pod {} waits on node {} for its sandbox (its network and runtime): {meaning} {cited}.",
            subject.object.name,
            subject.node()
        ))
        .confidence(90);
    let runtime = text(subject.pod, "/spec/runtimeClassName");
    if class == "runtime-class-missing" && !runtime.is_empty() {
        let asked = draft.cite("spec.runtimeClassName", runtime);
        draft.say(format!("Its runtimeClassName is \"{runtime}\" {asked}."));
        draft
            .say(handler(subject, runtime))
            .shared(shared("RuntimeClass", "", runtime));
    } else {
        draft
            .fact(facts::NODE, subject.node())
            .shared(shared("Node", "", subject.node()));
    }
    Some(draft.finish())
}

fn handler(subject: &Subject, runtime: &str) -> String {
    if subject.case.is_missing("RuntimeClass", "", runtime) {
        let classes = subject.case.list("RuntimeClass", "");
        return format!(
            "There is no RuntimeClass \"{runtime}\"{}.",
            near::clause(runtime, classes.iter().map(name))
        );
    }
    match subject.case.get("RuntimeClass", "", runtime) {
        Some(class) => format!(
            "That class requires the handler \"{}\", which node {} does not have.",
            text(&class, "/handler"),
            subject.node()
        ),
        None => String::new(),
    }
}
