//! The state of the cluster's DNS.

use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use serde_json::Value;

use super::backend::{describe, serves};
use super::container;
use super::subject::Subject;
use crate::finding::Draft;
use crate::json::{name, text};

fn pods(subject: &Subject) -> Vec<Value> {
    let pods = subject.case.list("Pod", "kube-system");
    pods.iter()
        .filter(|p| {
            text(p, "/metadata/labels/k8s-app") == "kube-dns" || name(p).starts_with("coredns")
        })
        .cloned()
        .collect()
}

/// True only where it was read that no pod of the cluster's DNS is ready.
pub fn down(subject: &Subject) -> bool {
    let service = subject
        .case
        .get("Service", "kube-system", "kube-dns")
        .is_some();
    service && !subject.case.unreadable("Pod", "kube-system") && !pods(subject).iter().any(serves)
}

/// Say in what state CoreDNS is; true where it is down.
pub fn state(subject: &Subject, draft: &mut Draft) -> bool {
    if subject.case.unreadable("Pod", "kube-system") {
        draft.unknown("The state of CoreDNS: no permission to read the pods of kube-system.");
        return false;
    }
    let pods = pods(subject);
    let ready = pods.iter().filter(|p| serves(p)).count();
    let states: Vec<String> = pods
        .iter()
        .take(3)
        .map(|p| format!("{} ({})", name(p), describe(p)))
        .collect();
    let cited = draft.cite(
        "pods of CoreDNS in kube-system",
        format!("{ready} of {} ready: {}", pods.len(), states.join(", ")),
    );
    match ready {
        0 if pods.is_empty() => draft.say(format!("CoreDNS has no pod at all {cited}.")),
        0 => draft.say(format!(
            "0 of {} ready: {} {cited}.",
            count(pods.len(), "CoreDNS pod"),
            states.join(", ")
        )),
        _ => draft.say(format!(
            "{ready} of {} ready {cited}.",
            count(pods.len(), "CoreDNS pod")
        )),
    };
    let hung = pods
        .iter()
        .all(|p| container::all(p).iter().all(|c| c.running()));
    if ready == 0 && !pods.is_empty() && hung {
        draft.fact(facts::RESTART, "kube-system/coredns");
    }
    ready == 0
}
