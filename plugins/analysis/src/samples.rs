//! Objects for tests, as a cluster would hold them.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a kit for tests"
)]

use k8shawk_sdk::analysis::{Conclusion, Finding};
use serde_json::{Value, json};

use crate::dispatch;
use crate::finding::fact;
use crate::testing::{Bundle, ago, assert_cited};

/// A JSON merge: objects are merged, all else is replaced.
pub fn with(mut base: Value, patch: Value) -> Value {
    merge(&mut base, patch);
    base
}

fn merge(base: &mut Value, patch: Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, patch) => *base = patch,
    }
}

/// An object of an hour ago.
pub fn object(kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": k8shawk_sdk::kinds::api_version(kind), "kind": kind,
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{kind}-{name}"),
            "creationTimestamp": ago(3600),
        },
    })
}

/// A cluster with two nodes.
pub fn nodes() -> Bundle {
    let node = |name| {
        let status = json!({ "status": { "conditions": [{ "type": "Ready", "status": "True" }] } });
        with(cluster_object("Node", name), status)
    };
    Bundle::default().with(node("n1")).with(node("n2"))
}

/// An object without a namespace.
pub fn cluster_object(kind: &str, name: &str) -> Value {
    with(
        object(kind, name),
        json!({ "metadata": { "namespace": "" } }),
    )
}

fn owner(kind: &str, name: &str) -> Value {
    json!([{ "kind": kind, "name": name, "controller": true, "uid": format!("uid-{kind}-{name}") }])
}

/// The same object, owned by another.
pub fn owned(object: Value, kind: &str, name: &str) -> Value {
    with(
        object,
        json!({ "metadata": { "ownerReferences": owner(kind, name) } }),
    )
}

fn template(image: &str, app: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": app } },
        "spec": { "containers": [{
            "name": "app", "image": image,
            "ports": [{ "name": "http", "containerPort": 8080 }],
        }] },
    })
}

/// A Deployment with so many pods wanted and available.
pub fn deployment(name: &str, wanted: i64, available: i64) -> Value {
    with(
        object("Deployment", name),
        json!({
            "spec": { "replicas": wanted, "template": template("app:1", name) },
            "status": {
                "replicas": available, "readyReplicas": available, "availableReplicas": available,
                "updatedReplicas": available,
                "conditions": [
                    { "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" },
                ],
            },
        }),
    )
}

/// A ReplicaSet of revision `revision`: `app-r<revision>`.
pub fn replica_set(app: &str, revision: i64, image: &str, wanted: i64, ready: i64) -> Value {
    let set = with(
        object("ReplicaSet", &format!("{app}-r{revision}")),
        json!({
            "metadata": { "annotations": {
                "deployment.kubernetes.io/revision": revision.to_string(),
            } },
            "spec": { "replicas": wanted, "template": template(image, app) },
            "status": { "replicas": wanted, "readyReplicas": ready },
        }),
    );
    owned(set, "Deployment", app)
}

/// A pod of a ReplicaSet, ready.
pub fn ready_pod(app: &str, revision: i64, suffix: &str) -> Value {
    let set = format!("{app}-r{revision}");
    let pod = lone_pod(&format!("{set}-{suffix}"), app);
    let hash = json!({ "metadata": { "labels": { "pod-template-hash": format!("r{revision}") } } });
    owned(with(pod, hash), "ReplicaSet", &set)
}

/// A pod that nothing owns, ready.
pub fn lone_pod(name: &str, app: &str) -> Value {
    with(
        object("Pod", name),
        json!({
            "metadata": { "labels": { "app": app } },
            "spec": { "nodeName": "n1", "containers": [{
                "name": "app", "image": "app:1",
                "ports": [{ "name": "http", "containerPort": 8080 }],
            }] },
            "status": {
                "phase": "Running", "podIP": "10.0.0.9",
                "conditions": [{ "type": "Ready", "status": "True" }],
                "containerStatuses": [{
                    "name": "app", "image": "app:1", "ready": true, "restartCount": 0,
                    "state": { "running": { "startedAt": ago(3500) } },
                }],
            },
        }),
    )
}

