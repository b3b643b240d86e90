//! What is said when no pattern fits: the strongest facts, quoted, and what to check next.

use k8shawk_sdk::analysis::{Conclusion, Finding, ObjectRef, Severity};
use k8shawk_sdk::event::EventRow;
use serde_json::Value;

use crate::case::Case;
use crate::controllers::age;
use crate::finding::Draft;
use crate::json::{is_ready, items, number, reference, spoken, text};

/// Conditions that say that something is broken when they hold.
const BAD_WHEN_TRUE: &[&str] = &[
    "ReplicaFailure",
    "Failed",
    "Stalled",
    "Degraded",
    "Terminating",
];

/// Conditions that say that something is broken when they do not hold.
const BAD_WHEN_FALSE: &[&str] = &[
    "Ready",
    "Available",
    "Progressing",
    "Established",
    "AbleToScale",
    "ScalingActive",
    "ContainersReady",
    "PodScheduled",
    "Healthy",
    "Synced",
    "Reconciled",
];

/// Seconds in which a pod may still be starting.
const STARTING: i64 = 120;

/// How old an event may be to count, in milliseconds.
const RECENT: i64 = 900_000;

/// Healthy where nothing says that the object is broken; else a finding that quotes what does.
pub fn explain(case: &Case, object: &Value) -> Conclusion {
    let conditions = broken_conditions(object);
    let events = warnings(case, &reference(object));
    let failed = text(object, "/status/phase") == "Failed";
    if conditions.is_empty() && events.is_empty() && !failed {
        let subject = spoken(&reference(object));
        return Conclusion::Healthy(format!(
            "{subject} shows no failing condition and no recent warning"
        ));
    }
    Conclusion::Findings(vec![quote(case, object, &[])])
}

/// The same for a lone pod in which the pod-level analysis found nothing.
pub fn pod(case: &Case, pod: &Value) -> Conclusion {
    let phase = text(pod, "/status/phase");
    let named = spoken(&reference(pod));
    match phase {
        "Succeeded" => Conclusion::Healthy(format!("{named} has completed")),
        "Running" if is_ready(pod) => Conclusion::Healthy(format!("{named} is running and ready")),
        _ if age(case, pod) < STARTING => Conclusion::Healthy(format!("{named} is still starting")),
        _ => Conclusion::Findings(vec![quote(case, pod, &[])]),
    }
}

/// A finding of class `undetermined` about `object` and some of its pods.
pub fn quote(case: &Case, object: &Value, pods: &[Value]) -> Finding {
    let subject = reference(object);
    let owner = crate::owner::owner_of(case, object);
    let mut draft = Draft::new("undetermined", Severity::Medium, subject.clone(), owner);
    draft.title(format!(
        "{} is failing; no known pattern matches",
        spoken(&subject)
    ));
    draft
        .say("No known pattern matches; the strongest facts are quoted.")
        .confidence(25);
    quote_status(&mut draft, object);
    quote_conditions(&mut draft, object);
    for pod in pods.iter().filter(|pod| !is_ready(pod)).take(2) {
        let phase = text(pod, "/status/phase");
        let cited = draft.cite(format!("{} status", spoken(&reference(pod))), phase);
        draft.say(format!(
            "{} is {phase} and not ready {cited}.",
            spoken(&reference(pod))
        ));
        quote_conditions(&mut draft, pod);
        quote_events(case, &mut draft, &reference(pod));
    }
    quote_events(case, &mut draft, &subject);
    let signals = case.incident.signals.iter().rev().take(2);
    for signal in signals {
        let cited = draft.cite(format!("signal {}", signal.reason), &signal.message);
        draft.say(format!(
            "The incident was opened for {} {cited}.",
            signal.reason
        ));
    }
    draft.unknown(format!("the cause; next: {}", describe(&subject)));
    draft.finish()
}

