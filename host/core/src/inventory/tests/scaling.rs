use rstest::rstest;
use serde_json::{Value, json};

use super::{NOW, ago, inventory, object, one, reasons};

fn with(kind: &str, status: &str, reason: &str) -> Value {
    json!([{"type": kind, "status": status, "reason": reason, "message": "as the controller says",
            "lastTransitionTime": ago(33)}])
}

#[rstest]
#[case::ready("Ready", "True", None)]
#[case::not_ready("Ready", "False", Some("NotReady"))]
#[case::unknown("Ready", "Unknown", Some("Unknown"))]
#[case::memory("MemoryPressure", "True", Some("MemoryPressure"))]
#[case::disk("DiskPressure", "True", Some("DiskPressure"))]
#[case::pid("PIDPressure", "True", Some("PIDPressure"))]
#[case::no_pressure("MemoryPressure", "False", None)]
#[case::healthy_custom("KernelDeadlock", "False", None)]
fn reads_the_conditions_of_a_node(
    #[case] kind: &str,
    #[case] status: &str,
    #[case] reason: Option<&str>,
) {
    let node = object(
        "v1",
        "Node",
        "n1",
        json!({"status": {"conditions": with(kind, status, "Because")}}),
    );
    let expected: Vec<String> = reason.iter().map(|r| format!("Node/n1 {r}")).collect();
    assert_eq!(reasons(&[node]), expected);
}

fn scaler(current: u32, conditions: Value) -> Value {
    object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "web",
        json!({"spec": {"maxReplicas": 5},
        "status": {"currentReplicas": current, "desiredReplicas": 5, "conditions": conditions,
                   "currentMetrics": null}}),
    )
}

#[rstest]
#[case::blind(
    scaler(2, with("ScalingActive", "False", "FailedGetResourceMetric")),
    Some("ScalingActive")
)]
#[case::lost(
    scaler(2, with("AbleToScale", "False", "FailedGetScale")),
    Some("AbleToScale")
)]
#[case::at_max(
    scaler(5, with("ScalingLimited", "True", "TooManyReplicas")),
    Some("ScalingLimited")
)]
#[case::on_its_way(scaler(3, with("ScalingLimited", "True", "TooManyReplicas")), None)]
#[case::at_min(scaler(1, with("ScalingLimited", "True", "TooFewReplicas")), None)]
#[case::fine(scaler(2, with("ScalingActive", "True", "ValidMetricFound")), None)]
#[case::new(scaler(0, json!(null)), None)]
fn reads_the_conditions_of_an_autoscaler(#[case] object: Value, #[case] reason: Option<&str>) {
    let expected: Vec<String> = reason
        .iter()
        .map(|r| format!("HorizontalPodAutoscaler/web {r}"))
        .collect();
    assert_eq!(reasons(&[object]), expected);
}

#[rstest]
#[case::blocks(3, 3, 3, 0, true)]
#[case::allows(3, 3, 2, 1, false)]
#[case::unhealthy_anyway(3, 2, 3, 0, false)]
#[case::no_pods(0, 0, 0, 0, false)]
fn sees_a_budget_that_blocks_every_eviction(
    #[case] expected: i64,
    #[case] healthy: i64,
    #[case] desired: i64,
    #[case] allowed: i64,
    #[case] seen: bool,
) {
    let budget = object(
        "policy/v1",
        "PodDisruptionBudget",
        "web",
        json!({"status": {
        "expectedPods": expected, "currentHealthy": healthy, "desiredHealthy": desired,
        "disruptionsAllowed": allowed, "conditions": with("DisruptionAllowed", "False", "InsufficientPods")}}),
    );
    assert_eq!(!reasons(&[budget]).is_empty(), seen);
}

#[test]
fn sees_an_api_that_does_not_answer() {
    let api = object(
        "apiregistration.k8s.io/v1",
        "APIService",
        "v1beta1.metrics.k8s.io",
        json!({"status": {"conditions": with("Available", "False", "MissingEndpoints")}}),
    );
    let seen = one(&[api]);
    assert_eq!(
        (seen.signal.reason.as_str(), seen.summary.lasting_seconds),
        ("Unavailable", 33)
    );
    assert!(seen.signal.object.namespace.is_empty());
}

#[test]
fn sees_a_namespace_that_does_not_go() {
    let namespace = object(
        "v1",
        "Namespace",
        "old",
        json!({
        "metadata": {"deletionTimestamp": ago(500)},
        "status": {"phase": "Terminating",
                   "conditions": with("NamespaceContentRemaining", "True", "SomeResourcesRemain")}}),
    );
    let seen = one(std::slice::from_ref(&namespace));
    assert_eq!(seen.signal.reason, "StuckTerminating");
    assert!(seen.signal.message.contains("SomeResourcesRemain"));
    for (watched, signals) in [("old", 1), ("another", 0)] {
        let mut scoped = inventory(std::slice::from_ref(&namespace));
        scoped.scope_to(watched);
        assert_eq!(scoped.observe_all(NOW).len(), signals, "{watched}");
    }
}

#[rstest]
#[case::held(json!(["kubernetes.io/pv-protection"]), 1)]
#[case::free(json!([]), 0)]
fn any_kind_can_be_stuck_by_a_finalizer(#[case] finalizers: Value, #[case] seen: usize) {
    let volume = object(
        "v1",
        "PersistentVolume",
        "pv1",
        json!({"metadata": {"deletionTimestamp": ago(100), "finalizers": finalizers}}),
    );
    assert_eq!(reasons(&[volume]).len(), seen);
}
