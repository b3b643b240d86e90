//! A namespace that is stuck in Terminating.

use k8shawk_sdk::analysis::{Conclusion, Severity};
use serde_json::Value;

use super::{PROTECTING, STUCK, controller_of};
use crate::case::Case;
use crate::controllers::seconds_since;
use crate::finding::Draft;
use crate::json::{condition_is, deleting, items, named, reference, spoken, text};

/// Conditions of a namespace in deletion that tell what is left.
const NAMESPACE_CONDITIONS: &[&str] = &[
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
];

/// Kinds that are searched for what is left in a namespace.
const REMAINING: &[&str] = &[
    "Pod",
    "PersistentVolumeClaim",
    "ConfigMap",
    "Secret",
    "Service",
    "ServiceAccount",
    "Job",
    "Deployment",
    "StatefulSet",
    "Ingress",
];

/// Explain an incident about a namespace.
pub fn diagnose(case: &Case, namespace: &Value) -> Conclusion {
    let subject = reference(namespace);
    let since = seconds_since(case, namespace, "/metadata/deletionTimestamp");
    let Some(since) = since.filter(|s| *s >= STUCK) else {
        return Conclusion::Healthy(format!("{} is not stuck in deletion", spoken(&subject)));
    };
    let left = remaining(case, &subject.name);
    let mut draft = Draft::new(
        "namespace-stuck",
        Severity::Medium,
        subject.clone(),
        subject.clone(),
    );
    draft.shared(subject.clone());
    let cited = draft.cite(
        "metadata.deletionTimestamp",
        text(namespace, "/metadata/deletionTimestamp"),
    );
    draft
        .title(format!(
            "namespace {} is stuck in Terminating",
            subject.name
        ))
        .confidence(80)
        .say(format!(
            "{} has been terminating for {since} s {cited}.",
            spoken(&subject)
        ));
    for kind in NAMESPACE_CONDITIONS {
        if let Some(condition) = condition_is(namespace, kind, "True") {
            let said = text(condition, "/message");
            let cited = draft.cite(format!("status.conditions[{kind}]"), said);
            draft
                .say(format!("{kind}: \"{said}\" {cited}."))
                .confidence(88);
        }
    }
    blame(case, namespace, &left, &mut draft);
    Conclusion::Findings(vec![draft.finish()])
}

/// The unavailable API, or the objects with finalizers.
fn blame(case: &Case, namespace: &Value, left: &[Value], draft: &mut Draft) {
    let discovery = condition_is(namespace, "NamespaceDeletionDiscoveryFailure", "True");
    for (api, reason) in crate::apiservice::unavailable(case).into_iter().take(2) {
        if discovery.is_some() {
            let cited = draft.cite(format!("APIService {api} Available"), &reason);
            draft
                .confidence(95)
                .shared(named("APIService", "", &api))
                .say(format!(
                    "APIService {api} is not available ({reason}), so the controller cannot list \
                 what is left {cited}."
                ));
        }
    }
    for object in left.iter().take(3) {
        let finalizers: Vec<&str> = items(object, "/metadata/finalizers")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let who = spoken(&reference(object));
        let cited = draft.cite(format!("{who} metadata.finalizers"), finalizers.join(", "));
        draft.say(format!(
            "{who} is held by finalizer {} {cited}.",
            finalizers.join(", ")
        ));
    }
    match left.first().and_then(|o| text_of_first(o)) {
        Some(finalizer) => {
            draft.confidence(93);
            if !PROTECTING.contains(&finalizer) {
                controller_of(case, finalizer, draft);
            }
        }
        None => {
            draft.unknown("which objects are left, where the conditions do not name them");
        }
    }
}

fn text_of_first(object: &Value) -> Option<&str> {
    items(object, "/metadata/finalizers")
        .first()
        .and_then(Value::as_str)
}

/// Objects of the namespace that are in deletion and have finalizers.
fn remaining(case: &Case, namespace: &str) -> Vec<Value> {
    let stuck = |o: &&Value| deleting(o) && !items(o, "/metadata/finalizers").is_empty();
    REMAINING
        .iter()
        .flat_map(|kind| {
            case.list(kind, namespace)
                .iter()
                .filter(stuck)
                .cloned()
                .collect::<Vec<_>>()
        })
        .collect()
}
