//! An autoscaler that is blind, at its maximum, or without a target.

mod blind;
mod target;

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use self::target::{ScaleTarget, draft};
use crate::case::Case;
use crate::controllers::workload;
use crate::json::{condition_is, items, name, number, reference, spoken, text};
use crate::routing::backend;

/// Explain an incident about a HorizontalPodAutoscaler.
pub fn diagnose(case: &Case, hpa: &Value) -> Conclusion {
    let target = ScaleTarget::of(hpa);
    if let Some(finding) = target.missing(case, hpa) {
        return Conclusion::Findings(vec![finding]);
    }
    if let Some(blind) = condition_is(hpa, "ScalingActive", "False") {
        return blind::explain(case, hpa, &target, blind);
    }
    if let Some(unable) = condition_is(hpa, "AbleToScale", "False") {
        let finding = blind::no_metrics(case, hpa, &target, "AbleToScale", unable);
        return Conclusion::Findings(vec![finding]);
    }
    match at_max(case, hpa, &target) {
        Some(finding) => Conclusion::Findings(vec![finding]),
        None => Conclusion::Healthy(format!("{} can scale", spoken(&reference(hpa)))),
    }
}

/// The autoscaler wants more than its maximum.
fn at_max(case: &Case, hpa: &Value, target: &ScaleTarget) -> Option<Finding> {
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
            draft.say(format!("{metric} is {now}, target {wanted} {values}."));
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
            "its target fails as well ({}); more pods may not help",
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
