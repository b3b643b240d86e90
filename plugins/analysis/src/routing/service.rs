//! Why a Service has no endpoints, or sends to a port that nobody serves.

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::{facts, workloads};
use serde_json::Value;

use super::backend::{pods_cause, ready_endpoints, selected, workload_of};
use super::near_selector::{self, Near};
use super::ports;
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{
    deleting, has_labels, is_ready, name, number, pairs, reference, spoken, text, written,
};

/// Explain an incident about a Service.
pub fn diagnose(case: &Case, service: &Value) -> Conclusion {
    let subject = spoken(&reference(service));
    let namespace = text(service, "/metadata/namespace");
    if text(service, "/spec/type") == "ExternalName" {
        return Conclusion::Healthy(format!("{subject} only names an external host"));
    }
    if pairs(service, "/spec/selector").is_empty() {
        return Conclusion::Healthy(format!(
            "{subject} has no selector: its endpoints are managed elsewhere"
        ));
    }
    if case.unreadable("Pod", namespace) {
        return Conclusion::Findings(vec![crate::undetermined::quote(case, service, &[])]);
    }
    let pods = selected(case, service);
    if pods.is_empty() {
        return no_pod(case, service);
    }
    let live = pods
        .iter()
        .filter(|pod| is_ready(pod) && !deleting(pod))
        .count();
    if let Some(finding) = ports::mismatch(case, service, &pods) {
        return Conclusion::Findings(vec![finding]);
    }
    if live == 0 {
        return none_ready(case, service, &pods);
    }
    if let Some(finding) = load_balancer(case, service) {
        return Conclusion::Findings(vec![finding]);
    }
    Conclusion::Healthy(format!(
        "{live} of {} behind {subject} ready",
        count(pods.len(), "pod")
    ))
}

fn draft(case: &Case, class: &str, severity: Severity, service: &Value) -> Draft {
    let owner = crate::owner::owner_of(case, service);
    Draft::new(class, severity, reference(service), owner)
}

/// The selector matches no pod.
fn no_pod(case: &Case, service: &Value) -> Conclusion {
    let selector = pairs(service, "/spec/selector");
    let namespace = text(service, "/metadata/namespace");
    for kind in workloads::ALL {
        for workload in case.list(kind, namespace).iter() {
            let template = workload.pointer("/spec/template").unwrap_or(&Value::Null);
            if !has_labels(template, &selector) || owned(workload) {
                continue;
            }
            if number(workload, "/spec/replicas") == Some(0) {
                return Conclusion::Healthy(format!(
                    "{} selects {}, which is scaled to zero",
                    spoken(&reference(service)),
                    spoken(&reference(workload))
                ));
            }
            return behind_workload(case, service, workload);
        }
    }
    Conclusion::Findings(vec![mismatch(case, service)])
}

fn owned(object: &Value) -> bool {
    !crate::json::items(object, "/metadata/ownerReferences").is_empty()
}

/// The workload is right but has no pods: its cause is the Service's.
fn behind_workload(case: &Case, service: &Value, of: &Value) -> Conclusion {
    match case.deeper(|| case.explain_workload(of)) {
        None => Conclusion::Findings(Vec::new()),
        Some(Conclusion::Healthy(why)) => Conclusion::Healthy(why),
        Some(Conclusion::Findings(causes)) => {
            let why = format!("{} has no pods", spoken(&reference(of)));
            Conclusion::Findings(vec![no_ready(
                case,
                service,
                &why,
                causes.into_iter().next(),
                of,
            )])
        }
    }
}

