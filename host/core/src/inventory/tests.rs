//! Objects in, observations out.

use serde_json::{Value, json};

use super::{Inventory, Observation};
use crate::object::ObjectRef;

mod events;
mod index;
mod jobs;
mod pods;
mod routing;
mod scaling;
mod storage;
mod workloads;

/// 2026-01-01T12:00:00Z.
pub(super) const NOW: i64 = 1_767_268_800_000;

/// The time some seconds before [`NOW`].
pub(super) fn ago(seconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(NOW - seconds * 1000).unwrap();
    time.to_string()
}

/// An object of namespace `shop` with the uid `<kind>-<name>`, one hour old.
pub(super) fn object(api_version: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut made = json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "uid": format!("{kind}-{name}").to_lowercase(),
            "creationTimestamp": ago(3600),
        },
    });
    if crate::kinds::kind(kind).is_some_and(|k| k.namespaced) {
        made["metadata"]["namespace"] = json!("shop");
    }
    merge(&mut made, rest);
    made
}

/// Lay one value over another.
pub(super) fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

pub(super) fn owned(kind: &str, name: &str) -> Value {
    let api_version = match kind {
        "Job" | "CronJob" => "batch/v1",
        _ => "apps/v1",
    };
    json!({"metadata": {"ownerReferences": [{
        "apiVersion": api_version, "kind": kind, "name": name,
        "uid": format!("{kind}-{name}").to_lowercase(), "controller": true,
    }]}})
}

/// A healthy pod `web` with one container `app` of port 8080, with changes.
pub(super) fn pod(over: Value) -> Value {
    let mut made = object(
        "v1",
        "Pod",
        "web",
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "nodeName": "n1",
                "containers": [{"name": "app", "image": "app:1",
                                "ports": [{"name": "http", "containerPort": 8080}]}],
            },
            "status": {
                "phase": "Running",
                "startTime": ago(3600),
                "conditions": [
                    {"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(3600)},
                    {"type": "Ready", "status": "True", "lastTransitionTime": ago(3500)},
                ],
                "containerStatuses": [{
                    "name": "app", "ready": true, "restartCount": 0,
                    "state": {"running": {"startedAt": ago(3600)}}, "lastState": {},
                }],
            },
        }),
    );
    merge(&mut made, over);
    made
}

/// Conditions of a pod that is not ready for some seconds.
pub(super) fn unready(seconds: i64) -> Value {
    json!([
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(3600)},
        {"type": "Ready", "status": "False", "reason": "ContainersNotReady",
         "message": "containers with unready status: [app]", "lastTransitionTime": ago(seconds)},
    ])
}

pub(super) fn inventory(objects: &[Value]) -> Inventory {
    let mut inventory = Inventory::new();
    for object in objects {
        inventory.apply(object);
    }
    assert_eq!(inventory.malformed(), 0);
    inventory
}

/// `Kind/name reason` of everything that is observed.
pub(super) fn reasons(objects: &[Value]) -> Vec<String> {
    inventory(objects)
        .observe_all(NOW)
        .iter()
        .map(label)
        .collect()
}

pub(super) fn label(seen: &Observation) -> String {
    format!(
        "{}/{} {}",
        seen.signal.object.kind, seen.signal.object.name, seen.signal.reason
    )
}

/// The only observation.
pub(super) fn one(objects: &[Value]) -> Observation {
    let mut all = inventory(objects).observe_all(NOW);
    assert_eq!(
        all.len(),
        1,
        "{:?}",
        all.iter().map(label).collect::<Vec<_>>()
    );
    all.remove(0)
}

pub(super) fn reference(kind: &str, name: &str) -> ObjectRef {
    let kind = crate::kinds::kind(kind).unwrap();
    let namespace = if kind.namespaced { "shop" } else { "" };
    ObjectRef::new(&kind.api_version(), kind.kind, namespace, name)
}
