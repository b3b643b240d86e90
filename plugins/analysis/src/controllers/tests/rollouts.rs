use k8shawk_sdk::analysis::Severity;
use k8shawk_sdk::facts;
use serde_json::json;

use crate::samples::*;
use crate::testing::{Bundle, ago};

/// Revision 1 serves, revision 2 has an image that does not exist.
fn bad_image() -> Bundle {
    nodes()
        .with(deployment("web", 2, 2))
        .with(replica_set("web", 1, "reg.invalid/web:1.0", 2, 2))
        .with(replica_set("web", 2, "reg.invalid/web:9.9", 1, 0))
        .with(ready_pod("web", 1, "a"))
        .with(ready_pod("web", 1, "b"))
        .with(unpullable(ready_pod("web", 2, "c"), "reg.invalid/web:9.9"))
}

#[test]
fn names_the_change_and_the_good_revision() {
    let found = finding(&bad_image(), "Deployment", "web");
    assert_cause(
        &found,
        "image-not-found",
        &["web:1.0 -> reg.invalid/web:9.9", "revision 2", "revision 1"],
    );
    assert_eq!(value(&found, facts::GOOD_REVISION), "1");
    assert_ne!(
        found.severity,
        Severity::High,
        "the old revision still serves"
    );
}

/// Revision 1 ran `before`; the registry of revision 2 does not serve.
fn registry_down(before: &str) -> Bundle {
    let told = "failed to do request: Head \"https://reg.invalid/v2/web/manifests/2\": dial tcp: \
        lookup reg.invalid: no such host";
    let failing = with(
        unpullable(ready_pod("web", 2, "c"), "reg.invalid/web:2"),
        json!({ "status": { "containerStatuses": [{
            "name": "app", "ready": false, "restartCount": 0,
            "state": { "waiting": { "reason": "ErrImagePull", "message": told } },
        }] } }),
    );
    nodes()
        .with(deployment("web", 1, 1))
        .with(replica_set("web", 1, before, 1, 1))
        .with(replica_set("web", 2, "reg.invalid/web:2", 1, 0))
        .with(ready_pod("web", 1, "a"))
        .with(failing)
}

#[rstest::rstest]
#[case::another_registry("mirror.invalid/web:1", "1")]
#[case::the_same_registry("reg.invalid/web:1", "")]
fn an_undo_helps_against_a_registry_that_is_down_only_where_it_needs_another(
    #[case] before: &str,
    #[case] revision: &str,
) {
    let found = finding(&registry_down(before), "Deployment", "web");
    assert_cause(&found, "registry-unreachable", &["no such host"]);
    assert_eq!(value(&found, facts::GOOD_REVISION), revision);
    let same = found.cause.contains("needs the same registry");
    assert_eq!(same, revision.is_empty(), "{}", found.cause);
}

#[test]
fn a_node_selector_that_no_node_has_is_explained_by_its_revision() {
    let selective =
        json!({ "spec": { "template": { "spec": { "nodeSelector": { "disk": "nvme" } } } } });
    let pending = json!({ "spec": { "nodeSelector": { "disk": "nvme" }, "nodeName": null }, "status": {
        "phase": "Pending", "containerStatuses": null, "conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        }],
    } });
    let bundle = nodes()
        .with(deployment("web", 1, 1))
        .with(replica_set("web", 1, "app:1", 1, 1))
        .with(with(replica_set("web", 2, "app:1", 1, 0), selective))
        .with(ready_pod("web", 1, "a"))
        .with(with(ready_pod("web", 2, "c"), pending));
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(&found, "unschedulable-node-selector", &["disk"]);
    assert_eq!(value(&found, facts::GOOD_REVISION), "1");
}

#[test]
fn a_stuck_rollout_keeps_the_class_of_its_pods() {
    let stuck = json!({ "status": { "conditions": [{
        "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
        "message": "ReplicaSet \"web-r2\" has timed out progressing.",
    }] } });
    let mut bundle = bad_image();
    bundle.objects[2] = with(bundle.objects[2].clone(), stuck);
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(
        &found,
        "image-not-found",
        &["ProgressDeadlineExceeded", "600 s"],
    );
}

#[test]
fn a_change_that_cannot_explain_gives_no_revision() {
    let bundle = nodes()
        .with(deployment("web", 1, 0))
        .with(with(
            replica_set("web", 1, "app:1", 0, 0),
            json!({ "spec": { "template": { "spec": { "containers": [{
            "name": "app", "image": "reg.invalid/web:9.9", "workingDir": "/srv",
        }] } } } }),
        ))
        .with(replica_set("web", 2, "reg.invalid/web:9.9", 1, 0))
        .with(unpullable(ready_pod("web", 2, "c"), "reg.invalid/web:9.9"));
    let found = finding(&bundle, "Deployment", "web");
    assert_eq!(value(&found, facts::GOOD_REVISION), "");
    assert_cause(
        &found,
        "image-not-found",
        &["does not explain this failure"],
    );
}

