//! What the server says it serves.

use std::collections::{BTreeMap, BTreeSet};

use k8shawk_core::kinds::{KINDS, Kind};
use serde_json::{Value, json};

/// The answer of a discovery path; none where it is not one.
pub(super) fn answer(path: &str) -> Option<Value> {
    match path.trim_end_matches('/') {
        "/version" => Some(json!({"major": "1", "minor": "37", "gitVersion": "v1.37.2"})),
        "/api" => Some(json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => Some(groups()),
        "/api/v1" => Some(resources("", "v1")),
        other => {
            let (group, version) = other.strip_prefix("/apis/")?.split_once('/')?;
            let served = |k: &&Kind| k.group == group && k.version == version;
            KINDS.iter().find(served)?;
            Some(resources(group, version))
        }
    }
}

fn groups() -> Value {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for kind in KINDS.iter().filter(|k| !k.group.is_empty()) {
        versions.entry(kind.group).or_default().insert(kind.version);
    }
    let group = |(name, versions): (&str, BTreeSet<&str>)| {
        let of = |v: &&str| json!({"groupVersion": format!("{name}/{v}"), "version": v});
        let all: Vec<Value> = versions.iter().map(of).collect();
        json!({"name": name, "versions": all, "preferredVersion": all.last()})
    };
    let groups: Vec<Value> = versions.into_iter().map(group).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn resources(group: &str, version: &str) -> Value {
    let verbs = [
        "create", "delete", "get", "list", "patch", "update", "watch",
    ];
    let of_group = KINDS
        .iter()
        .filter(|k| k.group == group && k.version == version);
    let mut all: Vec<Value> = of_group
        .map(|kind| {
            json!({"name": kind.plural, "singularName": kind.kind.to_lowercase(),
                "namespaced": kind.namespaced, "kind": kind.kind, "verbs": verbs})
        })
        .collect();
    if group.is_empty() {
        all.push(json!({"name": "pods/log", "namespaced": true, "kind": "Pod", "verbs": ["get"]}));
        all.push(
            json!({"name": "pods/eviction", "namespaced": true, "kind": "Eviction",
            "group": "policy", "version": "v1", "verbs": ["create"]}),
        );
    }
    let of = match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": of, "resources": all})
}
