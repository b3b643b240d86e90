//! The state of what a process depends on.

use k8shawk_sdk::count;
use serde_json::Value;

use super::container;
use super::setting::tokens;
use super::subject::Subject;
use crate::finding::Draft;
use crate::json::{deleting, has_labels, is_ready, items, name, number, pairs, selects, text};

/// What is known of a Service's backends.
pub struct Backend {
    /// A sentence on it, with its citation.
    pub state: String,
    /// True where that explains the failure.
    pub known: bool,
}

/// True where a Service's selector, if it has any, finds the object.
fn finds(selector: Option<&Value>, object: &Value) -> bool {
    let labels = selector.map(|s| pairs(s, "")).unwrap_or_default();
    !labels.is_empty() && has_labels(object, &labels)
}

/// The state of a Service: its selector, its pods and their readiness, its ports.
pub fn state(subject: &Subject, service: &Value, line: &str, draft: &mut Draft) -> Backend {
    let namespace = text(service, "/metadata/namespace");
    let selector = service.pointer("/spec/selector");
    let called = format!("Service {namespace}/{}", name(service));
    let shown = selector.map_or_else(|| "none".to_owned(), Value::to_string);
    if subject.case.unreadable("Pod", namespace) {
        return Backend {
            state: format!("No permission to read the pods behind {called}."),
            known: false,
        };
    }
    let pods = subject.case.list("Pod", namespace);
    let chosen: Vec<&Value> = pods.iter().filter(|p| finds(selector, p)).collect();
    let ready = chosen.iter().filter(|p| serves(p)).count();
    let cited = draft.cite(
        format!("{called} spec.selector"),
        format!("{shown}: {}, {ready} ready", count(chosen.len(), "pod")),
    );
    if chosen.is_empty() {
        return Backend {
            state: format!(
                "{called} has no endpoint: its selector {shown} matches no pod {cited}."
            ),
            known: true,
        };
    }
    if ready == 0 {
        let states: Vec<String> = chosen
            .iter()
            .take(3)
            .map(|p| format!("{} ({})", name(p), describe(p)))
            .collect();
        return Backend {
            state: format!(
                "{called} has no ready endpoint: 0 of {} ready: {} {cited}.",
                count(chosen.len(), "pod"),
                states.join(", ")
            ),
            known: true,
        };
    }
    if let Some(port) = wrong_port(service, line) {
        let ports: Vec<String> = items(service, "/spec/ports")
            .iter()
            .filter_map(|p| number(p, "/port"))
            .map(|p| p.to_string())
            .collect();
        return Backend {
            state: format!(
                "{called} has {}, but it serves port {}, not {port} {cited}.",
                count(ready, "ready endpoint"),
                ports.join(", ")
            ),
            known: true,
        };
    }
    Backend {
        state: format!(
            "{called} has {} now {cited}: a wrong target port, a NetworkPolicy, or an outage that \
             has ended.",
            count(ready, "ready endpoint")
        ),
        known: false,
    }
}

/// The port in the line, if it is none of the Service's.
fn wrong_port(service: &Value, line: &str) -> Option<u16> {
    let ports: Vec<i64> = items(service, "/spec/ports")
        .iter()
        .filter_map(|p| number(p, "/port"))
        .collect();
    let named: u16 = tokens(line)
        .filter(|t| t.contains(name(service)) || t.contains(text(service, "/spec/clusterIP")))
        .filter_map(|t| {
            t.split('/')
                .find_map(|part| part.rsplit_once(':')?.1.parse().ok())
        })
        .next()?;
    (!ports.contains(&i64::from(named))).then_some(named)
}

/// The state of a pod in a few words.
pub fn describe(pod: &Value) -> String {
    for container in container::all(pod) {
        if let Some(reason) = container.stuck() {
            return format!("container {} waits: {reason}", container.name());
        }
        if let Some(exit) = container
            .exit()
            .filter(|e| e.code != 0 && !container.ready())
        {
            return format!(
                "container {} ended with exit code {}",
                container.name(),
                exit.code
            );
        }
    }
    match text(pod, "/status/phase") {
        "Running" if !serves(pod) => "running, not ready".to_owned(),
        "Pending" if text(pod, "/spec/nodeName").is_empty() => "not scheduled".to_owned(),
        phase => phase.to_owned(),
    }
}

/// True where the pod is ready and stays.
pub fn serves(pod: &Value) -> bool {
    is_ready(pod) && !deleting(pod)
}

/// The NetworkPolicies that could stand between the pod and a Service's pods.
pub fn policies(subject: &Subject, service: &Value, draft: &mut Draft) {
    let there = text(service, "/metadata/namespace");
    let mut found = Vec::new();
    for policy in subject
        .case
        .list("NetworkPolicy", subject.namespace())
        .iter()
    {
        if covers(policy, subject.pod) && directs(policy, "Egress") {
            found.push(format!(
                "{} (egress of pod {})",
                name(policy),
                subject.object.name
            ));
        }
    }
    let pods = subject.case.list("Pod", there);
    let backend = pods
        .iter()
        .find(|p| finds(service.pointer("/spec/selector"), p));
    for policy in subject.case.list("NetworkPolicy", there).iter() {
        if backend.is_some_and(|b| covers(policy, b)) && directs(policy, "Ingress") {
            found.push(format!(
                "{} (ingress of Service {})",
                name(policy),
                name(service)
            ));
        }
    }
    if !found.is_empty() {
        let cited = draft.cite("NetworkPolicies that select either end", found.join(", "));
        draft.say(format!(
            "NetworkPolicies apply on this path: {} {cited}.",
            found.join(", ")
        ));
    }
}

fn covers(policy: &Value, pod: &Value) -> bool {
    selects(policy.pointer("/spec/podSelector"), pod)
}

fn directs(policy: &Value, direction: &str) -> bool {
    let types = items(policy, "/spec/policyTypes");
    match types.is_empty() {
        true => direction == "Ingress" || policy.pointer("/spec/egress").is_some(),
        false => types.iter().any(|t| t.as_str() == Some(direction)),
    }
}
