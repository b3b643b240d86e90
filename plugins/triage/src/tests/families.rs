use super::*;
use Severity::{Critical, High, Low, Medium};

#[rstest]
#[case("Pod", "ImagePullBackOff", Medium, "workload")]
#[case("Pod", "CreateContainerConfigError", Medium, "workload")]
#[case("Pod", "Unschedulable", Medium, "workload")]
#[case("Pod", "CrashLoopBackOff", High, "workload")]
#[case("Pod", "Evicted", Medium, "workload")]
#[case("Pod", "StuckTerminating", Medium, "deletion")]
#[case("Deployment", "ProgressDeadlineExceeded", Medium, "workload")]
#[case("Deployment", "ReplicaFailure", Medium, "workload")]
#[case("StatefulSet", "Unavailable", Medium, "workload")]
#[case("Job", "JobFailed", Medium, "workload")]
#[case("CronJob", "NotScheduled", Medium, "schedule")]
#[case("CronJob", "Blocked", Medium, "schedule")]
#[case("Node", "NotReady", Critical, "node")]
#[case("Node", "Unknown", Critical, "node")]
#[case("Node", "MemoryPressure", High, "node")]
#[case("Node", "DiskPressure", High, "node")]
#[case("PersistentVolumeClaim", "Pending", Medium, "storage")]
#[case("PersistentVolumeClaim", "Lost", High, "storage")]
#[case("Service", "NoEndpoints", Medium, "routing")]
#[case("Service", "TargetPortUnmatched", Medium, "routing")]
#[case("Ingress", "BackendMissing", Medium, "routing")]
#[case("Ingress", "ClassMissing", Medium, "routing")]
#[case("Ingress", "TlsSecretMissing", Medium, "routing")]
#[case("PersistentVolume", "ReclaimFailed", Low, "storage")]
#[case("Ingress", "DuplicateRule", Low, "routing")]
#[case("HorizontalPodAutoscaler", "ScalingActive", Medium, "autoscaling")]
#[case("HorizontalPodAutoscaler", "AbleToScale", Medium, "autoscaling")]
#[case("HorizontalPodAutoscaler", "ScalingLimited", Low, "autoscaling")]
#[case("PodDisruptionBudget", "NoDisruptionsAllowed", Low, "disruption")]
#[case("Namespace", "StuckTerminating", Medium, "deletion")]
#[case("APIService", "Unavailable", High, "api")]
#[case("Secret", "CertificateExpired", High, "certificate")]
#[case("ValidatingWebhookConfiguration", "BackendDown", High, "api")]
fn every_status_has_its_severity_and_family(
    #[case] kind: &str,
    #[case] reason: &str,
    #[case] severity: Severity,
    #[case] class: &str,
) {
    let opening = opened(&status(kind, reason, ""), &broken("Pending"));
    assert_eq!(
        (opening.severity, opening.class.as_str()),
        (severity, class)
    );
    assert!(opening.why.starts_with(reason), "{}", opening.why);
}

#[rstest]
#[case("Pod", "Failed", "Error: ErrImagePull", Medium, "workload")]
#[case("Pod", "FailedMount", "MountVolume.SetUp failed", Medium, "workload")]
#[case(
    "Pod",
    "FailedScheduling",
    "0/3 nodes are available",
    Medium,
    "workload"
)]
#[case(
    "ReplicaSet",
    "FailedCreate",
    "violates PodSecurity \"restricted:latest\"",
    Medium,
    "workload"
)]
#[case("Job", "BackoffLimitExceeded", "", Medium, "workload")]
#[case(
    "CronJob",
    "TooManyMissedTimes",
    "too many missed start times",
    Medium,
    "schedule"
)]
#[case("PersistentVolumeClaim", "ProvisioningFailed", "", Medium, "storage")]
#[case("Service", "SyncLoadBalancerFailed", "", Medium, "routing")]
#[case("Node", "SystemOOM", "", High, "node")]
#[case("HorizontalPodAutoscaler", "FailedGetScale", "", Medium, "autoscaling")]
fn every_event_has_its_severity_and_family(
    #[case] kind: &str,
    #[case] reason: &str,
    #[case] message: &str,
    #[case] severity: Severity,
    #[case] class: &str,
) {
    let opening = opened(&event(kind, reason, message), &broken("Pending"));
    assert_eq!(
        (opening.severity, opening.class.as_str()),
        (severity, class)
    );
}

