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

#[test]
fn a_pod_on_a_lost_node_is_the_nodes_victim() {
    let mut bundle = around(web());
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["status"]["conditions"] = json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.", "lastTransitionTime": ago(240)}]);
    let finding = expect(
        &bundle,
        "node-unreachable",
        &["node-a", "Kubelet stopped posting node status", "4 min"],
    );
    assert_eq!(finding.shared.expect("a shared cause").kind, "Node");
}
