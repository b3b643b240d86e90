use rstest::rstest;
use serde_json::{Value, json};

use super::diagnose;
use crate::testing::{Bundle, ago, assert_cited};

fn node(conditions: Value, age: i64) -> Bundle {
    Bundle::default()
        .with(json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": "node-a", "creationTimestamp": ago(age)},
            "spec": {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]},
            "status": {"conditions": conditions},
        }))
        .with(json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}, "spec": {"nodeName": "node-a"}, "status": {"phase": "Running"}}))
        .with(json!({"kind": "Lease", "metadata": {"name": "node-a", "namespace": "kube-node-lease"}, "spec": {"renewTime": ago(200)}}))
}

#[rstest]
#[case::silent(json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}]), "node-unreachable")]
#[case::not_ready(json!([{"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "container runtime is down"}]), "node-not-ready")]
#[case::disk(json!([{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure", "message": "kubelet has disk pressure"}]), "node-pressure")]
fn names_the_condition_the_lease_and_the_victims(#[case] conditions: Value, #[case] class: &str) {
    let found = node(conditions, 86_400)
        .about("Node", "node-a", diagnose)
        .expect("a finding");
    assert_cited(&found);
    assert_eq!(found.class, class);
    assert!(
        found.cause.contains("lease was last renewed 3 min ago"),
        "{}",
        found.cause
    );
    assert!(found.cause.contains("It runs 1 pod ["), "{}", found.cause);
    assert_eq!(found.victims.len(), 1);
}

#[rstest]
#[case::healthy(json!([{"type": "Ready", "status": "True"}, {"type": "MemoryPressure", "status": "False"}]), 86_400)]
#[case::unknown_condition(json!([{"type": "Ready", "status": "True"}, {"type": "KernelHasNoDeadlock", "status": "True"}]), 86_400)]
#[case::joining(json!([{"type": "Ready", "status": "False", "message": "cni plugin not initialized"}]), 20)]
fn says_nothing_of_a_usable_node(#[case] conditions: Value, #[case] age: i64) {
    assert!(
        node(conditions, age)
            .about("Node", "node-a", diagnose)
            .is_none()
    );
}
