//! An autoscaler that cannot see.

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use super::target::{ScaleTarget, draft};
use crate::case::Case;
use crate::controllers::{age, pods_of, workload};
use crate::finding::Draft;
use crate::json::{condition_is, items, name, named, reference, spoken, text};
use crate::routing::backend;

/// Seconds in which metrics may be absent after a start.
const SETTLE: i64 = 180;

/// `ScalingActive=False`: on purpose, or because requests, pods or metrics are missing.
pub fn explain(case: &Case, hpa: &Value, target: &ScaleTarget, blind: &Value) -> Conclusion {
    let said = text(blind, "/message");
    if text(blind, "/reason") == "ScalingDisabled" {
        return Conclusion::Healthy(format!("{} is scaled to zero on purpose", target.spoken()));
    }
    if said.contains("missing request for") {
        return Conclusion::Findings(vec![requests_missing(case, hpa, target, said)]);
    }
    let object = case.get(target.kind, target.namespace, target.name);
    let unready = said.contains("unready") || said.contains("no metrics returned");
    if let Some(object) = object.as_deref().filter(|_| unready) {
        let cause = case
            .deeper(|| backend::first_of(workload::diagnose(case, object)))
            .flatten();
        if let Some(cause) = cause {
            let mut draft = Draft::resume(no_metrics(case, hpa, target, "ScalingActive", blind));
            let cited = draft.cite(
                format!("cause of the target ({})", cause.class),
                &cause.cause,
            );
            draft.say(format!(
                "Its target has no running pods to measure: {} {cited}.",
                cause.title
            ));
            draft.shared(reference(object)).confidence(88);
            return Conclusion::Findings(vec![draft.finish()]);
        }
        let young = pods_of(case, object)
            .iter()
            .all(|pod| age(case, pod) < SETTLE);
        if young || age(case, hpa) < SETTLE {
            return Conclusion::Healthy(format!("the pods of {} are new", target.spoken()));
        }
    }
    Conclusion::Findings(vec![no_metrics(case, hpa, target, "ScalingActive", blind)])
}

fn requests_missing(case: &Case, hpa: &Value, target: &ScaleTarget, said: &str) -> Finding {
    let rest = said
        .split_once("missing request for ")
        .map_or("", |(_, rest)| rest);
    let mut words = rest.split_whitespace();
    let resource = words.next().unwrap_or("cpu").to_owned();
    let object = case.get(target.kind, target.namespace, target.name);
    let template = object.as_deref().and_then(|o| o.pointer("/spec/template"));
    let without: Vec<&str> = template
        .map_or(&[][..], |t| items(t, "/spec/containers"))
        .iter()
        .filter(|c| {
            c.pointer(&format!("/resources/requests/{resource}"))
                .is_none()
        })
        .map(|c| text(c, "/name"))
        .collect();
    let mut draft = draft(case, hpa, "hpa-requests-missing", Severity::Medium);
    let cited = draft.cite("status.conditions[ScalingActive]", said);
    draft
        .title(format!(
            "autoscaler {}: its target sets no {resource} request",
            name(hpa)
        ))
        .confidence(95)
        .say(format!(
            "{} scales on {resource} utilisation, a percentage of the request, but \
             {} sets no {resource} request{}: \"{said}\" {cited}.",
            spoken(&reference(hpa)),
            target.spoken(),
            match without.as_slice() {
                [] => String::new(),
                names => format!(" in container {}", names.join(", ")),
            }
        ));
    if let [only] = without.as_slice() {
        draft.fact(facts::CONTAINER, *only);
    }
    draft.shared(named(target.kind, target.namespace, target.name));
    draft.finish()
}

/// API groups of metrics, and the APIService behind each.
const METRICS: &[(&str, &str)] = &[
    ("external metric", "v1beta1.external.metrics.k8s.io"),
    ("external.metrics", "v1beta1.external.metrics.k8s.io"),
    ("custom metric", "v1beta1.custom.metrics.k8s.io"),
    ("custom.metrics", "v1beta1.custom.metrics.k8s.io"),
    ("resource metric", "v1beta1.metrics.k8s.io"),
    ("metrics.k8s.io", "v1beta1.metrics.k8s.io"),
];

pub fn no_metrics(
    case: &Case,
    hpa: &Value,
    target: &ScaleTarget,
    kind: &str,
    why: &Value,
) -> Finding {
    let (reason, said) = (text(why, "/reason"), text(why, "/message"));
    let mut draft = draft(case, hpa, "hpa-no-metrics", Severity::Medium);
    let cited = draft.cite(
        format!("status.conditions[{kind}]"),
        format!("{reason}: {said}"),
    );
    draft
        .title(format!("autoscaler {} gets no metrics", name(hpa)))
        .confidence(80)
        .say(format!(
            "{} cannot scale {} ({kind} is False, {reason}): \"{said}\" {cited}.",
            spoken(&reference(hpa)),
            target.spoken()
        ));
    let Some((_, api)) = METRICS.iter().find(|(words, _)| said.contains(words)) else {
        draft.unknown("the source of the metric");
        return draft.finish();
    };
    match case.get("APIService", "", api) {
        Some(found) => {
            let down = condition_is(&found, "Available", "True").is_none();
            let condition = crate::json::condition(&found, "Available");
            let state = condition.map_or("unknown", |c| text(c, "/message"));
            let cited = draft.cite(format!("APIService {api} Available"), state);
            let word = if down {
                "is not available"
            } else {
                "is available"
            };
            draft.say(format!(
                "Its metrics come from APIService {api}, which {word} {cited}."
            ));
            let (ns, service) = (
                text(&found, "/spec/service/namespace"),
                text(&found, "/spec/service/name"),
            );
            if down {
                draft.shared(reference(&found)).confidence(93);
                let state = backend::state(case, ns, service).spoken(ns, service);
                let cited = draft.cite(format!("Service {ns}/{service}"), &state);
                draft.say(format!("Its backend: {state} {cited}."));
            }
        }
        None if case.is_missing("APIService", "", api) => {
            draft.shared(named("APIService", "", api)).confidence(92);
            let cited = draft.cite(format!("APIService {api}"), "does not exist");
            draft.say(format!(
                "APIService {api} is not registered: no metrics server is installed {cited}."
            ));
        }
        None => {
            draft.unknown(format!("the state of APIService {api}"));
        }
    }
    draft.finish()
}
