//! What a DaemonSet adds to the cause of its pods: the nodes.

use k8shawk_sdk::analysis::{Conclusion, Severity};
use k8shawk_sdk::count;
use serde_json::Value;

use super::failure::{Failure, amend};
use super::starting::starting;
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{is_ready, items, name, number, reference, spoken, text};

/// The node that a pod runs on or is meant for.
fn node_of(pod: &Value) -> &str {
    let bound = text(pod, "/spec/nodeName");
    if !bound.is_empty() {
        return bound;
    }
    let terms = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution\
                 /nodeSelectorTerms";
    items(pod, terms)
        .iter()
        .flat_map(|term| items(term, "/matchFields"))
        .find(|field| text(field, "/key") == "metadata.name")
        .map_or("", |field| text(field, "/values/0"))
}

/// Add the nodes to the cause.
pub fn enrich(set: &Value, failure: &mut Failure) {
    let mut nodes: Vec<&str> = failure
        .pods
        .iter()
        .map(node_of)
        .filter(|n| !n.is_empty())
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    let nodes = nodes.join(", ");
    let (ready, wanted) = counts(set);
    amend(&mut failure.finding, |draft| {
        let cited = draft.cite(
            "DaemonSet status",
            format!("numberReady {ready}, desiredNumberScheduled {wanted}"),
        );
        let place = if nodes.is_empty() {
            String::new()
        } else {
            format!(" on {nodes}")
        };
        draft.say(format!(
            "{} is ready on {ready} of {}; it fails{place} {cited}.",
            spoken(&reference(set)),
            count(wanted, "node")
        ));
    });
}

fn counts(set: &Value) -> (i64, i64) {
    let read = |at| number(set, at).unwrap_or_default();
    (
        read("/status/numberReady"),
        read("/status/desiredNumberScheduled"),
    )
}

/// No pod tells a cause.
pub fn without_cause(case: &Case, set: &Value, pods: &[Value]) -> Conclusion {
    let (ready, wanted) = counts(set);
    let subject = spoken(&reference(set));
    if wanted == 0 {
        return Conclusion::Healthy(format!("no node matches {subject}"));
    }
    if ready >= wanted {
        return Conclusion::Healthy(format!(
            "{subject} is ready on {ready} of {}",
            count(wanted, "node")
        ));
    }
    let without = unserved(case, set, pods);
    if without.is_empty() || super::age(case, set) < 120 {
        return starting(case, set, pods);
    }
    let owner = crate::owner::owner_of(case, set);
    let mut draft = Draft::new(
        "daemonset-incomplete",
        Severity::Medium,
        reference(set),
        owner,
    );
    draft
        .title(format!("{} is missing pods on some nodes", name(set)))
        .confidence(55);
    let status = format!("numberReady {ready}, desiredNumberScheduled {wanted}");
    let cited = draft.cite("DaemonSet status", status);
    draft.say(format!(
        "{subject} is ready on {ready} of {} {cited}.",
        count(wanted, "node")
    ));
    for (node, why) in without.iter().take(5) {
        let cited = draft.cite(format!("Node {node}"), why);
        draft.say(format!("Node {node} runs no ready pod: {why} {cited}."));
    }
    draft.unknown(crate::undetermined::describe(&reference(set)));
    Conclusion::Findings(vec![draft.finish()])
}

/// Nodes without a ready pod, and what is known of each.
fn unserved(case: &Case, set: &Value, pods: &[Value]) -> Vec<(String, String)> {
    let selector = crate::json::pairs(set, "/spec/template/spec/nodeSelector");
    let meant = |node: &&Value| crate::json::has_labels(node, &selector);
    case.list("Node", "")
        .iter()
        .filter(meant)
        .filter(|node| {
            !pods
                .iter()
                .any(|pod| is_ready(pod) && node_of(pod) == name(node))
        })
        .map(|node| {
            let why = match crate::node::diagnose(case, node) {
                Some(finding) => finding.title,
                None if pods.iter().any(|pod| node_of(pod) == name(node)) => {
                    "its pod is not ready".to_owned()
                }
                None => taints(node),
            };
            (name(node).to_owned(), why)
        })
        .collect()
}

fn taints(node: &Value) -> String {
    let taints: Vec<String> = items(node, "/spec/taints")
        .iter()
        .map(|t| {
            format!(
                "{}={}:{}",
                text(t, "/key"),
                text(t, "/value"),
                text(t, "/effect")
            )
        })
        .collect();
    match taints.as_slice() {
        [] => "no pod was created for it".to_owned(),
        taints => format!("its taints are {}", taints.join(", ")),
    }
}
