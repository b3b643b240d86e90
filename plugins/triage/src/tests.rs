//! Judgements over the table, one table of cases per family.

use super::*;
use k8shawk_sdk::triage::{ContainerSummary, ObjectRef, Opening, Severity, SignalSource};
use rstest::rstest;

mod crashes;
mod families;
mod shared_causes;

pub fn object(kind: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".into(),
        kind: kind.into(),
        namespace: "shop".into(),
        name: name.into(),
        uid: "u1".into(),
    }
}

pub fn signal(source: SignalSource, kind: &str, reason: &str, message: &str) -> Signal {
    Signal {
        id: "s1".into(),
        source,
        reason: reason.into(),
        message: message.into(),
        object: object(kind, "web"),
        owner: object("Deployment", "web"),
        count: 1,
        first_seen: 1_000,
        last_seen: 1_000,
        reporter: String::new(),
    }
}

pub fn event(kind: &str, reason: &str, message: &str) -> Signal {
    signal(SignalSource::Event, kind, reason, message)
}

pub fn status(kind: &str, reason: &str, message: &str) -> Signal {
    signal(SignalSource::Status, kind, reason, message)
}

/// An object that is not ready, is an hour old and has been so for ten minutes.
pub fn broken(phase: &str) -> ObjectSummary {
    ObjectSummary {
        phase: phase.into(),
        age_seconds: 3600,
        lasting_seconds: 600,
        ready: false,
        deleting: false,
        suspended: false,
        containers: Vec::new(),
        desired: None,
        available: None,
    }
}

pub fn container(state: &str, reason: &str, restarts: u32) -> ContainerSummary {
    ContainerSummary {
        name: "app".into(),
        image: "registry.example.com/team/app:1".into(),
        init: false,
        ready: state == "running",
        restarts,
        state: state.into(),
        reason: reason.into(),
        last_reason: "Error".into(),
        last_exit_code: Some(1),
    }
}

pub fn opened(signal: &Signal, summary: &ObjectSummary) -> Opening {
    match judge(signal, summary) {
        Judgement::Open(opening) => opening,
        other => panic!("{} on {}: {other:?}", signal.reason, signal.object.kind),
    }
}

pub fn word(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Pass => "pass",
        Judgement::Drop(_) => "drop",
        Judgement::Open(_) => "open",
    }
}

#[rstest]
#[case("Pod", "CgroupV1")]
#[case("Node", "InvalidDiskCapacity")]
#[case("Node", "NodeReady")]
#[case("Pod", "TaintManagerEviction")]
#[case("Endpoints", "FailedToUpdateEndpoint")]
#[case("PodDisruptionBudget", "NoPods")]
#[case("PersistentVolumeClaim", "WaitForFirstConsumer")]
#[case("Pod", "FailedPreStopHook")]
#[case("Pod", "ProbeWarning")]
fn drops_harmless_reasons(#[case] kind: &str, #[case] reason: &str) {
    let judgement = judge(&event(kind, reason, "something"), &broken(""));
    assert_eq!(word(&judgement), "drop", "{judgement:?}");
}

#[rstest]
#[case(
    "Pod",
    "Unhealthy",
    "Readiness probe failed: HTTP probe failed with statuscode: 503"
)]
#[case("Pod", "NodeNotReady", "Node is not ready")]
#[case(
    "ReplicaSet",
    "FailedCreate",
    "namespace shop because it is being terminated"
)]
fn drops_events_that_another_signal_tells_better(
    #[case] kind: &str,
    #[case] reason: &str,
    #[case] message: &str,
) {
    assert_eq!(
        word(&judge(&event(kind, reason, message), &broken("Running"))),
        "drop"
    );
}

#[test]
fn drops_transient_events_of_a_pod_that_is_ready_now() {
    let summary = ObjectSummary {
        ready: true,
        ..broken("Running")
    };
    for reason in [
        "FailedMount",
        "FailedScheduling",
        "FailedCreatePodSandBox",
        "Failed",
    ] {
        let judgement = judge(&event("Pod", reason, "failed to pull image"), &summary);
        assert_eq!(word(&judgement), "drop", "{reason}");
    }
}