/// A finding where neither object nor owner may be read.
pub fn unreadable(case: &Case) -> Finding {
    let incident = case.incident;
    let mut draft = Draft::new(
        "undetermined",
        incident.severity,
        incident.object.clone(),
        incident.owner.clone(),
    );
    draft
        .title(format!("{} cannot be read", spoken(&incident.object)))
        .confidence(15);
    for signal in incident.signals.iter().rev().take(3) {
        let cited = draft.cite(format!("signal {}", signal.reason), &signal.message);
        draft.say(format!(
            "{}: \"{}\" {cited}.",
            signal.reason, signal.message
        ));
    }
    draft.unknown(format!(
        "everything else: {} could not be read",
        spoken(&incident.object)
    ));
    draft.finish()
}

/// The command that shows an object.
pub fn describe(object: &ObjectRef) -> String {
    let namespace = match object.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    format!(
        "kubectl describe {} {}{namespace}",
        object.kind.to_lowercase(),
        object.name
    )
}

/// Conditions that speak of a fault.
pub fn broken_conditions(object: &Value) -> Vec<&Value> {
    let broken = |condition: &&Value| {
        let kind = text(condition, "/type");
        let status = text(condition, "/status");
        (status == "True" && BAD_WHEN_TRUE.contains(&kind))
            || (matches!(status, "False" | "Unknown") && BAD_WHEN_FALSE.contains(&kind))
    };
    items(object, "/status/conditions")
        .iter()
        .filter(broken)
        .collect()
}

/// What an object says of itself in numbers, or its phase.
fn quote_status(draft: &mut Draft, object: &Value) {
    let counts: Vec<String> = [
        ("replicas wanted", "/spec/replicas"),
        ("replicas", "/status/replicas"),
        ("ready", "/status/readyReplicas"),
        ("wanted on nodes", "/status/desiredNumberScheduled"),
        ("ready on nodes", "/status/numberReady"),
        ("active", "/status/active"),
        ("failed", "/status/failed"),
    ]
    .iter()
    .filter_map(|(word, at)| Some(format!("{word} {}", number(object, at)?)))
    .collect();
    let phase = text(object, "/status/phase");
    let said = match counts.as_slice() {
        [] if phase.is_empty() => return,
        [] if phase == "Failed" => format!("phase Failed, {:?}", text(object, "/status/message")),
        [] => format!("phase {phase}"),
        counts => counts.join(", "),
    };
    let cited = draft.cite("status", &said);
    draft.say(format!("Its status says: {said} {cited}."));
}

fn quote_conditions(draft: &mut Draft, object: &Value) {
    for condition in broken_conditions(object).into_iter().take(3) {
        let (kind, reason) = (text(condition, "/type"), text(condition, "/reason"));
        let said = text(condition, "/message");
        let source = format!("status.conditions[{kind}]");
        let excerpt = format!("{} {reason}: {said}", text(condition, "/status"));
        let cited = draft.cite(source, excerpt);
        let status = text(condition, "/status");
        draft.say(format!(
            "Condition {kind} is {status} ({reason}): \"{said}\" {cited}."
        ));
    }
}

/// Recent warnings about an object, newest first, each reason once.
pub fn warnings(case: &Case, object: &ObjectRef) -> Vec<EventRow> {
    let mut found: Vec<EventRow> = Vec::new();
    for event in case.events(object).into_iter().rev() {
        let known = found.iter().any(|f| f.reason == event.reason);
        if event.kind == "Warning" && case.incident.now - event.last_seen < RECENT && !known {
            found.push(event);
        }
    }
    found
}

fn quote_events(case: &Case, draft: &mut Draft, object: &ObjectRef) {
    for event in warnings(case, object).iter().take(3) {
        let (reason, said) = (&event.reason, &event.message);
        let cited = draft.cite(format!("event {reason} of {}", object.name), said);
        draft.say(format!("Event {reason}: \"{said}\" {cited}."));
    }
}