/// The selector fits nothing: names what it nearly selects.
fn mismatch(case: &Case, service: &Value) -> Finding {
    let selector = pairs(service, "/spec/selector");
    let namespace = text(service, "/metadata/namespace");
    let mut draft = draft(case, "service-selector-mismatch", Severity::High, service);
    let cited = draft.cite("spec.selector", written(&selector));
    draft
        .title(format!(
            "the selector of Service {} matches no pod",
            name(service)
        ))
        .confidence(80)
        .say(format!(
            "{} selects {}, and no pod of namespace {namespace} has these labels, so it has no \
             endpoints {cited}.",
            spoken(&reference(service)),
            written(&selector)
        ));
    match near_selector::nearest(case, service) {
        Near::One(candidate) => {
            let labels = draft.cite(
                format!("labels of pod {}", candidate.pod),
                &candidate.labels,
            );
            if candidate.sure {
                draft
                    .confidence(95)
                    .fact(facts::SUGGESTED_SELECTOR, &candidate.selector);
            } else {
                draft.unknown(format!(
                    "whether {} is the intended workload",
                    candidate.workload
                ));
            }
            draft.say(format!(
                "It nearly selects {}, whose pods differ in {}: the selector {} would match \
                     {} of them {labels}.",
                candidate.workload, candidate.difference, candidate.selector, candidate.pods
            ));
        }
        Near::Several(workloads) => {
            let cited = draft.cite("pods that differ in one label", workloads.join(", "));
            draft.say(format!(
                "It nearly selects several: {} {cited}.",
                workloads.join(", ")
            ));
            draft.unknown("which of them the Service should select");
        }
        Near::None => {
            draft.confidence(65);
            draft.unknown(format!(
                "which pods it should select: kubectl get pods -n {namespace} --show-labels"
            ));
        }
    }
    draft.finish()
}

/// Pods are selected and none is ready.
fn none_ready(case: &Case, service: &Value, pods: &[Value]) -> Conclusion {
    let names = pods.iter().map(name).take(4).collect::<Vec<_>>().join(", ");
    let Some(first) = pods.iter().find(|pod| !deleting(pod)) else {
        return Conclusion::Healthy(format!(
            "all pods behind {} are terminating: {names}",
            spoken(&reference(service))
        ));
    };
    let cause = pods_cause(case, pods);
    if cause.is_none() && crate::controllers::age(case, first) < 120 {
        return Conclusion::Healthy(format!(
            "the pods behind {} are still starting: {names}",
            spoken(&reference(service))
        ));
    }
    let why = format!("0 of {} ready: {names}", count(pods.len(), "pod"));
    let of = workload_of(case, first);
    let of = of.as_deref().unwrap_or(first);
    Conclusion::Findings(vec![no_ready(case, service, &why, cause, of)])
}

/// `service-no-ready-endpoints` with the cause of its pods, to be merged with theirs.
fn no_ready(
    case: &Case,
    service: &Value,
    why: &str,
    cause: Option<Finding>,
    of: &Value,
) -> Finding {
    let mut draft = draft(case, "service-no-ready-endpoints", Severity::High, service);
    let endpoints = match ready_endpoints(case, service) {
        Some(n) => count(n, "ready endpoint"),
        None => "endpoints not read; judged by its pods".to_owned(),
    };
    let cited = draft.cite("EndpointSlices of the Service", endpoints);
    draft
        .title(format!("Service {} has no ready endpoints", name(service)))
        .shared(reference(of))
        .say(format!(
            "{} has no ready endpoints: {why} {cited}.",
            spoken(&reference(service))
        ));
    let Some(cause) = cause else {
        draft
            .confidence(55)
            .unknown(crate::undetermined::describe(&reference(of)));
        return draft.finish();
    };
    let quoted = draft.cite(format!("cause of its pods ({})", cause.class), &cause.cause);
    draft.confidence(cause.confidence).say(format!(
        "The cause is in {}, class {}: {} {quoted}.",
        spoken(&reference(of)),
        cause.class,
        cause.title
    ));
    for fact in &cause.facts {
        draft.fact(&fact.key, &fact.value);
    }
    draft.finish()
}

/// A load balancer that cannot be made, by the event of its controller.
fn load_balancer(case: &Case, service: &Value) -> Option<Finding> {
    let wanted = text(service, "/spec/type") == "LoadBalancer";
    let pending = crate::json::items(service, "/status/loadBalancer/ingress").is_empty();
    let events = crate::undetermined::warnings(case, &reference(service));
    let event = events
        .iter()
        .find(|e| e.reason == "SyncLoadBalancerFailed")?;
    if !wanted || !pending {
        return None;
    }
    let mut draft = draft(case, "load-balancer-failed", Severity::Medium, service);
    let cited = draft.cite("event SyncLoadBalancerFailed", &event.message);
    draft
        .title(format!(
            "no load balancer can be created for Service {}",
            name(service)
        ))
        .confidence(85)
        .say(format!(
            "{} is of type LoadBalancer and has no address: its controller \
             fails: \"{}\" {cited}.",
            spoken(&reference(service)),
            event.message
        ));
    Some(draft.finish())
}
