use rstest::rstest;
use serde_json::{Value, json};

use super::{NOW, ago, merge, object, one, pod, reasons};
use crate::inventory::Inventory;

fn claim(over: Value) -> Value {
    let mut made = object(
        "v1",
        "PersistentVolumeClaim",
        "data",
        json!({
        "spec": {"storageClassName": "late"}, "status": {"phase": "Pending"}}),
    );
    merge(&mut made, over);
    made
}

fn late() -> Value {
    object(
        "storage.k8s.io/v1",
        "StorageClass",
        "late",
        json!({
        "provisioner": "disk.example.com", "volumeBindingMode": "WaitForFirstConsumer"}),
    )
}

fn user(over: Value) -> Value {
    let mut made = pod(
        json!({"spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}}),
    );
    merge(&mut made, over);
    made
}

#[rstest]
#[case::bound(json!({"status": {"phase": "Bound"}}), &[])]
#[case::waits_for_a_consumer(json!({}), &[])]
#[case::lost(json!({"status": {"phase": "Lost"}, "spec": {"volumeName": "pv1"}}), &["PersistentVolumeClaim/data Lost"])]
#[case::no_class(json!({"spec": {"storageClassName": "lat"}}), &["PersistentVolumeClaim/data Pending"])]
fn judges_a_claim_by_its_class(#[case] over: Value, #[case] expected: &[&str]) {
    assert_eq!(reasons(&[claim(over), late()]), expected);
}

#[test]
fn names_a_class_that_does_not_exist() {
    let seen = one(&[claim(json!({"spec": {"storageClassName": "lat"}})), late()]);
    assert!(
        seen.signal
            .message
            .contains("storage class lat does not exist")
    );
    assert_eq!(seen.summary.phase, "Pending");
}

#[test]
fn a_claim_with_a_consumer_and_a_node_should_be_bound() {
    let chosen =
        claim(json!({"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "n1"}}}));
    assert_eq!(
        reasons(&[chosen, late(), user(json!({}))]),
        ["PersistentVolumeClaim/data Pending"]
    );
}

#[test]
fn a_consumer_that_finds_no_volume_counts_and_one_without_cpu_does_not() {
    let held = |why: &str| {
        user(
            json!({"spec": {"nodeName": ""}, "status": {"phase": "Pending",
        "containerStatuses": [], "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": why, "lastTransitionTime": ago(40)}]}}),
        )
    };
    let volume = reasons(&[
        claim(json!({})),
        late(),
        held("didn't find available persistent volumes to bind"),
    ]);
    assert!(volume.contains(&"PersistentVolumeClaim/data Pending".to_owned()));
    let cpu = reasons(&[claim(json!({})), late(), held("Insufficient cpu")]);
    assert_eq!(cpu, ["Pod/web Unschedulable"]);
}

#[test]
fn a_claim_without_a_class_takes_the_default_one() {
    let mut class = late();
    merge(
        &mut class,
        json!({"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}),
    );
    let unnamed = claim(json!({"spec": {"storageClassName": null}}));
    assert!(reasons(&[unnamed.clone(), class]).is_empty());
    assert_eq!(reasons(&[unnamed]), ["PersistentVolumeClaim/data Pending"]);
}

/// A volume that was released a minute ago.
fn volume(phase: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-1", "uid": "u-pv-1"},
        "spec": {"persistentVolumeReclaimPolicy": "Delete", "claimRef": {"namespace": "shop", "name": "data"}},
        "status": {"phase": phase, "message": "rpc error: volume is in use", "lastPhaseTransitionTime": ago(60)}})
}

#[test]
fn sees_a_released_volume_that_cannot_be_deleted() {
    let mut inventory = Inventory::new();
    inventory.apply(&volume("Failed"));
    let seen = inventory.observe_all(NOW);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].signal.reason, "ReclaimFailed");
    assert_eq!(
        seen[0].signal.message,
        "reclaim policy Delete failed: rpc error: volume is in use; released by shop/data"
    );
    assert_eq!(seen[0].summary.lasting_seconds, 60);
    assert!(!seen[0].summary.ready);
    for phase in ["Available", "Bound", "Released"] {
        let mut inventory = Inventory::new();
        inventory.apply(&volume(phase));
        assert!(inventory.observe_all(NOW).is_empty(), "{phase}");
    }
}

#[test]
fn a_running_host_follows_volumes() {
    assert!(crate::inventory::watched().contains(&"PersistentVolume"));
}
