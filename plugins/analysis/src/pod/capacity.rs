//! What a pod asks for and what nodes have left.

use k8shawk_sdk::quantity;
use serde_json::Value;

use super::subject::Subject;
use crate::json::{items, name, text};

/// What one node has of a resource, in thousandths.
pub struct Room {
    /// Node name.
    pub node: String,
    /// What pods may use.
    pub allocatable: i128,
    /// What is not yet requested.
    pub free: i128,
}

/// What the pod asks of a resource, in thousandths: its containers together, or its largest
/// init container, plus the overhead of its RuntimeClass.
pub fn requested(pod: &Value, resource: &str) -> i128 {
    let of = |container: &Value| {
        let at = |bound: &str| {
            container
                .pointer("/resources")?
                .get(bound)?
                .get(resource)
                .and_then(amount)
        };
        at("requests").or_else(|| at("limits")).unwrap_or(0)
    };
    let init = items(pod, "/spec/initContainers");
    let (sidecars, once): (Vec<&Value>, Vec<&Value>) = init
        .iter()
        .partition(|c| text(c, "/restartPolicy") == "Always");
    let running: i128 = items(pod, "/spec/containers")
        .iter()
        .chain(sidecars.iter().copied())
        .map(of)
        .sum();
    let largest = once.into_iter().map(of).max().unwrap_or(0);
    let overhead = pod
        .pointer("/spec/overhead")
        .and_then(|o| o.get(resource))
        .and_then(amount)
        .unwrap_or(0);
    running.max(largest) + overhead
}

fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => quantity::milli(text),
        number => quantity::milli(&number.to_string()),
    }
}

/// Every resource that the pod asks for.
pub fn resources(pod: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for container in items(pod, "/spec/containers")
        .iter()
        .chain(items(pod, "/spec/initContainers"))
    {
        for bound in ["requests", "limits"] {
            let asked = container
                .pointer(&format!("/resources/{bound}"))
                .and_then(Value::as_object);
            names.extend(asked.into_iter().flat_map(|map| map.keys().cloned()));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The room on every node, the roomiest first.
pub fn rooms(subject: &Subject, nodes: &[Value], resource: &str) -> Vec<Room> {
    let mut rooms: Vec<Room> = nodes
        .iter()
        .map(|node| room(subject, node, resource))
        .collect();
    rooms.sort_by_key(|room| std::cmp::Reverse(room.free));
    rooms
}

fn room(subject: &Subject, node: &Value, resource: &str) -> Room {
    let allocatable = node
        .pointer("/status/allocatable")
        .and_then(|a| a.get(resource))
        .and_then(amount)
        .unwrap_or(0);
    let pods = subject.case.list("Pod", "");
    let used: i128 = if resource == "pods" {
        i128::try_from(on(&pods, name(node)).count()).unwrap_or(0) * 1000
    } else {
        on(&pods, name(node))
            .map(|pod| requested(pod, resource))
            .sum()
    };
    Room {
        node: name(node).to_owned(),
        allocatable,
        free: allocatable - used,
    }
}

/// The pods that take room on a node.
pub fn on<'p>(pods: &'p [Value], node: &'p str) -> impl Iterator<Item = &'p Value> {
    pods.iter().filter(move |p| {
        text(p, "/spec/nodeName") == node
            && !matches!(text(p, "/status/phase"), "Succeeded" | "Failed")
    })
}

/// True where the node has room for all that the pod asks.
pub fn fits(subject: &Subject, node: &Value) -> bool {
    let roomy =
        |resource: &String| room(subject, node, resource).free >= requested(subject.pod, resource);
    resources(subject.pod).iter().all(roomy) && {
        let pods = room(subject, node, "pods");
        pods.allocatable == 0 || pods.free >= 1000
    }
}