#[test]
fn a_crash_that_replaced_every_old_pod_goes_back() {
    let bundle = nodes()
        .with(deployment("web", 1, 0))
        .with(replica_set("web", 1, "app:1", 0, 0))
        .with(replica_set("web", 2, "app:2", 1, 0))
        .with(crashing(ready_pod("web", 2, "c"), 1))
        .log("web-r2-c", "app", true, "no such column: customer_tier");
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(
        &found,
        "application-error",
        &["customer_tier", "app:1 -> app:2"],
    );
    assert_eq!(value(&found, facts::GOOD_REVISION), "1");
}

#[test]
fn a_revision_that_failed_before_is_not_good() {
    let bundle = nodes()
        .with(deployment("web", 1, 0))
        .with(replica_set("web", 1, "app:0", 0, 0))
        .with(replica_set("web", 2, "app:1", 0, 0))
        .with(replica_set("web", 3, "app:2", 1, 0))
        .with(crashing(ready_pod("web", 3, "c"), 1))
        .log("web-r3-c", "app", true, "panic: boom")
        .event(
            "Pod",
            "web-r2-x",
            "BackOff",
            "Back-off restarting failed container",
            7,
        );
    let found = finding(&bundle, "Deployment", "web");
    assert_eq!(value(&found, facts::GOOD_REVISION), "1");
}

#[test]
fn pods_with_one_cause_are_one_finding_and_different_causes_are_two() {
    let two = nodes()
        .with(deployment("web", 3, 0))
        .with(replica_set("web", 1, "app:1", 3, 0))
        .with(crashing(ready_pod("web", 1, "a"), 1))
        .with(crashing(ready_pod("web", 1, "b"), 1))
        .with(unpullable(ready_pod("web", 1, "c"), "reg.invalid/web:9.9"))
        .log("web-r1-a", "app", true, "panic: boom")
        .log("web-r1-b", "app", true, "panic: boom");
    let found = findings(&two, "Deployment", "web");
    assert_eq!(found.len(), 2, "{found:#?}");
    let crash = found
        .iter()
        .find(|f| f.class == "application-error")
        .unwrap();
    assert!(
        crash.cause.contains("It affects 2 of 3 pods"),
        "{}",
        crash.cause
    );
}

#[test]
fn a_deadline_without_a_cause_is_a_stuck_rollout() {
    let stuck = json!({
        "spec": { "replicas": 2 },
        "status": { "conditions": [{
            "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
            "message": "ReplicaSet \"web-r1\" has timed out progressing.",
        }] },
    });
    let bundle = nodes()
        .with(with(deployment("web", 2, 1), stuck))
        .with(replica_set("web", 1, "app:1", 2, 1))
        .with(ready_pod("web", 1, "a"));
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(
        &found,
        "rollout-stuck",
        &["1 of 2 pods ready", "timed out progressing"],
    );
}

#[rstest::rstest]
#[case::complete(deployment("web", 1, 1), "1 of 1 pod of")]
#[case::zero(deployment("web", 0, 0), "scaled to zero")]
#[case::paused(with(deployment("web", 2, 1), json!({ "spec": { "paused": true } })), "paused on purpose")]
#[case::rolling(with(deployment("web", 2, 1), json!({ "status": { "conditions": [{
    "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated" }] } })), "in progress")]
fn harmless_deployments(#[case] deployment: serde_json::Value, #[case] why: &str) {
    let bundle = nodes()
        .with(deployment)
        .with(replica_set("web", 1, "app:1", 1, 1))
        .with(ready_pod("web", 1, "a"));
    let said = healthy(&bundle, "Deployment", "web");
    assert!(said.contains(why), "{said}");
}

#[test]
fn young_pods_are_still_starting() {
    let young = json!({
        "metadata": { "creationTimestamp": ago(20) },
        "status": { "phase": "Pending", "conditions": [{ "type": "Ready", "status": "False" }],
            "containerStatuses": [{ "name": "app", "ready": false, "restartCount": 0,
                "state": { "waiting": { "reason": "ContainerCreating" } } }] },
    });
    let bundle = nodes()
        .with(deployment("web", 1, 0))
        .with(replica_set("web", 1, "app:1", 1, 0))
        .with(with(ready_pod("web", 1, "a"), young));
    assert!(healthy(&bundle, "Deployment", "web").contains("still starting"));
}

#[test]
fn what_cannot_be_read_is_said_and_not_called_missing() {
    let bundle = nodes().with(deployment("web", 2, 0)).denying("Pod");
    let found = finding(&bundle, "Deployment", "web");
    assert_eq!(found.class, "undetermined");
    assert!(found.confidence < 40);
    assert!(
        found.unknown.iter().any(|u| u.contains("Pod/shop")),
        "{:?}",
        found.unknown
    );
}
