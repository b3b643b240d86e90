//! From a signal to a judgement: noise, then the rule table, then how long it lasted.

use crate::noise;
use crate::rule::{Rule, Then};
use crate::rules::RULES;
use crate::shared;
use crate::threshold::{Threshold, Thresholds};
use k8shawk_sdk::triage::{
    ContainerSummary, Judgement, ObjectSummary, Opening, Severity, Signal, SignalSource,
};

/// Pods that are many: the loss of a workload of this size is critical.
const MANY: u32 = 5;
/// Sightings after which a Warning event of an unknown reason is believed.
const BELIEVED: u32 = 3;

/// Judge a signal; a threshold is read only where the verdict hangs on it.
pub fn judge_with(signal: &Signal, summary: &ObjectSummary, values: &dyn Thresholds) -> Judgement {
    if let Some(why) = noise::always(signal, summary) {
        return Judgement::Drop(why.to_owned());
    }
    let Some(rule) = RULES.iter().find(|rule| rule.matches(signal)) else {
        return unknown(signal, summary, values);
    };
    if let Then::Crash(severity) = rule.then {
        return crash(signal, summary, values, rule, severity);
    }
    if let Some(why) = noise::recovered(signal, summary) {
        return Judgement::Drop(why.to_owned());
    }
    if rule
        .after
        .is_some_and(|t| lasting(signal, summary, t) < values.value(t))
    {
        return Judgement::Pass;
    }
    match rule.then {
        Then::Drop => Judgement::Drop(rule.why.to_owned()),
        Then::Open(severity) | Then::Crash(severity) => open(signal, summary, rule, severity),
        Then::OpenByLoss(least) => open(signal, summary, rule, by_loss(summary, least)),
    }
}

/// How long the condition has lasted, in seconds, by the best clue there is.
fn lasting(signal: &Signal, summary: &ObjectSummary, threshold: Threshold) -> u32 {
    if summary.lasting_seconds > 0 {
        return summary.lasting_seconds;
    }
    let span = signal.last_seen.saturating_sub(signal.first_seen).max(0) / 1000;
    let span = u32::try_from(span).unwrap_or(u32::MAX);
    match threshold {
        // These hold since the object was made, or matter only while it is new.
        Threshold::Unschedulable
        | Threshold::PvcPending
        | Threshold::Routing
        | Threshold::Creating
        | Threshold::Settle => span.max(summary.age_seconds),
        _ => span,
    }
}

fn by_loss(summary: &ObjectSummary, least: Severity) -> Severity {
    match (summary.available, summary.desired) {
        (Some(0), Some(wanted)) if wanted >= MANY => Severity::Critical,
        (Some(0), _) => Severity::High,
        _ => least,
    }
}

/// A crash counts from the configured restart on, or when the container does not run at all.
fn crash(
    signal: &Signal,
    summary: &ObjectSummary,
    values: &dyn Thresholds,
    rule: &Rule,
    severity: Severity,
) -> Judgement {
    if signal.reason == "Unhealthy" && most_restarts(summary) == 0 {
        return Judgement::Drop("a single failed probe is not an incident".to_owned());
    }
    if summary.ready && summary.phase == "Running" {
        return healthy_again(signal, summary, values, rule, severity);
    }
    let down = summary.containers.iter().any(is_down);
    let gone = summary.phase == "Failed" || summary.containers.is_empty();
    let again = down && most_restarts(summary) > 0;
    if gone || again || most_restarts(summary) >= values.value(Threshold::Restarts) {
        return open(signal, summary, rule, severity);
    }
    // An init container that was killed for memory, or a start that failed, needs no second look.
    let plain = matches!(
        signal.reason.as_str(),
        "ContainerFailed" | "InitFailed" | "Unhealthy"
    );
    if down && (!plain || summary.lasting_seconds >= values.value(Threshold::Settle)) {
        return open(signal, summary, rule, severity);
    }
    if signal.reason == "OOMKilled" {
        return open(signal, summary, rule, severity);
    }
    Judgement::Pass
}

/// A container crashed and the pod is ready: old news, a hiccup, or a loop seen between two crashes.
fn healthy_again(
    signal: &Signal,
    summary: &ObjectSummary,
    values: &dyn Thresholds,
    rule: &Rule,
    severity: Severity,
) -> Judgement {
    let old = values.value(Threshold::OldRestart);
    if summary.lasting_seconds > old {
        return Judgement::Drop("an old restart of a healthy pod".to_owned());
    }
    let known = summary.lasting_seconds > 0;
    let recent = known || summary.age_seconds <= old;
    let repeated = most_restarts(summary) >= values.value(Threshold::Restarts);
    if recent && (repeated || (known && signal.reason == "OOMKilled")) {
        return open(signal, summary, rule, severity);
    }
    Judgement::Pass
}

fn is_down(container: &ContainerSummary) -> bool {
    match container.state.as_str() {
        "waiting" => !matches!(
            container.reason.as_str(),
            "ContainerCreating" | "PodInitializing"
        ),
        "terminated" => container.reason != "Completed",
        _ => false,
    }
}

fn most_restarts(summary: &ObjectSummary) -> u32 {
    summary
        .containers
        .iter()
        .map(|c| c.restarts)
        .max()
        .unwrap_or(0)
}

/// A reason without a row: a pod's waiting reason is believed, an event only when it is repeated
/// on an object that is not ready.
fn unknown(signal: &Signal, summary: &ObjectSummary, values: &dyn Thresholds) -> Judgement {
    const WAITING: Rule = crate::rule::status("").open(Severity::Medium, "a container is waiting");
    const EVENT: Rule = crate::rule::event("").open(Severity::Low, "a repeated warning");
    if noise::recovered(signal, summary).is_some() || summary.ready {
        return Judgement::Pass;
    }
    let settled = lasting(signal, summary, Threshold::Settle) >= values.value(Threshold::Settle);
    match signal.source {
        SignalSource::Status if settled && signal.object.kind == "Pod" => {
            open(signal, summary, &WAITING, Severity::Medium)
        }
        SignalSource::Event if settled && signal.count >= BELIEVED => {
            open(signal, summary, &EVENT, Severity::Low)
        }
        _ => Judgement::Pass,
    }
}

fn open(signal: &Signal, summary: &ObjectSummary, rule: &Rule, severity: Severity) -> Judgement {
    Judgement::Open(Opening {
        severity,
        class: class_of(signal).to_owned(),
        why: [signal.reason.as_str(), ": ", rule.why].concat(),
        shared: shared::of(signal, summary, rule.pull),
    })
}

/// The family of faults that one owner has at a time.
fn class_of(signal: &Signal) -> &'static str {
    if signal.reason == "StuckTerminating" {
        return "deletion";
    }
    match signal.object.kind.as_str() {
        "PersistentVolumeClaim" | "PersistentVolume" | "StorageClass" => "storage",
        "Service" | "Ingress" | "Endpoints" | "EndpointSlice" | "Gateway" | "HTTPRoute" => {
            "routing"
        }
        "Node" => "node",
        "HorizontalPodAutoscaler" => "autoscaling",
        "PodDisruptionBudget" => "disruption",
        "CronJob" => "schedule",
        "Secret" => "certificate",
        "Namespace" => "deletion",
        "APIService" | "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => "api",
        _ => "workload",
    }
}
