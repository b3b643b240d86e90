use k8shawk_sdk::facts;
use serde_json::{Value, json};

use crate::samples::*;
use crate::testing::Bundle;

fn stateful_set(wanted: i64) -> Value {
    with(
        object("StatefulSet", "db"),
        json!({
            "spec": { "replicas": wanted, "serviceName": "db-headless", "template": {} },
            "status": { "currentRevision": "db-1", "updateRevision": "db-1" },
        }),
    )
}

fn member(ordinal: i64, revision: &str) -> Value {
    let pod = lone_pod(&format!("db-{ordinal}"), "db");
    let label = json!({ "metadata": { "labels": { "controller-revision-hash": revision } } });
    owned(with(pod, label), "StatefulSet", "db")
}

#[test]
fn names_the_ordinal_and_who_waits_for_it() {
    let bundle = nodes()
        .with(stateful_set(3))
        .with(service("db-headless", json!({ "app": "db" })))
        .with(member(0, "db-1"))
        .with(crashing(member(1, "db-1"), 1))
        .log("db-1", "app", true, "data directory is not empty");
    let found = finding(&bundle, "StatefulSet", "db");
    assert_cause(
        &found,
        "application-error",
        &[
            "Pod db-1 is ordinal 1",
            "ordinals 2 to 2 wait",
            "data directory",
        ],
    );
}

#[test]
fn a_pod_of_a_revision_that_was_taken_back_must_be_deleted() {
    let set = with(
        stateful_set(1),
        json!({ "status": { "updateRevision": "db-2" } }),
    );
    let bundle = nodes()
        .with(set)
        .with(service("db-headless", json!({ "app": "db" })))
        .with(crashing(member(0, "db-1"), 1))
        .log("db-0", "app", true, "panic: boom");
    let found = finding(&bundle, "StatefulSet", "db");
    assert_eq!(value(&found, facts::STALE_POD), "db-0");
}

#[test]
fn a_missing_headless_service_is_named_with_the_nearest() {
    let bundle = nodes()
        .with(stateful_set(1))
        .with(service("db-headles", json!({ "app": "db" })))
        .with(member(0, "db-1"));
    let found = finding(&bundle, "StatefulSet", "db");
    assert_cause(
        &found,
        "statefulset-service-missing",
        &["db-headless", "\"db-headles\""],
    );
}

#[test]
fn a_service_that_may_not_be_read_is_not_missing() {
    let bundle = nodes()
        .with(stateful_set(1))
        .with(member(0, "db-1"))
        .denying("Service");
    healthy(&bundle, "StatefulSet", "db");
}

#[test]
fn an_ordinal_that_nobody_refuses_is_stuck() {
    let bundle = nodes()
        .with(stateful_set(2))
        .with(service("db-headless", json!({ "app": "db" })))
        .with(member(0, "db-1"));
    let found = finding(&bundle, "StatefulSet", "db");
    assert_cause(&found, "statefulset-stuck", &["ordinal 1 does not exist"]);
}

fn daemon_set(wanted: i64, ready: i64) -> Value {
    with(
        object("DaemonSet", "agent"),
        json!({ "spec": { "template": {} },
            "status": { "desiredNumberScheduled": wanted, "numberReady": ready } }),
    )
}

#[test]
fn a_daemon_set_names_the_nodes_that_fail() {
    let bundle = nodes()
        .with(daemon_set(2, 1))
        .with(owned(lone_pod("agent-a", "agent"), "DaemonSet", "agent"))
        .with(owned(
            crashing(
                with(
                    lone_pod("agent-b", "agent"),
                    json!({ "spec": { "nodeName": "n2" } }),
                ),
                1,
            ),
            "DaemonSet",
            "agent",
        ))
        .log("agent-b", "app", true, "cannot open /dev/kmsg");
    let found = finding(&bundle, "DaemonSet", "agent");
    assert_cause(
        &found,
        "application-error",
        &["1 of 2 nodes", "fails on n2"],
    );
}

#[test]
fn a_daemon_set_without_a_pod_on_a_node_is_incomplete() {
    let bundle = Bundle::default()
        .with(daemon_set(2, 1))
        .with(owned(lone_pod("agent-a", "agent"), "DaemonSet", "agent"))
        .with(cluster_object("Node", "n1"))
        .with(with(
            cluster_object("Node", "n2"),
            json!({ "spec": { "taints": [
            { "key": "gpu", "value": "yes", "effect": "NoSchedule" }] } }),
        ));
    let found = finding(&bundle, "DaemonSet", "agent");
    assert_eq!(found.class, "daemonset-incomplete", "{}", found.cause);
    assert!(
        found.cause.contains("gpu=yes:NoSchedule") || found.cause.contains("n2"),
        "{}",
        found.cause
    );
}

#[test]
fn a_daemon_set_for_no_node_is_harmless() {
    assert!(healthy(&nodes().with(daemon_set(0, 0)), "DaemonSet", "agent").contains("no node"));
}
