//! Constraints between places: volumes, spread and affinity between pods.

use k8shawk_sdk::count;
use serde_json::Value;

use super::constraint;
use super::container::shared;
use super::subject::Subject;
use crate::finding::Draft;
use crate::json::{items, label, name, number, pairs, selects, text, written};
use crate::storage;

/// Where the pod's volumes are and where nodes are.
pub fn volume(subject: &Subject, nodes: &[Value], draft: &mut Draft) -> (String, String) {
    for claim in storage::claims(subject.pod) {
        let Some(pvc) = subject
            .case
            .get("PersistentVolumeClaim", subject.namespace(), claim)
        else {
            continue;
        };
        let volume = text(&pvc, "/spec/volumeName");
        let Some(pv) = subject.case.get("PersistentVolume", "", volume) else {
            continue;
        };
        let terms = items(&pv, "/spec/nodeAffinity/required/nodeSelectorTerms");
        let demands: Vec<_> = terms.iter().flat_map(constraint::of_term).collect();
        if demands.is_empty() {
            continue;
        }
        let shown: Vec<String> = demands.iter().map(constraint::Demand::shown).collect();
        let cited = draft.cite(
            format!("PersistentVolume {volume} spec.nodeAffinity"),
            shown.join(", "),
        );
        let near: Vec<&str> = nodes
            .iter()
            .filter(|n| demands.iter().all(|d| d.met(n)))
            .map(name)
            .collect();
        draft.shared(shared("PersistentVolume", "", volume));
        let place = match near.is_empty() {
            true => {
                let key = demands.first().map_or("", |d| d.key.as_str());
                let mut have: Vec<&str> = nodes.iter().filter_map(|n| label(n, key)).collect();
                have.sort_unstable();
                have.dedup();
                format!("no node matches (nodes have {key} = {})", have.join(", "))
            }
            false => format!(
                "only node {} matches, and it fails other constraints of the pod",
                near.join(", ")
            ),
        };
        return (
            format!("its volume {volume} is bound to {}", shown.join(", ")),
            format!(
                "Its claim \"{claim}\" is bound to PersistentVolume {volume}, which can be used \
                 only where {} {cited}, and {place}.",
                shown.join(", ")
            ),
        );
    }
    (
        "its volumes cannot be used there".to_owned(),
        "The node or zone of its volumes matches no node that it may run on.".to_owned(),
    )
}

/// The spread constraint that holds it back.
pub fn spread(subject: &Subject, nodes: &[Value], draft: &mut Draft) -> (String, String) {
    let hard = items(subject.pod, "/spec/topologySpreadConstraints")
        .iter()
        .find(|c| text(c, "/whenUnsatisfiable") != "ScheduleAnyway");
    let Some(constraint) = hard else {
        return ("topology spread".to_owned(), String::new());
    };
    let key = text(constraint, "/topologyKey");
    let skew = number(constraint, "/maxSkew").unwrap_or(1);
    let cited = draft.cite(
        "spec.topologySpreadConstraints",
        format!("topologyKey={key} maxSkew={skew} whenUnsatisfiable=DoNotSchedule"),
    );
    let pods = subject.case.list("Pod", subject.namespace());
    let mut domains: Vec<(&str, usize)> = Vec::new();
    for node in nodes {
        let Some(domain) = label(node, key) else {
            continue;
        };
        let here = pods
            .iter()
            .filter(|p| text(p, "/spec/nodeName") == name(node) && is_meant(constraint, p))
            .count();
        match domains.iter_mut().find(|(d, _)| *d == domain) {
            Some((_, count)) => *count += here,
            None => domains.push((domain, here)),
        }
    }
    if domains.is_empty() {
        return (
            format!("no node has the label {key}"),
            format!(
                "Its topology spread requires an even spread over {key} (maxSkew {skew}) {cited}, \
                 but no node has that label ({}).",
                count(nodes.len(), "node")
            ),
        );
    }
    let shown: Vec<String> = domains.iter().map(|(d, n)| format!("{d}: {n}")).collect();
    (
        format!("topology spread over {key}, maxSkew {skew}"),
        format!(
            "Its topology spread allows at most {} more in one {key} than in another {cited}; \
             now there are {}.",
            count(skew, "matching pod"),
            shown.join(", ")
        ),
    )
}

/// True where a term's selector fits a pod; without one it is about no pod.
fn is_meant(term: &Value, pod: &Value) -> bool {
    let selector = term.get("labelSelector").filter(|s| !s.is_null());
    selector.is_some_and(|selector| selects(Some(selector), pod))
}

/// The selector of a term: labels as `key=value`, expressions as they stand.
fn shown(term: &Value) -> String {
    let labels = written(&pairs(term, "/labelSelector/matchLabels"));
    let expressions = term.pointer("/labelSelector/matchExpressions");
    let parts = [Some(labels), expressions.map(Value::to_string)];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    parts.join(" and ")
}

/// The rule between pods that holds it back.
pub fn affinity(subject: &Subject, told: &str, draft: &mut Draft) -> (String, String) {
    if told.contains("existing pods anti-affinity") {
        return (
            "other pods keep it off by their anti-affinity".to_owned(),
            "The anti-affinity of pods that are already running keeps it off.".to_owned(),
        );
    }
    let anti = told.contains("anti-affinity");
    let (field, called) = if anti {
        ("podAntiAffinity", "anti-affinity")
    } else {
        ("podAffinity", "affinity")
    };
    let terms = items(
        subject.pod,
        &format!("/spec/affinity/{field}/requiredDuringSchedulingIgnoredDuringExecution"),
    );
    let Some(term) = terms.first() else {
        return (format!("pod {called}"), String::new());
    };
    let key = text(term, "/topologyKey");
    let selector = shown(term);
    let cited = draft.cite(
        format!("spec.affinity.{field}"),
        format!("topologyKey={key} labelSelector={selector}"),
    );
    let pods = subject.case.list("Pod", subject.namespace());
    let matching: Vec<String> = pods
        .iter()
        .filter(|p| name(p) != subject.object.name && !text(p, "/spec/nodeName").is_empty())
        .filter(|p| is_meant(term, p))
        .map(|p| format!("{} on {}", name(p), text(p, "/spec/nodeName")))
        .take(5)
        .collect();
    let found = match (matching.is_empty(), anti) {
        (true, false) => "no running pod matches".to_owned(),
        (true, true) => "the matching pods no longer exist".to_owned(),
        (false, _) => format!("the matching pods are {}", matching.join(", ")),
    };
    let rule = if anti {
        "it may not share"
    } else {
        "it must share"
    };
    (
        format!("its pod {called} over {key}"),
        format!(
            "By its required pod {called}, {rule} a {key} with pods matching {selector} {cited}; \
             {found}."
        ),
    )
}
