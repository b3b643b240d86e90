//! Pods as Kubernetes shows them, and what is said of each.

mod crash;
mod dependency;
mod evict;
mod harmless;
mod place;
mod run;
mod start;
mod topology;
mod volume;

use k8shawk_sdk::analysis::Finding;
use serde_json::{Value, json};

use crate::pod::diagnose;
use crate::testing::{Bundle, ago, assert_cited};

/// A running pod `web-1` of the Deployment `web` with one container `app`.
pub fn web() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "web-1", "namespace": "shop", "uid": "u1", "creationTimestamp": ago(900),
            "labels": {"app": "web"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-2", "uid": "r2", "controller": true}],
        },
        "spec": {
            "nodeName": "node-a", "restartPolicy": "Always",
            "containers": [{
                "name": "app", "image": "registry.example/shop/web:v2",
                "ports": [{"name": "http", "containerPort": 8080}],
                "resources": {"limits": {"memory": "128Mi", "cpu": "1"}},
            }],
        },
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": "PodScheduled", "status": "True"},
                {"type": "Ready", "status": "True"},
                {"type": "ContainersReady", "status": "True"},
            ],
            "containerStatuses": [{
                "name": "app", "ready": true, "started": true, "restartCount": 0,
                "state": {"running": {"startedAt": ago(880)}},
            }],
        },
    })
}

/// The pod with its values at JSON pointers replaced.
pub fn but(mut pod: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let key = key.replace("~1", "/");
        match pod.pointer_mut(parent) {
            Some(Value::Object(map)) => {
                map.insert(key, value.clone());
            }
            Some(Value::Array(list)) => {
                list[key.parse::<usize>().expect("an index")] = value.clone()
            }
            _ => panic!("no {parent}"),
        }
    }
    pod
}

/// The pod, with its container in this state and not ready.
pub fn state(state: Value) -> Value {
    but(
        web(),
        &[
            ("/status/containerStatuses/0/state", state),
            ("/status/containerStatuses/0/ready", json!(false)),
            ("/status/containerStatuses/0/started", json!(false)),
            ("/status/conditions/1/status", json!("False")),
        ],
    )
}

/// The pod, waiting with this reason and message.
pub fn waiting(reason: &str, message: &str) -> Value {
    let pod = state(json!({"waiting": {"reason": reason, "message": message}}));
    but(pod, &[("/status/phase", json!("Pending"))])
}

/// The pod, in a crash loop after this last exit.
pub fn crashing(code: i64, reason: &str) -> Value {
    let pod = state(
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}}),
    );
    but(
        pod,
        &[
            ("/status/containerStatuses/0/restartCount", json!(5)),
            (
                "/status/containerStatuses/0/lastState",
                ended(code, reason, ""),
            ),
        ],
    )
}

/// A terminated state.
pub fn ended(code: i64, reason: &str, message: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": ago(40), "finishedAt": ago(30)}})
}

/// A pod without a node, with the scheduler's message.
pub fn unscheduled(message: &str) -> Value {
    let mut pod = but(
        web(),
        &[(
            "/status",
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}),
        )],
    );
    pod["spec"]
        .as_object_mut()
        .expect("a spec")
        .remove("nodeName");
    pod
}

/// A ready node with two cores and 4 GiB.
pub fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "creationTimestamp": ago(86_400), "labels": {"kubernetes.io/hostname": name, "disktype": "ssd", "zone": "a"}},
        "spec": {},
        "status": {
            "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    })
}

/// The Deployment, its two ReplicaSets and the node of the pod.
pub fn around(pod: Value) -> Bundle {
    let set = |name: &str, revision: &str, image: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": name, "namespace": "shop",
                "annotations": {"deployment.kubernetes.io/revision": revision},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d1", "controller": true}],
            },
            "spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
        })
    };
    Bundle::default()
        .with(pod)
        .with(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "d1"}}))
        .with(set("web-1", "1", "registry.example/shop/web:v1"))
        .with(set("web-2", "2", "registry.example/shop/web:v2"))
        .with(node("node-a"))
}

/// What is said of the pod.
pub fn said(bundle: &Bundle) -> Option<Finding> {
    let found = bundle.about("Pod", "web-1", diagnose);
    if let Some(finding) = &found {
        assert_cited(finding);
        assert!(!finding.title.is_empty(), "no title: {}", finding.cause);
        assert!(
            !finding.cause.contains("  ") && !finding.cause.contains(".."),
            "{}",
            finding.cause
        );
    }
    found
}

/// The finding, which must be of this class and name all of `names`.
pub fn expect(bundle: &Bundle, class: &str, names: &[&str]) -> Finding {
    let finding = said(bundle).expect("a finding");
    assert_eq!(finding.class, class, "{}", finding.cause);
    for name in names {
        assert!(
            finding.cause.contains(name),
            "{name:?} is not named in: {}",
            finding.cause
        );
    }
    finding
}

/// A fact of the finding, or empty.
pub fn fact<'f>(finding: &'f Finding, key: &str) -> &'f str {
    crate::finding::fact(finding, key).unwrap_or_default()
}
