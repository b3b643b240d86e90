//! The ConfigMaps and Secrets that a pod refers to.

use serde_json::Value;

use crate::json::{items, text};

/// One reference to a ConfigMap or Secret, perhaps to one of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `ConfigMap` or `Secret`.
    pub kind: &'static str,
    /// Name of the object.
    pub name: String,
    /// Key, where one is named.
    pub key: Option<String>,
    /// Where the pod says so, for evidence.
    pub path: String,
    /// Container that uses it; `None` for a volume.
    pub container: Option<String>,
}

/// The references that must hold for the pod to start, in the order of its spec.
pub fn required(pod: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    for volume in items(pod, "/spec/volumes") {
        of_volume(volume, &mut found);
    }
    for list in ["initContainers", "containers"] {
        for container in items(pod, &format!("/spec/{list}")) {
            of_container(list, container, &mut found);
        }
    }
    found
}

fn of_container(list: &str, container: &Value, found: &mut Vec<Reference>) {
    let name = text(container, "/name");
    let at = format!("spec.{list}[{name}]");
    let mut push = |source: &Value, kind: &'static str, path: String| {
        if optional(source) {
            return;
        }
        found.push(Reference {
            kind,
            name: text(source, "/name").to_owned(),
            key: source.get("key").and_then(Value::as_str).map(str::to_owned),
            path,
            container: Some(name.to_owned()),
        });
    };
    for (i, from) in items(container, "/envFrom").iter().enumerate() {
        for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            if let Some(source) = from.get(field) {
                push(source, kind, format!("{at}.envFrom[{i}].{field}"));
            }
        }
    }
    for env in items(container, "/env") {
        for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
            if let Some(source) = env.pointer(&format!("/valueFrom/{field}")) {
                push(
                    source,
                    kind,
                    format!("{at}.env[{}].valueFrom.{field}", text(env, "/name")),
                );
            }
        }
    }
}

fn of_volume(volume: &Value, found: &mut Vec<Reference>) {
    let at = format!("spec.volumes[{}]", text(volume, "/name"));
    let direct = [
        ("configMap", "ConfigMap", "/name"),
        ("secret", "Secret", "/secretName"),
    ];
    for (field, kind, named) in direct {
        if let Some(source) = volume.get(field) {
            of_source(
                source,
                kind,
                text(source, named),
                format!("{at}.{field}"),
                found,
            );
        }
    }
    for (i, from) in items(volume, "/projected/sources").iter().enumerate() {
        for (field, kind) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
            if let Some(source) = from.get(field) {
                let path = format!("{at}.projected.sources[{i}].{field}");
                of_source(source, kind, text(source, "/name"), path, found);
            }
        }
    }
}

fn of_source(
    source: &Value,
    kind: &'static str,
    name: &str,
    path: String,
    found: &mut Vec<Reference>,
) {
    // Every pod's own token volume projects this one, and its publisher heals it.
    if optional(source) || name == "kube-root-ca.crt" {
        return;
    }
    let whole = Reference {
        kind,
        name: name.to_owned(),
        key: None,
        path,
        container: None,
    };
    let keys = items(source, "/items").iter().map(|item| Reference {
        key: Some(text(item, "/key").to_owned()),
        ..whole.clone()
    });
    let keys: Vec<Reference> = keys.collect();
    if keys.is_empty() {
        found.push(whole);
    } else {
        found.extend(keys);
    }
}

fn optional(source: &Value) -> bool {
    source.get("optional").and_then(Value::as_bool) == Some(true)
}
