//! Two Ingresses for one host and path.

use k8shawk_sdk::analysis::{Finding, ObjectRef, Severity};
use serde_json::Value;

use super::class::class_of;
use super::route::{Route, draft, routes};
use crate::case::Case;
use crate::json::{millis, name, reference, spoken, text};

/// Annotations that make a second Ingress for one host and path legitimate.
const SHARING: &[&str] = &["canary", "mergeable-ingress-type", "group.name"];

/// Another Ingress that claims the same host and path for another backend.
pub fn find(case: &Case, ingress: &Value) -> Option<Finding> {
    let shares = |i: &Value| {
        let annotations = crate::json::pairs(i, "/metadata/annotations");
        annotations
            .iter()
            .any(|(key, _)| SHARING.iter().any(|s| key.ends_with(s)))
    };
    let me: ObjectRef = reference(ingress);
    let mine = routes(ingress);
    let all = case.list("Ingress", "");
    for other in all.iter().filter(|o| class_of(o) == class_of(ingress)) {
        let same = name(other) == me.name && text(other, "/metadata/namespace") == me.namespace;
        if same || shares(other) || shares(ingress) {
            continue;
        }
        let namespace = text(other, "/metadata/namespace");
        for theirs in routes(other).iter().filter(|r| !r.host.is_empty()) {
            let clash = mine.iter().find(|r| {
                let elsewhere = r.service() != theirs.service() || namespace != me.namespace;
                r.host == theirs.host && r.path == theirs.path && r.kind == theirs.kind && elsewhere
            });
            if let Some(route) = clash {
                return Some(clashing(case, ingress, other, route, theirs));
            }
        }
    }
    None
}

fn clashing(case: &Case, ingress: &Value, other: &Value, mine: &Route, theirs: &Route) -> Finding {
    let born = |i: &Value| millis(i, "/metadata/creationTimestamp").unwrap_or_default();
    let older = if born(other) <= born(ingress) {
        other
    } else {
        ingress
    };
    let mut draft = draft(case, ingress, "ingress-duplicate-host", Severity::Medium);
    let cited = draft.cite("rules of the two Ingresses", mine.spoken());
    draft
        .title(format!("two Ingresses claim {}", mine.spoken()))
        .confidence(88)
        .victim(reference(other))
        .say(format!(
            "{} sends {} to Service {}, and {} sends the same to Service {} {cited}. With \
             most controllers the oldest wins, here {}.",
            spoken(&reference(ingress)),
            mine.spoken(),
            mine.service(),
            spoken(&reference(other)),
            theirs.service(),
            spoken(&reference(older))
        ));
    draft.finish()
}
