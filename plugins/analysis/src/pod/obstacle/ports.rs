//! Host ports.

use serde_json::Value;

use crate::finding::Draft;
use crate::json::{items, name, number, text};
use crate::pod::container::shared;
use crate::pod::subject::{LISTED, Subject};

pub fn ports(subject: &Subject, draft: &mut Draft) -> (String, String) {
    let wanted = host_ports(subject.pod);
    let shown = wanted
        .iter()
        .map(i64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let cited = draft.cite("spec.containers[].ports[].hostPort", &shown);
    let pods = subject.case.list("Pod", "");
    let holders: Vec<String> = pods
        .iter()
        .filter(|p| {
            !text(p, "/spec/nodeName").is_empty()
                && host_ports(p).iter().any(|port| wanted.contains(port))
        })
        .filter(|p| !matches!(text(p, "/status/phase"), "Succeeded" | "Failed"))
        .take(LISTED)
        .map(|p| {
            format!(
                "{}/{} on node {}",
                text(p, "/metadata/namespace"),
                name(p),
                text(p, "/spec/nodeName")
            )
        })
        .collect();
    let held = match holders.is_empty() {
        true => String::new(),
        false => format!("; held by {}", holders.join(", ")),
    };
    if let Some(holder) = pods
        .iter()
        .find(|p| holders.first().is_some_and(|h| h.contains(name(p))))
    {
        draft.shared(shared(
            "Pod",
            text(holder, "/metadata/namespace"),
            name(holder),
        ));
    }
    (
        format!("host port {shown} is in use"),
        format!(
            "It needs host port {shown} {cited}, which is in use on every node that it could run \
             on{held}."
        ),
    )
}

fn host_ports(pod: &Value) -> Vec<i64> {
    let ports = items(pod, "/spec/containers")
        .iter()
        .flat_map(|c| items(c, "/ports"));
    let host = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true);
    ports
        .filter_map(|p| {
            number(p, "/hostPort").or_else(|| number(p, "/containerPort").filter(|_| host))
        })
        .filter(|p| *p > 0)
        .collect()
}
