//! What stands behind a Service: its pods, and whether any is ready.

use k8shawk_sdk::count;
use std::rc::Rc;

use k8shawk_sdk::analysis::{Conclusion, Finding};
use serde_json::Value;

use crate::case::Case;
use crate::controllers::failure::amend;
use crate::json::{deleting, has_labels, is_ready, items, name, pairs, spoken, text};
use crate::near;

/// State of a Service's backend.
pub enum Backend {
    /// The cluster says that there is no such Service; the clause names the nearest one.
    NoService(String),
    /// The Service could not be read.
    Unknown,
    /// So many endpoints are ready.
    Ready(usize),
    /// No endpoint is ready: a text that says why, and the cause of its pods if there is one.
    Down(String, Option<Box<Finding>>),
}

impl Backend {
    /// The state in words, to follow "its backend".
    pub fn spoken(&self, namespace: &str, service: &str) -> String {
        match self {
            Backend::NoService(near) => {
                format!("Service {namespace}/{service} does not exist{near}")
            }
            Backend::Unknown => format!("Service {namespace}/{service} could not be read"),
            Backend::Ready(n) => {
                let ready = count(*n, "ready endpoint");
                format!("Service {namespace}/{service} has {ready}")
            }
            Backend::Down(why, _) => {
                format!("Service {namespace}/{service} has no ready endpoints ({why})")
            }
        }
    }

    /// True where the backend is known not to answer.
    pub fn is_down(&self) -> bool {
        matches!(self, Backend::NoService(_) | Backend::Down(..))
    }
}

/// Look behind a Service.
pub fn state(case: &Case, namespace: &str, service: &str) -> Backend {
    let Some(found) = case.get("Service", namespace, service) else {
        if !case.is_missing("Service", namespace, service) {
            return Backend::Unknown;
        }
        let all = case.list("Service", namespace);
        return Backend::NoService(near::clause(service, all.iter().map(name)));
    };
    if let Some(ready) = ready_endpoints(case, &found).filter(|n| *n > 0) {
        return Backend::Ready(ready);
    }
    if pairs(&found, "/spec/selector").is_empty() {
        return Backend::Unknown;
    }
    let pods = selected(case, &found);
    let live = pods
        .iter()
        .filter(|pod| is_ready(pod) && !deleting(pod))
        .count();
    if live > 0 && ready_endpoints(case, &found).is_none() {
        return Backend::Ready(live);
    }
    let selector = crate::json::written(&pairs(&found, "/spec/selector"));
    if pods.is_empty() {
        return Backend::Down(format!("no pod matches its selector {selector}"), None);
    }
    let cause = pods_cause(case, &pods);
    let names = pods.iter().map(name).take(4).collect::<Vec<_>>().join(", ");
    let why = match &cause {
        Some(finding) => format!("its pods {names} fail: {}", finding.title),
        None => format!("none of its pods {names} is ready"),
    };
    Backend::Down(why, cause.map(Box::new))
}

/// Ready addresses in the Service's EndpointSlices; `None` where they are not readable.
pub fn ready_endpoints(case: &Case, service: &Value) -> Option<usize> {
    let namespace = text(service, "/metadata/namespace");
    if case.unreadable("EndpointSlice", namespace) {
        return None;
    }
    let slices = slices(case, service);
    if slices.is_empty() && !pairs(service, "/spec/selector").is_empty() {
        return None;
    }
    let ready = |e: &&Value| e.pointer("/conditions/ready").and_then(Value::as_bool) != Some(false);
    Some(
        slices
            .iter()
            .flat_map(|s| items(s, "/endpoints"))
            .filter(ready)
            .count(),
    )
}

/// EndpointSlices of a Service.
pub fn slices(case: &Case, service: &Value) -> Vec<Value> {
    let listed = case.list("EndpointSlice", text(service, "/metadata/namespace"));
    let of = |s: &&Value| {
        let label = s
            .pointer("/metadata/labels")
            .and_then(|l| l.get("kubernetes.io/service-name"));
        label.and_then(Value::as_str) == Some(name(service))
    };
    listed.iter().filter(of).cloned().collect()
}

/// Pods that the Service selects and that are not finished.
pub fn selected(case: &Case, service: &Value) -> Vec<Value> {
    let selector = pairs(service, "/spec/selector");
    let pods = case.list("Pod", text(service, "/metadata/namespace"));
    let finished = |pod: &Value| matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
    let fits = |pod: &&Value| !selector.is_empty() && has_labels(pod, &selector) && !finished(pod);
    pods.iter().filter(fits).cloned().collect()
}

/// The workload that owns a pod, where it can be read.
pub fn workload_of(case: &Case, pod: &Value) -> Option<Rc<Value>> {
    let owner = crate::owner::root_owner(case, pod);
    case.get(&owner.kind, &owner.namespace, &owner.name)
}

/// The first cause of these pods, by their workload.
pub fn pods_cause(case: &Case, pods: &[Value]) -> Option<Finding> {
    let first = pods
        .iter()
        .find(|pod| !is_ready(pod))
        .or_else(|| pods.first())?;
    case.deeper(|| match workload_of(case, first) {
        Some(owner) if text(&owner, "/kind") != "Pod" => first_of(case.explain_workload(&owner)),
        _ => crate::pod::diagnose(case, first),
    })?
}

/// The first finding of a conclusion.
pub fn first_of(conclusion: Conclusion) -> Option<Finding> {
    match conclusion {
        Conclusion::Findings(findings) => findings.into_iter().next(),
        Conclusion::Healthy(_) => None,
    }
}

/// Where a dependency has pods and they fail, their workload is what others share.
pub fn blame(case: &Case, finding: &mut Finding) {
    if finding.class != "dependency-unreachable" {
        return;
    }
    let Some(service) = finding.shared.clone().filter(|s| s.kind == "Service") else {
        return;
    };
    let state = state(case, &service.namespace, &service.name);
    let Backend::Down(_, Some(cause)) = state else {
        return;
    };
    amend(finding, |draft| {
        let cited = draft.cite(
            format!("cause of {} ({})", service.name, cause.class),
            &cause.cause,
        );
        draft.say(format!(
            "The cause is in {}: {} {cited}.",
            spoken(&cause.owner),
            cause.title
        ));
        draft.shared(cause.owner.clone());
    });
}
