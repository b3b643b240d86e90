//! A disruption budget that blocks every eviction.

use k8shawk_sdk::analysis::{Conclusion, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{condition, name, number, reference, selects, spoken, text};
use crate::routing::backend::pods_cause;

/// Explain an incident about a PodDisruptionBudget.
pub fn diagnose(case: &Case, budget: &Value) -> Conclusion {
    let read = |at| number(budget, at).unwrap_or_default();
    let allowed = read("/status/disruptionsAllowed");
    let (expected, healthy, desired) = (
        read("/status/expectedPods"),
        read("/status/currentHealthy"),
        read("/status/desiredHealthy"),
    );
    let subject = spoken(&reference(budget));
    if let Some(failed) =
        condition(budget, "DisruptionAllowed").filter(|c| text(c, "/reason") == "SyncFailed")
    {
        return cannot_count(case, budget, text(failed, "/message"));
    }
    if allowed > 0 || expected == 0 {
        return Conclusion::Healthy(format!(
            "{subject} allows {} of {}",
            count(allowed, "disruption"),
            count(expected, "pod")
        ));
    }
    let listed = case.list("Pod", text(budget, "/metadata/namespace"));
    let pods: Vec<Value> = listed
        .iter()
        .filter(|pod| selects(budget.pointer("/spec/selector"), pod))
        .cloned()
        .collect();
    if healthy < desired {
        if let Some(cause) = pods_cause(case, &pods) {
            return Conclusion::Findings(vec![cause]);
        }
        return Conclusion::Healthy(format!(
            "{subject} waits for its pods: {healthy} of {desired} are healthy"
        ));
    }
    Conclusion::Findings(vec![blocks(
        case,
        budget,
        &pods,
        (expected, healthy, desired),
    )])
}

/// The rule as it is written.
fn rule(budget: &Value) -> String {
    for field in ["minAvailable", "maxUnavailable"] {
        match budget.pointer("/spec").and_then(|s| s.get(field)) {
            Some(Value::String(text)) => return format!("{field}: {text}"),
            Some(other) => return format!("{field}: {other}"),
            None => {}
        }
    }
    "no rule".to_owned()
}

fn blocks(
    case: &Case,
    budget: &Value,
    pods: &[Value],
    (expected, healthy, desired): (i64, i64, i64),
) -> k8shawk_sdk::analysis::Finding {
    let owner = pods.first().map(|pod| crate::owner::root_owner(case, pod));
    let mut draft = Draft::new(
        "pdb-blocks-eviction",
        Severity::Low,
        reference(budget),
        reference(budget),
    );
    let rule = rule(budget);
    let cited = draft.cite("spec", &rule);
    let status = draft.cite(
        "status",
        format!(
            "disruptionsAllowed 0, expectedPods {expected}, currentHealthy {healthy}, \
             desiredHealthy {desired}"
        ),
    );
    let workload = owner.as_ref().map_or_else(|| "its pods".to_owned(), spoken);
    draft
        .title(format!(
            "PodDisruptionBudget {} blocks every eviction",
            name(budget)
        ))
        .confidence(94)
        .say(format!(
            "{} ({rule}) {cited} requires {} of {workload}, which has {expected}, {healthy} of them healthy: disruptionsAllowed is 0, so \
             no drain or eviction can proceed {status}.",
            spoken(&reference(budget)),
            count(desired, "healthy pod")
        ))
        .unknown("whether the budget is supposed to block every drain");
    // With a number, one pod more lets one go; a share of all, or none at all, never does.
    let fixed = number(budget, "/spec/minAvailable").is_some_and(|min| min == desired);
    let scalable = owner
        .as_ref()
        .is_some_and(|o| matches!(&*o.kind, "Deployment" | "StatefulSet"));
    if fixed && scalable {
        draft.fact(facts::SUGGESTED_REPLICAS, (desired + 1).to_string());
        draft.say(format!(
            "With {}, one could be evicted at a time.",
            count(desired + 1, "pod")
        ));
    }
    if let Some(owner) = owner {
        draft.victim(owner);
    }
    draft.finish()
}

fn cannot_count(case: &Case, budget: &Value, said: &str) -> Conclusion {
    let owner = crate::owner::owner_of(case, budget);
    let mut draft = Draft::new(
        "pdb-blocks-eviction",
        Severity::Low,
        reference(budget),
        owner,
    );
    let cited = draft.cite("status.conditions[DisruptionAllowed]", said);
    draft
        .title(format!(
            "PodDisruptionBudget {} cannot count its pods",
            name(budget)
        ))
        .confidence(85)
        .say(format!(
            "{} cannot count its pods, so it allows no eviction: \"{said}\" {cited}.",
            spoken(&reference(budget))
        ));
    Conclusion::Findings(vec![draft.finish()])
}
