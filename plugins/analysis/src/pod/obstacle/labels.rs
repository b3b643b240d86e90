//! Labels that nodes lack.

use serde_json::Value;

use crate::finding::Draft;
use crate::json::label;
use crate::near;
use crate::pod::constraint;
use crate::pod::subject::Subject;

pub fn labels(subject: &Subject, nodes: &[Value], draft: &mut Draft) -> (String, String) {
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
                "Each required label is on some node, but no node has them all: {} {cited}.",
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
        format!(
            "Its {what} requires {} {cited}, but {hint}.",
            demand.shown()
        ),
    )
}
