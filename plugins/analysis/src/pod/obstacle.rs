//! The constraint that keeps a pod off the nodes, and by how much they fail it.

mod labels;
mod ports;

use k8shawk_sdk::count;
use k8shawk_sdk::{facts, quantity};
use serde_json::Value;

use super::constraint;
use super::container::shared;
use super::subject::{LISTED, Subject};
use super::verdict::{Part, Why};
use super::{capacity, topology};
use crate::finding::Draft;
use crate::json::{items, name, text};

/// Say what the nodes lack, and set the title.
pub fn explain(subject: &Subject, nodes: &[Value], part: &Part, draft: &mut Draft) {
    let (headline, sentence) = match part.why {
        Why::Resource | Why::Extended | Why::TooManyPods => resource(subject, nodes, part, draft),
        Why::Labels => labels::labels(subject, nodes, draft),
        Why::Taint | Why::BadNode => taints(subject, nodes, draft),
        Why::Cordon => cordon(subject, nodes, draft),
        Why::Ports => ports::ports(subject, draft),
        Why::Volume => topology::volume(subject, nodes, draft),
        Why::Spread => topology::spread(subject, nodes, draft),
        Why::Affinity => topology::affinity(subject, part.text, draft),
    };
    draft.title(format!(
        "No node fits pod {}: {headline}",
        subject.object.name
    ));
    draft.say(sentence);
}

fn resource(
    subject: &Subject,
    nodes: &[Value],
    part: &Part,
    draft: &mut Draft,
) -> (String, String) {
    let resource = match part.why {
        Why::TooManyPods => "pods",
        _ => part
            .text
            .split_once("nsufficient ")
            .map_or("", |(_, rest)| {
                rest.split([' ', ','])
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('.')
            }),
    };
    if resource.is_empty() {
        return (part.text.to_owned(), String::new());
    }
    let asked = if resource == "pods" {
        1000
    } else {
        capacity::requested(subject.pod, resource)
    };
    let show = |amount: i128| quantity::show(resource, amount);
    let rooms = capacity::rooms(subject, nodes, resource);
    let largest = rooms.iter().map(|r| r.allocatable).max().unwrap_or(0);
    let listed: Vec<String> = rooms
        .iter()
        .take(LISTED)
        .map(|r| {
            format!(
                "{} has {} free of {}",
                r.node,
                show(r.free),
                show(r.allocatable)
            )
        })
        .collect();
    let cited = draft.cite("pod requests", format!("{resource}={}", show(asked)));
    if largest == 0 && part.why == Why::Extended {
        return (
            format!("no node offers {resource}"),
            format!(
                "It requests {} {resource} {cited}, and no node offers that resource \
                 ({}; device plugin or node missing).",
                show(asked),
                count(nodes.len(), "node")
            ),
        );
    }
    let state = draft.cite(
        format!("nodes status.allocatable.{resource} less requests"),
        listed.join("; "),
    );
    let short = rooms.first().map_or(0, |r| asked - r.free);
    let measure = match part.why {
        Why::TooManyPods => format!(
            "Every node is at its pod limit: {} {cited}{state}.",
            listed.join(", ")
        ),
        _ if asked > largest => format!(
            "It requests {} of {resource} {cited}, more than any node has (the largest offers {}): \
             {} {state}.",
            show(asked),
            show(largest),
            listed.join(", ")
        ),
        _ => format!(
            "It requests {} of {resource} {cited}, but {} {state}: {} short.",
            show(asked),
            listed.join(", "),
            show(short.max(0))
        ),
    };
    if subject.case.unreadable("Pod", "") {
        draft.unknown("Free capacity of the nodes: no permission to list pods in all namespaces.");
    }
    let headline = if resource == "pods" {
        "too many pods on every node".to_owned()
    } else {
        format!("{} {resource} is not free", show(asked))
    };
    (headline, measure)
}

fn taints(subject: &Subject, nodes: &[Value], draft: &mut Draft) -> (String, String) {
    let tainted: Vec<String> = nodes
        .iter()
        .filter_map(|n| {
            let taints: Vec<String> = constraint::untolerated(subject.pod, n)
                .into_iter()
                .map(constraint::taint)
                .collect();
            (!taints.is_empty()).then(|| format!("{} has {}", name(n), taints.join(", ")))
        })
        .take(LISTED)
        .collect();
    if tainted.is_empty() {
        return (
            "a taint that it does not tolerate".to_owned(),
            "No node has that taint now.".to_owned(),
        );
    }
    let cited = draft.cite("nodes spec.taints", tainted.join("; "));
    let tolerated: Vec<String> = items(subject.pod, "/spec/tolerations")
        .iter()
        .map(|t| text(t, "/key"))
        .filter(|k| !k.starts_with("node.kubernetes.io/"))
        .map(str::to_owned)
        .collect();
    let own = if tolerated.is_empty() {
        "has no tolerations beyond the defaults".to_owned()
    } else {
        format!("tolerates only {}", tolerated.join(", "))
    };
    (
        "taints that it does not tolerate".to_owned(),
        format!(
            "Node taints keep it off: {} {cited}; the pod {own}.",
            tainted.join(", ")
        ),
    )
}

fn cordon(subject: &Subject, nodes: &[Value], draft: &mut Draft) -> (String, String) {
    let cordoned: Vec<&str> = nodes
        .iter()
        .filter(|n| constraint::cordoned(n))
        .map(name)
        .collect();
    if cordoned.is_empty() {
        return (
            "nodes were cordoned".to_owned(),
            "No node is cordoned now.".to_owned(),
        );
    }
    let cited = draft.cite("nodes spec.unschedulable", cordoned.join(", "));
    cordon_facts(subject, nodes, draft);
    let fits: Vec<&str> = nodes
        .iter()
        .filter(|n| constraint::only_cordon(subject, n))
        .map(name)
        .collect();
    let sole = match fits.first() {
        Some(node) => format!("On node {node} nothing else blocks it."),
        None => "Other constraints block it on these nodes as well.".to_owned(),
    };
    (
        format!("node {} is cordoned", cordoned.join(", ")),
        format!(
            "Cordoned (spec.unschedulable): {} {cited}. {sole}",
            cordoned.join(", ")
        ),
    )
}

/// The facts of a cordon, where nothing else is in the way.
fn cordon_facts(subject: &Subject, nodes: &[Value], draft: &mut Draft) {
    if let Some(free) = nodes.iter().find(|n| constraint::only_cordon(subject, n)) {
        draft.fact(facts::NODE, name(free)).fact(
            facts::CORDONED,
            "spec.unschedulable is set, and the pod fits otherwise",
        );
        draft.shared(shared("Node", "", name(free)));
    }
}
