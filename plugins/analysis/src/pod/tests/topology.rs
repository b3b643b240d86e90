use rstest::rstest;
use serde_json::{Value, json};

use super::*;

#[rstest]
#[case::labels(json!({"matchLabels": {"app": "web"}}))]
#[case::expressions(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}))]
fn names_the_anti_affinity_and_the_pods_that_match(#[case] selector: Value) {
    let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}]}});
    let pod = but(
        unscheduled("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules."),
        &[("/spec/affinity", affinity)],
    );
    let other = but(web(), &[("/metadata/name", json!("web-0"))]);
    expect(
        &around(pod).with(other),
        "unschedulable-affinity",
        &["kubernetes.io/hostname", "web-0 on node-a"],
    );
}

#[rstest]
#[case::label("rack", "no node has that label (1 node)")]
#[case::skew("kubernetes.io/hostname", "node-a: 1")]
fn names_the_topology_spread(#[case] key: &str, #[case] named: &str) {
    let spread = json!([{"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]);
    let pod = but(
        unscheduled(
            "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
        ),
        &[("/spec/topologySpreadConstraints", spread)],
    );
    let other = but(web(), &[("/metadata/name", json!("web-0"))]);
    expect(
        &around(pod).with(other),
        "unschedulable-spread",
        &[key, named],
    );
}

#[test]
fn names_the_place_of_a_volume() {
    let pod = but(
        unscheduled("0/1 nodes are available: 1 node(s) had volume node affinity conflict."),
        &[(
            "/spec/volumes",
            json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]),
        )],
    );
    let bundle = around(pod)
        .with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}}))
        .with(json!({"kind": "PersistentVolume", "metadata": {"name": "pv-1"}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}}}}));
    expect(
        &bundle,
        "unschedulable-volume",
        &["zone=b", "nodes have zone = a"],
    );
}

#[test]
fn too_many_pods_are_counted() {
    let mut bundle = around(unscheduled("0/1 nodes are available: 1 Too many pods."));
    let node = bundle
        .objects
        .iter_mut()
        .find(|o| o["kind"] == "Node")
        .expect("a node");
    node["status"]["allocatable"]["pods"] = json!("0");
    expect(
        &bundle,
        "unschedulable-too-many-pods",
        &["node-a has 0 free of 0"],
    );
}

#[test]
fn a_missing_claim_is_named_with_the_nearest() {
    let pod = but(
        unscheduled("0/1 nodes are available: persistentvolumeclaim \"dta\" not found."),
        &[(
            "/spec/volumes",
            json!([{"name": "d", "persistentVolumeClaim": {"claimName": "web-dta"}}]),
        )],
    );
    let bundle = around(pod).with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "web-data", "namespace": "shop"}, "status": {"phase": "Bound"}}));
    expect(
        &bundle,
        "pvc-missing",
        &["\"web-dta\"", "nearest existing name is \"web-data\""],
    );
}

#[test]
fn an_unbound_claim_is_explained_in_its_place() {
    let pod = but(
        unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
        &[(
            "/spec/volumes",
            json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]),
        )],
    );
    let bundle = around(pod)
        .with(json!({"kind": "StorageClass", "metadata": {"name": "standard"}, "provisioner": "p"}))
        .with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec": {"storageClassName": "standrd"}, "status": {"phase": "Pending"}}));
    expect(
        &bundle,
        "pvc-no-storage-class",
        &[
            "\"standrd\"",
            "nearest existing name is \"standard\"",
            "Pod web-1 cannot be scheduled",
        ],
    );
}

#[test]
fn a_gate_and_an_unknown_scheduler_are_named() {
    let gated = but(
        unscheduled("Scheduling is blocked due to non-empty scheduling gates"),
        &[(
            "/spec/schedulingGates",
            json!([{"name": "example.com/quota"}]),
        )],
    );
    expect(&around(gated), "scheduling-gated", &["example.com/quota"]);
    let pod = but(
        unscheduled(""),
        &[
            ("/status/conditions", json!([])),
            ("/spec/schedulerName", json!("batch-scheduler")),
        ],
    );
    expect(&around(pod), "scheduler-missing", &["\"batch-scheduler\""]);
}

#[test]
fn unreadable_nodes_leave_it_open_by_how_much() {
    let pod = unscheduled("0/1 nodes are available: 1 Insufficient memory.");
    let finding = expect(
        &around(pod).denying("Node"),
        "unschedulable-resources",
        &["Insufficient memory"],
    );
    assert!(
        finding
            .unknown
            .iter()
            .any(|u| u.contains("no permission to read them"))
    );
}
