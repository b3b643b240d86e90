//! The constraint that keeps a pod off the nodes, and by how much they fail it.

use serde_json::Value;

use super::constraint::{self, label};
use super::container::shared;
use super::subject::Subject;
use super::verdict::{Part, Why};
use super::{capacity, schedule, topology};
use crate::finding::Draft;
use crate::json::{items, name, number, text};
use crate::{near, quantity};

/// Most nodes that a sentence lists.
const LISTED: usize = 4;

/// Say what the nodes lack, and set the title.
pub fn explain(subject: &Subject, nodes: &[Value], part: &Part, draft: &mut Draft) {
    let (headline, sentence) = match part.why {
        Why::Resource | Why::Extended | Why::TooManyPods => resource(subject, nodes, part, draft),
        Why::Labels => labels(subject, nodes, draft),
        Why::Taint | Why::BadNode => taints(subject, nodes, draft),
        Why::Cordon => cordon(subject, nodes, draft),
        Why::Ports => ports(subject, draft),
        Why::Volume => topology::volume(subject, nodes, draft),
        Why::Spread => topology::spread(subject, nodes, draft),
        Why::Affinity => topology::affinity(subject, part.text, draft),
    };
    draft.title(format!(
        "No node takes pod {}: {headline}",
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
                "It asks for {} {resource} {cited}, and none of the {} nodes offers that resource at all (a device plugin or such a node is missing).",
                show(asked),
                nodes.len()
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
            "Every node already runs as many pods as it may: {} {cited}{state}.",
            listed.join(", ")
        ),
        _ if asked > largest => format!(
            "It asks for {} of {resource} {cited}, more than any node has at all (the largest offers {}): {} {state}.",
            show(asked),
            show(largest),
            listed.join(", ")
        ),
        _ => format!(
            "It asks for {} of {resource} {cited}, but {} {state}; it lacks {}.",
            show(asked),
            listed.join(", "),
            show(short.max(0))
        ),
    };
    if subject.case.unreadable("Pod", "") {
        draft.unknown("What is free on the nodes: the pods of all namespaces may not be listed.");
    }
    let headline = if resource == "pods" {
        "too many pods on every node".to_owned()
    } else {
        format!("{} {resource} is not free", show(asked))
    };
    (headline, measure)
}

fn labels(subject: &Subject, nodes: &[Value], draft: &mut Draft) -> (String, String) {
    let demands = constraint::demands(subject.pod);
    let unmet = demands.iter().find(|d| !nodes.iter().any(|n| d.met(n)));
    let Some(demand) = unmet.or_else(|| demands.first()) else {
        return (
            "its node affinity matches no node".to_owned(),
            "Its node affinity matches no node.".to_owned(),
        );
    };
    let place = if demand.selector {
        "spec.nodeSelector"
    } else {
        "spec.affinity.nodeAffinity"
    };
    let cited = draft.cite(place, demand.shown());
    let what = if demand.selector {
        "nodeSelector"
    } else {
        "required node affinity"
    };
    if unmet.is_none() {
        let all: Vec<String> = demands.iter().map(constraint::Demand::shown).collect();
        return (
            format!("no node meets all of its {what}"),
            format!(
                "Each label that it demands is on some node, but no node has them all: {} {cited}.",
                all.join(", ")
            ),
        );
    }
    let mut values: Vec<&str> = nodes.iter().filter_map(|n| label(n, &demand.key)).collect();
    values.sort_unstable();
    values.dedup();
    let wanted = demand.values.first().map_or("", String::as_str);
    let hint = if values.is_empty() {
        let keys: Vec<&str> = nodes
            .iter()
            .filter_map(|n| n.pointer("/metadata/labels")?.as_object())
            .flat_map(|l| l.keys().map(String::as_str))
            .collect();
        let near = near::nearest(&demand.key, keys)
            .map(|k| format!("; the nearest existing key is \"{k}\""))
            .unwrap_or_default();
        format!("no node has a label with that key{near}")
    } else {
        let near = near::nearest(wanted, values.iter().copied())
            .map(|v| format!("; the nearest existing value is \"{v}\""))
            .unwrap_or_default();
        format!(
            "the nodes have {} = {}{near}",
            demand.key,
            values.into_iter().take(6).collect::<Vec<_>>().join(", ")
        )
    };
    (
        format!("its {what} {} matches no node", demand.shown()),
        format!("Its {what} demands {} {cited}, but {hint}.", demand.shown()),
    )
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
            "The taint is gone from the nodes by now.".to_owned(),
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
        "has no toleration of its own".to_owned()
    } else {
        format!("tolerates only {}", tolerated.join(", "))
    };
    (
        "taints that it does not tolerate".to_owned(),
        format!(
            "Nodes keep it off by taints: {} {cited}; the pod {own}.",
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
            "No node is cordoned any more.".to_owned(),
        );
    }
    let cited = draft.cite("nodes spec.unschedulable", cordoned.join(", "));
    schedule::cordon_facts(subject, nodes, draft);
    let fits: Vec<&str> = nodes
        .iter()
        .filter(|n| constraint::only_cordon(subject, n))
        .map(name)
        .collect();
    let sole = match fits.first() {
        Some(node) => format!("On node {node} nothing else is in its way."),
        None => "Other constraints are in its way on these nodes as well.".to_owned(),
    };
    (
        format!("node {} is cordoned", cordoned.join(", ")),
        format!(
            "Cordoned (spec.unschedulable): {} {cited}. {sole}",
            cordoned.join(", ")
        ),
    )
}

fn ports(subject: &Subject, draft: &mut Draft) -> (String, String) {
    let wanted = host_ports(subject.pod);
    let shown = wanted
        .iter()
        .map(i64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let cited = draft.cite("spec.containers[].ports[].hostPort", &shown);
    let pods = subject.case.list("Pod", "");
    let holders: Vec<String> = pods
        .iter()
        .filter(|p| {
            !text(p, "/spec/nodeName").is_empty()
                && host_ports(p).iter().any(|port| wanted.contains(port))
        })
        .filter(|p| !matches!(text(p, "/status/phase"), "Succeeded" | "Failed"))
        .take(LISTED)
        .map(|p| {
            format!(
                "{}/{} on node {}",
                text(p, "/metadata/namespace"),
                name(p),
                text(p, "/spec/nodeName")
            )
        })
        .collect();
    let held = match holders.is_empty() {
        true => String::new(),
        false => format!("; held by {}", holders.join(", ")),
    };
    if let Some(holder) = pods
        .iter()
        .find(|p| holders.first().is_some_and(|h| h.contains(name(p))))
    {
        draft.shared(shared(
            "Pod",
            text(holder, "/metadata/namespace"),
            name(holder),
        ));
    }
    (
        format!("host port {shown} is taken"),
        format!(
            "It wants the host port {shown} {cited}, which is taken on every node that it could run on{held}."
        ),
    )
}

fn host_ports(pod: &Value) -> Vec<i64> {
    let ports = items(pod, "/spec/containers")
        .iter()
        .flat_map(|c| items(c, "/ports"));
    let host = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true);
    ports
        .filter_map(|p| {
            number(p, "/hostPort").or_else(|| number(p, "/containerPort").filter(|_| host))
        })
        .filter(|p| *p > 0)
        .collect()
}