#[test]
fn drops_a_refused_creation_once_every_pod_is_available() {
    let message = "pods \"web-x\" is forbidden: exceeded quota: small";
    let mut summary = broken("");
    (summary.ready, summary.desired, summary.available) = (true, Some(2), Some(2));
    assert_eq!(
        word(&judge(
            &event("ReplicaSet", "FailedCreate", message),
            &summary
        )),
        "drop"
    );
}

#[rstest]
#[case::deleting("Pod", "CrashLoopBackOff", ObjectSummary { deleting: true, ..broken("Running") })]
#[case::paused("Deployment", "Unavailable", ObjectSummary { suspended: true, ..broken("") })]
#[case::suspended("CronJob", "NotScheduled", ObjectSummary { suspended: true, ..broken("") })]
#[case::completed("Pod", "NotReady", broken("Succeeded"))]
fn drops_what_is_so_on_purpose(
    #[case] kind: &str,
    #[case] reason: &str,
    #[case] summary: ObjectSummary,
) {
    assert_eq!(word(&judge(&status(kind, reason, ""), &summary)), "drop");
}

#[test]
fn opens_a_cordoned_node_that_is_not_ready() {
    let summary = ObjectSummary {
        suspended: true,
        ..broken("")
    };
    assert_eq!(
        opened(&status("Node", "NotReady", ""), &summary).severity,
        Severity::Critical
    );
    assert_eq!(
        word(&judge(&status("Node", "Cordoned", ""), &summary)),
        "drop"
    );
}

#[rstest]
#[case("Pod", "NotReady", 59)]
#[case("Pod", "Unschedulable", 9)]
#[case("PersistentVolumeClaim", "Pending", 14)]
#[case("Deployment", "Unavailable", 59)]
#[case("Namespace", "StuckTerminating", 59)]
#[case("Node", "NotReady", 19)]
#[case("Service", "NoEndpoints", 19)]
#[case("HorizontalPodAutoscaler", "ScalingActive", 29)]
#[case("PodDisruptionBudget", "NoDisruptionsAllowed", 59)]
fn passes_a_young_condition_and_opens_it_a_second_later(
    #[case] kind: &str,
    #[case] reason: &str,
    #[case] seconds: u32,
) {
    let phase = if kind == "Pod" { "Running" } else { "" };
    let young = ObjectSummary {
        lasting_seconds: seconds,
        ..broken(phase)
    };
    let old = ObjectSummary {
        lasting_seconds: seconds + 1,
        ..broken(phase)
    };
    let signal = status(kind, reason, "");
    assert_eq!(word(&judge(&signal, &young)), "pass");
    assert_eq!(word(&judge(&signal, &old)), "open");
}

#[test]
fn asks_for_a_threshold_only_when_the_verdict_hangs_on_it() {
    struct Forbidden;
    impl Thresholds for Forbidden {
        fn value(&self, threshold: Threshold) -> u32 {
            panic!("asked for {threshold:?}")
        }
    }
    let hot = [
        (
            event("Pod", "Failed", "Failed to pull image \"x\": not found"),
            broken("Pending"),
        ),
        (event("Node", "CgroupV1", ""), broken("")),
        (status("Pod", "ImagePullBackOff", ""), broken("Pending")),
        (
            event("Pod", "Unhealthy", "Readiness probe failed"),
            broken("Running"),
        ),
    ];
    for (signal, summary) in hot {
        judge_with(&signal, &summary, &Forbidden);
    }
}

#[test]
fn honours_the_operators_threshold() {
    struct Patient;
    impl Thresholds for Patient {
        fn value(&self, threshold: Threshold) -> u32 {
            if threshold == Threshold::NotReady {
                3600
            } else {
                threshold.default_value()
            }
        }
    }
    let signal = status("Pod", "NotReady", "");
    assert_eq!(
        word(&judge_with(&signal, &broken("Running"), &Patient)),
        "pass"
    );
}