#[rstest]
#[case::some_pods_left(3, 1, Medium)]
#[case::no_pod_left(3, 0, High)]
#[case::many_pods_lost(8, 0, Critical)]
fn the_loss_of_a_workload_sets_the_severity(
    #[case] desired: u32,
    #[case] available: u32,
    #[case] severity: Severity,
) {
    let summary = ObjectSummary {
        desired: Some(desired),
        available: Some(available),
        ..broken("")
    };
    assert_eq!(
        opened(&status("Deployment", "Unavailable", ""), &summary).severity,
        severity
    );
}

#[rstest]
#[case(
    "PersistentVolumeClaim",
    "Pending",
    "waiting for first consumer to be created before binding"
)]
#[case(
    "PersistentVolumeClaim",
    "Pending",
    "waiting for pod web-0 to be scheduled"
)]
#[case(
    "HorizontalPodAutoscaler",
    "ScalingActive",
    "scaling is disabled since the replica count of the target is zero"
)]
#[case(
    "HorizontalPodAutoscaler",
    "ScalingLimited",
    "the desired replica count is less than the minimum replica count"
)]
#[case("Service", "NoReadyEndpoints", "2 pods match and none is ready")]
fn drops_legitimate_states(#[case] kind: &str, #[case] reason: &str, #[case] message: &str) {
    assert_eq!(
        word(&judge(&status(kind, reason, message), &broken("Pending"))),
        "drop"
    );
}

#[test]
fn a_young_pod_may_wait_for_its_node_and_its_volumes() {
    let summary = ObjectSummary {
        age_seconds: 4,
        lasting_seconds: 0,
        ..broken("Pending")
    };
    for reason in ["FailedScheduling", "FailedMount", "FailedCreatePodSandBox"] {
        assert_eq!(
            word(&judge(&event("Pod", reason, "not yet"), &summary)),
            "pass",
            "{reason}"
        );
    }
}

#[test]
fn a_busy_kubelet_may_ask_again_for_a_minute_whatever_the_age_of_the_pod() {
    let words = "MountVolume.SetUp failed for volume \"kube-api-access-x\" : failed to fetch token: \
                 client rate limiter Wait returned an error: context deadline exceeded";
    let mut signal = event("Pod", "FailedMount", words);
    let summary = ObjectSummary {
        lasting_seconds: 0,
        ..broken("Pending")
    };
    signal.last_seen = signal.first_seen + 30_000;
    assert_eq!(word(&judge(&signal, &summary)), "pass");
    signal.last_seen = signal.first_seen + 61_000;
    assert_eq!(word(&judge(&signal, &summary)), "open");
    signal.message =
        "MountVolume.SetUp failed for volume \"kube-api-access-x\" : failed to fetch token: \
                      serviceaccounts \"web\" not found"
            .into();
    signal.last_seen = signal.first_seen;
    assert_eq!(word(&judge(&signal, &summary)), "open");
}

#[test]
fn an_unknown_duration_falls_back_to_what_was_seen() {
    let mut signal = status("Pod", "NotReady", "");
    let summary = ObjectSummary {
        lasting_seconds: 0,
        ..broken("Running")
    };
    assert_eq!(word(&judge(&signal, &summary)), "pass");
    signal.last_seen = signal.first_seen + 61_000;
    assert_eq!(word(&judge(&signal, &summary)), "open");
}
