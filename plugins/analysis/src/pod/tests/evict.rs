use rstest::rstest;
use serde_json::json;

use super::*;

#[rstest]
#[case::pressure(
    "Evicted",
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container app was using 1Gi, request is 0.",
    "evicted-node-pressure",
    "ran low on memory"
)]
#[case::own_bound(
    "Evicted",
    "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ",
    "ephemeral-storage-exceeded",
    "10Mi"
)]
#[case::preempted(
    "Preempting",
    "Preempted in order to admit critical pod",
    "preempted",
    "no PriorityClass"
)]
#[case::shutdown(
    "Terminated",
    "Pod was terminated in response to imminent node shutdown.",
    "node-shutdown",
    "node-a"
)]
#[case::no_cpu(
    "OutOfcpu",
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000",
    "unschedulable-resources",
    "too little CPU"
)]
#[case::device(
    "UnexpectedAdmissionError",
    "Allocate failed due to requested number of devices unavailable",
    "kubelet-admission-refused",
    "device"
)]
#[case::labels(
    "NodeAffinity",
    "Pod was rejected: Predicate NodeAffinity failed",
    "unschedulable-affinity",
    "node-a"
)]
fn tells_pods_apart_that_were_turned_away(
    #[case] reason: &str,
    #[case] message: &str,
    #[case] class: &str,
    #[case] named: &str,
) {
    let pod = but(
        web(),
        &[(
            "/status",
            json!({"phase": "Failed", "reason": reason, "message": message}),
        )],
    );
    expect(&around(pod), class, &[named]);
}

/// A pod on a node that does not report since so many seconds.
fn on_silent_node(pod: Value, seconds: i64) -> Bundle {
    let mut bundle = around(pod);
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["status"]["conditions"] = json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.", "lastTransitionTime": ago(seconds)}]);
    bundle
}

#[test]
fn a_node_that_fell_silent_a_moment_ago_is_not_blamed_for_what_its_pod_had_before() {
    let had = expect(&around(crashing(2, "Error")), "application-error", &[]);
    for (seconds, class) in [(6, had.class.as_str()), (40, "node-unreachable")] {
        let silent = on_silent_node(crashing(2, "Error"), seconds);
        expect(&silent, class, &[]);
    }
}

#[test]
fn a_pod_on_a_lost_node_is_the_nodes_victim() {
    let finding = expect(
        &on_silent_node(web(), 240),
        "node-unreachable",
        &["node-a", "Kubelet stopped posting node status", "4 min"],
    );
    assert_eq!(finding.shared.expect("a shared cause").kind, "Node");
}
