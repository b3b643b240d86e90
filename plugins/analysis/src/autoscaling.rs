//! An autoscaler that is blind, at its maximum, or without a target.

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use crate::case::Case;
use crate::controllers::{age, pods_of, workload};
use crate::finding::Draft;
use crate::json::{condition_is, items, name, named, number, reference, spoken, text};
use crate::near;
use crate::routing::backend;

/// Seconds in which metrics may be absent after a start.
const SETTLE: i64 = 180;

/// Explain an incident about a HorizontalPodAutoscaler.
pub fn diagnose(case: &Case, hpa: &Value) -> Conclusion {
    let target = Target::of(hpa);
    if let Some(finding) = target.missing(case, hpa) {
        return Conclusion::Findings(vec![finding]);
    }
    if let Some(blind) = condition_is(hpa, "ScalingActive", "False") {
        return blind_for(case, hpa, &target, blind);
    }
    if let Some(unable) = condition_is(hpa, "AbleToScale", "False") {
        let finding = no_metrics(case, hpa, &target, "AbleToScale", unable);
        return Conclusion::Findings(vec![finding]);
    }
    match at_max(case, hpa, &target) {
        Some(finding) => Conclusion::Findings(vec![finding]),
        None => Conclusion::Healthy(format!("{} can scale", spoken(&reference(hpa)))),
    }
}

/// What the autoscaler scales.
struct Target<'v> {
    kind: &'v str,
    name: &'v str,
    namespace: &'v str,
}

impl<'v> Target<'v> {
    fn of(hpa: &'v Value) -> Self {
        Target {
            kind: text(hpa, "/spec/scaleTargetRef/kind"),
            name: text(hpa, "/spec/scaleTargetRef/name"),
            namespace: text(hpa, "/metadata/namespace"),
        }
    }

    fn spoken(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    fn missing(&self, case: &Case, hpa: &Value) -> Option<Finding> {
        if !case.is_missing(self.kind, self.namespace, self.name) {
            return None;
        }
        let all = case.list(self.kind, self.namespace);
        let mut near = near::clause(self.name, all.iter().map(name));
        let other = ["Deployment", "StatefulSet"]
            .into_iter()
            .find(|kind| *kind != self.kind && case.get(kind, self.namespace, self.name).is_some());
        if let Some(other) = other {
            near = format!("; there is a {other} of that name");
        }
        let mut draft = draft(case, hpa, "hpa-target-missing", Severity::Medium);
        let cited = draft.cite(
            "spec.scaleTargetRef",
            format!("{} {}", self.kind, self.name),
        );
        draft
            .title(format!(
                "the target {} of autoscaler {} does not exist",
                self.name,
                name(hpa)
            ))
            .confidence(95)
            .say(format!(
                "{} scales {}, which does not exist{near} {cited}.",
                spoken(&reference(hpa)),
                self.spoken()
            ));
        if let Some(unable) = condition_is(hpa, "AbleToScale", "False") {
            let said = text(unable, "/message");
            let cited = draft.cite("status.conditions[AbleToScale]", said);
            draft.say(format!("Its controller says \"{said}\" {cited}."));
        }
        Some(draft.finish())
    }
}

fn draft(case: &Case, hpa: &Value, class: &str, severity: Severity) -> Draft {
    let owner = crate::dispatch::owner_of(case, hpa);
    Draft::new(class, severity, reference(hpa), owner)
}

/// `ScalingActive=False`: on purpose, for want of requests, of pods, or of metrics.
fn blind_for(case: &Case, hpa: &Value, target: &Target, blind: &Value) -> Conclusion {
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

fn requests_missing(case: &Case, hpa: &Value, target: &Target, said: &str) -> Finding {
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
            "autoscaler {} lacks the {resource} request of its target",
            name(hpa)
        ))
        .confidence(95)
        .say(format!(
            "{} scales by {resource} utilisation, which is a share of the request, but {} sets \
             no {resource} request{}: \"{said}\" {cited}.",
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

fn no_metrics(case: &Case, hpa: &Value, target: &Target, kind: &str, why: &Value) -> Finding {
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
        draft.unknown("where the metric should come from");
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

/// The autoscaler wants more than its maximum.
fn at_max(case: &Case, hpa: &Value, target: &Target) -> Option<Finding> {
    let limited = condition_is(hpa, "ScalingLimited", "True")
        .filter(|c| text(c, "/reason") == "TooManyReplicas")?;
    let max = number(hpa, "/spec/maxReplicas")?;
    let current = number(hpa, "/status/currentReplicas").unwrap_or(max);
    if current < max {
        return None;
    }
    let pressure = pressure(hpa);
    if pressure
        .as_ref()
        .is_some_and(|(now, wanted, _)| now <= wanted)
    {
        return None;
    }
    let mut draft = draft(case, hpa, "hpa-at-max", Severity::Low);
    let cited = draft.cite(
        "status.conditions[ScalingLimited]",
        text(limited, "/message"),
    );
    draft
        .title(format!(
            "autoscaler {} is at its maximum of {max}",
            name(hpa)
        ))
        .confidence(90)
        .say(format!(
            "{} has scaled {} to its maxReplicas {max} and wants more {cited}.",
            spoken(&reference(hpa)),
            target.spoken()
        ));
    let needed = match pressure {
        Some((now, wanted, metric)) => {
            let values = draft.cite(
                "status.currentMetrics",
                format!("{metric}: {now} of {wanted}"),
            );
            draft.say(format!(
                "{metric} is {now}, and its target is {wanted} {values}."
            ));
            // The autoscaler's own rule: replicas in proportion to the metric, rounded up.
            (current * now).div_euclid(wanted.max(1))
                + i64::from(current * now % wanted.max(1) != 0)
        }
        None => max + max.div_euclid(2).max(1),
    };
    let suggested = needed.clamp(max + 1, max * 2);
    draft.fact(facts::SUGGESTED_MAX, suggested.to_string());
    let object = case.get(target.kind, target.namespace, target.name);
    let cause = object.and_then(|o| backend::first_of(workload::diagnose(case, &o)));
    if let Some(cause) = cause {
        draft.unknown(format!(
            "its target fails as well ({}), which more pods may not help",
            cause.class
        ));
    }
    Some(draft.finish())
}

/// The metric furthest above its target: present, wanted, name.
fn pressure(hpa: &Value) -> Option<(i64, i64, String)> {
    let current = items(hpa, "/status/currentMetrics");
    let value =
        |metric: &Value, at: &str| number(metric, &format!("/resource/{at}/averageUtilization"));
    items(hpa, "/spec/metrics")
        .iter()
        .filter_map(|metric| {
            let resource = text(metric, "/resource/name");
            let now = current
                .iter()
                .find(|c| text(c, "/resource/name") == resource)?;
            let utilisation = format!("{resource} utilisation in percent");
            Some((
                value(now, "current")?,
                value(metric, "target")?,
                utilisation,
            ))
        })
        .max_by_key(|(now, wanted, _)| now * 100 / wanted.max(&1))
}
