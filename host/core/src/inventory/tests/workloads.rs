use rstest::rstest;
use serde_json::{Value, json};

use super::{NOW, ago, inventory, label, merge, object, one, owned, pod, reasons, unready};

fn deployment(over: Value) -> Value {
    let mut made = object(
        "apps/v1",
        "Deployment",
        "web",
        json!({
            "metadata": {"generation": 2},
            "spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "web"}}}},
            "status": {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3,
                "conditions": [{"type": "Available", "status": "True", "lastTransitionTime": ago(3000)}]},
        }),
    );
    merge(&mut made, over);
    made
}

fn replica_set(over: Value) -> Value {
    let mut made = object(
        "apps/v1",
        "ReplicaSet",
        "web-1",
        json!({"spec": {"replicas": 3}, "status": {"availableReplicas": 3}}),
    );
    merge(&mut made, owned("Deployment", "web"));
    merge(&mut made, over);
    made
}

#[rstest]
#[case::healthy(json!({}))]
#[case::zero(json!({"spec": {"replicas": 0}, "status": {"availableReplicas": 0}}))]
#[case::not_observed_yet(json!({"metadata": {"generation": 3}, "status": {"availableReplicas": 1}}))]
#[case::rolling(json!({"status": {"updatedReplicas": 1, "availableReplicas": 2}}))]
#[case::surge(json!({"status": {"replicas": 4, "availableReplicas": 2}}))]
fn says_nothing_of_a_deployment_that_is_as_wanted(#[case] over: Value) {
    assert!(reasons(&[deployment(over)]).is_empty());
}

#[test]
fn sees_a_rollout_that_is_stuck_once() {
    let seen = one(&[deployment(
        json!({"status": {"availableReplicas": 0, "conditions": [
        {"type": "Available", "status": "False", "lastTransitionTime": ago(700)},
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
         "message": "timed out", "lastTransitionTime": ago(100)}]}}),
    )]);
    assert_eq!(seen.signal.reason, "ProgressDeadlineExceeded");
    assert_eq!(seen.summary.lasting_seconds, 100);
    assert_eq!(
        (seen.summary.desired, seen.summary.available),
        (Some(3), Some(0))
    );
}

#[test]
fn measures_how_long_a_deployment_is_unavailable() {
    let seen = one(&[deployment(
        json!({"status": {"availableReplicas": 0, "conditions": [
        {"type": "Available", "status": "False", "lastTransitionTime": ago(70)}]}}),
    )]);
    assert_eq!(seen.signal.reason, "Unavailable");
    assert_eq!(seen.summary.lasting_seconds, 70);
    assert!(seen.signal.message.contains("0 of 3"));
}

#[test]
fn a_lost_pod_dates_the_unavailability() {
    let mut lost = pod(json!({"status": {"conditions": unready(45), "containerStatuses": []}}));
    merge(&mut lost, owned("ReplicaSet", "web-1"));
    let all = inventory(&[
        deployment(json!({"status": {"availableReplicas": 2}})),
        replica_set(json!({})),
        lost,
    ])
    .observe_all(NOW);
    let seen = all
        .iter()
        .find(|s| label(s) == "Deployment/web Unavailable")
        .unwrap();
    assert_eq!(seen.summary.lasting_seconds, 45);
    assert!(all.iter().all(|s| s.signal.owner.kind == "Deployment"));
}

#[test]
fn what_a_replica_set_is_refused_is_its_deployments_once() {
    let failure = json!({"status": {"conditions": [{"type": "ReplicaFailure", "status": "True",
        "reason": "FailedCreate", "message": "exceeded quota", "lastTransitionTime": ago(30)}]}});
    let alone = one(&[replica_set(failure.clone())]);
    let both = one(&[deployment(failure.clone()), replica_set(failure)]);
    assert_eq!(label(&alone), "Deployment/web ReplicaFailure");
    assert_eq!(alone.signal.id, both.signal.id);
    assert!(both.signal.message.contains("exceeded quota"));
}

#[rstest]
#[case::stateful("StatefulSet", json!({"spec": {"replicas": 2}, "status": {"availableReplicas": 1}}))]
#[case::replica_set("ReplicaSet", json!({"spec": {"replicas": 2}, "status": {}}))]
#[case::controller("ReplicationController", json!({"spec": {}, "status": {}}))]
#[case::daemon("DaemonSet", json!({"status": {"desiredNumberScheduled": 2, "numberAvailable": 1}}))]
fn sees_workloads_that_lack_pods(#[case] kind: &str, #[case] rest: Value) {
    let api_version = crate::kinds::kind(kind).unwrap().api_version();
    let seen = one(&[object(&api_version, kind, "db", rest)]);
    assert_eq!(seen.signal.reason, "Unavailable");
    assert!(seen.summary.lasting_seconds > 0);
}

#[test]
fn an_owned_replica_set_leaves_its_numbers_to_the_deployment() {
    assert!(reasons(&[replica_set(json!({"status": {"availableReplicas": 0}}))]).is_empty());
}

#[test]
fn a_paused_deployment_is_marked() {
    let seen = one(&[deployment(
        json!({"spec": {"paused": true}, "status": {"availableReplicas": 0,
        "conditions": [{"type": "Available", "status": "False", "lastTransitionTime": ago(70)}]}}),
    )]);
    assert!(seen.summary.suspended);
}
