use proptest::prelude::*;
use serde_json::{Value, json};

use super::{NOW, inventory, merge, object, owned, pod, reasons, reference};
use crate::inventory::Inventory;
use crate::kinds::KINDS;

#[test]
fn walks_the_chain_of_controllers_to_its_root() {
    let mut set = object(
        "apps/v1",
        "ReplicaSet",
        "web-1",
        json!({"spec": {"replicas": 0}}),
    );
    merge(&mut set, owned("Deployment", "web"));
    let mut web = pod(json!({}));
    merge(&mut web, owned("ReplicaSet", "web-1"));
    let held = inventory(&[set, web.clone()]);
    let root = held.root_owner(&reference("Pod", "web"));
    assert_eq!(
        (root.kind.as_str(), root.name.as_str(), root.uid.as_str()),
        ("Deployment", "web", "deployment-web")
    );
    let alone = inventory(&[web]).root_owner(&reference("Pod", "web"));
    assert_eq!(
        (alone.kind.as_str(), alone.uid.as_str()),
        ("ReplicaSet", "replicaset-web-1")
    );
}

#[test]
fn an_object_without_owner_is_its_own_root() {
    let held = inventory(&[pod(json!({}))]);
    assert_eq!(held.root_owner(&reference("Pod", "web")).uid, "pod-web");
    assert_eq!(
        held.root_owner(&reference("Pod", "none")),
        reference("Pod", "none")
    );
}

#[test]
fn a_circle_of_owners_ends() {
    let mut one = object("batch/v1", "Job", "a", json!({}));
    merge(&mut one, owned("Job", "b"));
    let mut two = object("batch/v1", "Job", "b", json!({}));
    merge(&mut two, owned("Job", "a"));
    let held = inventory(&[one, two]);
    assert_eq!(held.root_owner(&reference("Job", "a")).kind, "Job");
}

#[test]
fn a_namesake_with_another_uid_is_not_removed() {
    let mut held = inventory(&[pod(json!({}))]);
    let mut old = reference("Pod", "web");
    old.uid = "older".to_owned();
    held.remove(&old);
    assert_eq!(held.counts().pods, 1);
    old.uid = "pod-web".to_owned();
    held.remove(&old);
    assert_eq!(held.counts().pods, 0);
}

#[test]
fn a_list_removes_what_it_does_not_name() {
    let mut held = inventory(&[
        pod(json!({})),
        pod(json!({"metadata": {"name": "b", "uid": "pod-b"}})),
    ]);
    held.replace_kind("Pod", "other", &[]);
    assert_eq!(held.counts().pods, 2);
    held.replace_kind("Pod", "", &[reference("Pod", "b")]);
    assert_eq!(held.counts().pods, 1);
}

#[test]
fn malformed_objects_are_counted_and_change_nothing() {
    let mut held = inventory(&[pod(json!({}))]);
    let bad = [
        json!(null),
        json!({"kind": "Pod"}),
        json!({"kind": "Pod", "metadata": {"name": "x"}}),
        pod(json!({"status": {"containerStatuses": "none"}})),
        pod(json!({"spec": {"containers": [7]}})),
        json!({"kind": "Node", "metadata": {"name": "n", "namespace": "shop"}}),
    ];
    for object in &bad {
        held.apply(object);
    }
    held.apply_json("Pod", "{");
    assert_eq!(held.malformed(), 7);
    assert_eq!(held.counts().pods, 1);
    held.apply(&json!({"kind": "Unheard", "metadata": {"name": "x"}}));
    assert_eq!(held.malformed(), 7);
}

#[test]
fn every_kind_may_have_fields_that_are_not_kept() {
    let all: Vec<Value> = KINDS
        .iter()
        .filter(|kind| kind.kind != "Event")
        .map(|kind| {
            let other = json!({"other": {"a": [1]}});
            object(
                &kind.api_version(),
                kind.kind,
                "x",
                json!({"spec": other, "status": other, "data": other}),
            )
        })
        .collect();
    assert_eq!(inventory(&all).malformed(), 0);
}

#[test]
fn null_is_the_same_as_missing() {
    let bare = pod(
        json!({"metadata": {"labels": null, "ownerReferences": null, "finalizers": null},
        "spec": {"volumes": null, "initContainers": null},
        "status": {"message": null, "initContainerStatuses": null}}),
    );
    assert!(reasons(&[bare]).is_empty());
}

#[test]
fn text_and_value_give_the_same() {
    let mut held = Inventory::new();
    held.apply_json(
        "Pod",
        &pod(json!({"status": {"phase": "Failed"}})).to_string(),
    );
    assert_eq!(
        held.observe_all(NOW),
        inventory(&[pod(json!({"status": {"phase": "Failed"}}))]).observe_all(NOW)
    );
}

#[test]
fn observations_are_the_same_after_a_resync() {
    let broken = pod(json!({"status": {"phase": "Failed", "reason": "Evicted"}}));
    let mut held = inventory(std::slice::from_ref(&broken));
    let before = held.observe_all(NOW);
    held.apply(&broken);
    assert_eq!(held.observe_all(NOW), before);
    assert_eq!(held.observe(&reference("Pod", "web"), NOW), before);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z/:0-9T.-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let keys = prop_oneof![
            Just("status"),
            Just("conditions"),
            Just("type"),
            Just("containers"),
            Just("name"),
            Just("state"),
            Just("waiting"),
            Just("deletionTimestamp"),
            Just("ports"),
            Just("labels"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys.prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_object_of_any_kind_panics(
        kind in 0..KINDS.len(),
        metadata in json_value(),
        spec in json_value(),
        status in json_value(),
    ) {
        let mut made = object("v1", KINDS[kind].kind, "x", json!({}));
        if let Value::Object(extra) = metadata {
            merge(&mut made, json!({"metadata": extra}));
        }
        merge(&mut made, json!({"spec": spec, "status": status}));
        let mut held = Inventory::new();
        held.apply(&made);
        for seen in held.observe_all(NOW) {
            held.dependants(&seen.signal.object);
        }
        held.observe_event(&made, NOW);
    }
}