/// The pod, crashing with an exit code.
pub fn crashing(pod: Value, code: i64) -> Value {
    with(
        pod,
        json!({ "status": {
            "conditions": [{ "type": "Ready", "status": "False", "lastTransitionTime": ago(300) }],
            "containerStatuses": [{
                "name": "app", "image": "app:1", "ready": false, "restartCount": 5,
                "state": { "waiting": { "reason": "CrashLoopBackOff" } },
                "lastState": { "terminated": {
                    "reason": "Error", "exitCode": code, "startedAt": ago(62),
                    "finishedAt": ago(60),
                } },
            }],
        } }),
    )
}

/// The pod, ended with an exit code and never to be restarted.
pub fn ended(pod: Value, code: i64) -> Value {
    with(
        pod,
        json!({
            "spec": { "restartPolicy": "Never" },
            "status": {
                "phase": if code == 0 { "Succeeded" } else { "Failed" },
                "conditions": [{ "type": "Ready", "status": "False" }],
                "containerStatuses": [{
                    "name": "app", "ready": false, "restartCount": 0,
                    "state": { "terminated": {
                        "reason": if code == 0 { "Completed" } else { "Error" },
                        "exitCode": code, "startedAt": ago(62), "finishedAt": ago(60),
                    } },
                }],
            },
        }),
    )
}

/// The pod, whose image does not exist.
pub fn unpullable(pod: Value, image: &str) -> Value {
    let message = format!(
        "failed to pull image \"{image}\": rpc error: code = NotFound desc = {image}: not found"
    );
    with(
        pod,
        json!({
            "spec": { "containers": [{ "name": "app", "image": image }] },
            "status": {
                "phase": "Pending",
                "conditions": [{ "type": "Ready", "status": "False" }],
                "containerStatuses": [{
                    "name": "app", "image": image, "ready": false, "restartCount": 0,
                    "state": { "waiting": { "reason": "ErrImagePull", "message": message } },
                }],
            },
        }),
    )
}

/// A Service on port 80 to target port 8080.
pub fn service(name: &str, selector: Value) -> Value {
    with(
        object("Service", name),
        json!({ "spec": {
            "type": "ClusterIP", "selector": selector,
            "ports": [{ "name": "web", "port": 80, "targetPort": 8080 }],
        } }),
    )
}

/// A ready Deployment with one pod and its ReplicaSet.
pub fn healthy_app(bundle: Bundle, app: &str) -> Bundle {
    bundle
        .with(deployment(app, 1, 1))
        .with(replica_set(app, 1, "app:1", 1, 1))
        .with(ready_pod(app, 1, "a"))
}

/// What is concluded of the first object of a kind and name.
pub fn conclude(bundle: &Bundle, kind: &str, name: &str) -> Conclusion {
    bundle.about(kind, name, |case, _| dispatch::conclude(case))
}

/// The only finding, cited throughout.
pub fn finding(bundle: &Bundle, kind: &str, name: &str) -> Finding {
    let found = findings(bundle, kind, name);
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

/// The findings, each cited throughout.
pub fn findings(bundle: &Bundle, kind: &str, name: &str) -> Vec<Finding> {
    match conclude(bundle, kind, name) {
        Conclusion::Findings(found) => {
            found.iter().for_each(assert_cited);
            found
        }
        Conclusion::Healthy(why) => panic!("healthy: {why}"),
    }
}

/// The reason for which nothing is broken.
pub fn healthy(bundle: &Bundle, kind: &str, name: &str) -> String {
    match conclude(bundle, kind, name) {
        Conclusion::Healthy(why) => why,
        Conclusion::Findings(found) => panic!("{found:#?}"),
    }
}

/// The finding has the class and all these words in its cause.
pub fn assert_cause(finding: &Finding, class: &str, words: &[&str]) {
    assert_eq!(finding.class, class, "{}", finding.cause);
    for word in words {
        assert!(
            finding.cause.contains(word),
            "\"{word}\" is not in: {}",
            finding.cause
        );
    }
}

/// Value of a fact, or empty.
pub fn value<'f>(finding: &'f Finding, key: &str) -> &'f str {
    fact(finding, key).unwrap_or_default()
}
