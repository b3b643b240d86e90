//! Objects as compact text: in the manner of YAML, without what says nothing.

use serde_json::{Map, Value};

use crate::redact::redact;

/// Longest text of one field.
const FIELD: usize = 600;

/// Fields that say nothing of a fault.
const NOISE: &[&str] = &[
    "managedFields",
    "resourceVersion",
    "generation",
    "selfLink",
    "generateName",
    "uid",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "enableServiceLinks",
    "preemptionPolicy",
    "dnsPolicy",
    "schedulerName",
    "imageID",
    "containerID",
    "observedGeneration",
    "lastProbeTime",
    "podIPs",
    "hostIPs",
    "clusterIPs",
    "ipFamilies",
    "ipFamilyPolicy",
    "internalTrafficPolicy",
    "sessionAffinity",
    "revisionHistoryLimit",
    "blockOwnerDeletion",
    "qosClass",
    "nodeInfo",
    "images",
];

/// Fields that say nothing where they have the value of every object.
const USUAL: &[(&str, &str)] = &[
    ("restartPolicy", "Always"),
    ("imagePullPolicy", "IfNotPresent"),
    ("serviceAccount", "default"),
    ("serviceAccountName", "default"),
    ("protocol", "TCP"),
    ("scheme", "HTTP"),
    ("phase", "Active"),
];

/// Without managed fields, copies, noise and empty values. Values that may be secrets are tokens by
/// now.
pub(super) fn meaningful(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let kept: Vec<Value> = items
                .iter()
                .filter(|i| !is_usual(i))
                .filter_map(meaningful)
                .collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(fields) => {
            let kept = object(fields);
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::String(text) if text.is_empty() => None,
        other => Some(other.clone()),
    }
}

fn object(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in fields {
        let usual = |text: &str| USUAL.contains(&(key.as_str(), text));
        if NOISE.contains(&key.as_str())
            || key.ends_with("last-applied-configuration")
            || value.as_str().is_some_and(usual)
        {
            continue;
        }
        kept.extend(meaningful(value).map(|v| (key.clone(), v)));
    }
    kept
}

/// What every pod has: the default tolerations and the token's volume.
fn is_usual(item: &Value) -> bool {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    text("name").starts_with("kube-api-access-")
        || (text("operator") == "Exists"
            && matches!(
                text("key"),
                "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable"
            ))
}

/// The value in the manner of YAML.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) => lines(&mut out, 0, fields),
        Value::Array(items) => items.iter().for_each(|i| item(&mut out, 0, i)),
        scalar => out.push_str(&plain(scalar)),
    }
    out
}

fn lines(out: &mut String, depth: usize, fields: &Map<String, Value>) {
    // What an object is comes before what it has.
    let first = ["kind", "metadata", "name"];
    let early = first.iter().filter_map(|key| fields.get_key_value(*key));
    let late = fields
        .iter()
        .filter(|(key, _)| !first.contains(&key.as_str()));
    for (key, value) in early.chain(late) {
        field(out, depth, key, value);
    }
}

fn field(out: &mut String, depth: usize, key: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            out.push_str(&format!("{indent}{key}:\n"));
            lines(out, depth + 1, fields);
        }
        Value::Array(items) if items.iter().all(|i| !i.is_object() && !i.is_array()) => {
            let flat: Vec<String> = items.iter().map(plain).collect();
            out.push_str(&format!("{indent}{key}: [{}]\n", flat.join(", ")));
        }
        Value::Array(items) => {
            out.push_str(&format!("{indent}{key}:\n"));
            items.iter().for_each(|i| item(out, depth, i));
        }
        scalar => out.push_str(&format!("{indent}{key}: {}\n", plain(scalar))),
    }
}

/// An item begins with a dash.
fn item(out: &mut String, depth: usize, value: &Value) {
    let indent = "  ".repeat(depth);
    let mut inner = String::new();
    match value {
        Value::Object(fields) => lines(&mut inner, depth + 1, fields),
        Value::Array(items) => items.iter().for_each(|i| item(&mut inner, depth + 1, i)),
        scalar => inner = format!("{indent}  {}\n", plain(scalar)),
    }
    let body = inner.get(indent.len() + 2..).unwrap_or_default();
    out.push_str(&format!("{indent}- {body}"));
}

fn plain(value: &Value) -> String {
    match value {
        // Redacted while its line ends are still there: they show where a secret ends.
        Value::String(text) => super::trim::cut(&redact(text).replace('\n', "\\n"), FIELD),
        other => other.to_string(),
    }
}
