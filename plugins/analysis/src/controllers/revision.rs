//! What differs between two revisions of a pod template.

use k8shawk_sdk::shorten;
use serde_json::Value;

use crate::json::{items, name, text};

/// Longest value that is shown in full, in characters.
const SHOWN: usize = 60;

/// Fields of a container that are compared as a whole.
const CONTAINER_FIELDS: &[&str] = &[
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "workingDir",
    "envFrom",
    "ports",
    "resources",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "volumeMounts",
    "securityContext",
];

/// Fields of a pod that are compared as a whole.
const POD_FIELDS: &[&str] = &[
    "serviceAccountName",
    "imagePullSecrets",
    "nodeSelector",
    "nodeName",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
    "schedulerName",
    "schedulingGates",
    "priorityClassName",
    "runtimeClassName",
    "securityContext",
    "volumes",
    "hostNetwork",
    "dnsPolicy",
    "dnsConfig",
    "resourceClaims",
];

/// Words in a variable's name that keep its value out of any text.
const SECRETIVE: &[&str] = &["PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "AUTH"];

/// One difference.
pub struct Change {
    /// Field that differs, such as `image` or `env`.
    pub part: &'static str,
    /// Container that it is in; empty for a field of the pod.
    pub container: String,
    /// The difference for people.
    pub text: String,
}

/// The differences from one pod template (`{metadata, spec}`) to another.
pub fn changes(from: &Value, to: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    for list in ["/spec/initContainers", "/spec/containers"] {
        containers(items(from, list), items(to, list), &mut found);
    }
    for part in POD_FIELDS {
        let (old, new) = (field(from, "/spec", part), field(to, "/spec", part));
        if old != new {
            found.push(Change {
                part,
                container: String::new(),
                text: format!("{part} {} -> {}", shown(old), shown(new)),
            });
        }
    }
    found
}

fn field<'v>(value: &'v Value, at: &str, part: &str) -> Option<&'v Value> {
    value.pointer(at)?.get(part)
}

fn containers(from: &[Value], to: &[Value], found: &mut Vec<Change>) {
    for new in to {
        let named = text(new, "/name");
        match from.iter().find(|old| text(old, "/name") == named) {
            Some(old) => container(named, old, new, found),
            None => found.push(Change {
                part: "containers",
                container: named.to_owned(),
                text: format!("container \"{named}\" was added"),
            }),
        }
    }
    for old in from {
        let named = text(old, "/name");
        if !to.iter().any(|new| text(new, "/name") == named) {
            found.push(Change {
                part: "containers",
                container: String::new(),
                text: format!("container \"{named}\" was removed"),
            });
        }
    }
}

fn container(named: &str, old: &Value, new: &Value, found: &mut Vec<Change>) {
    let mut push = |part, text| {
        found.push(Change {
            part,
            container: named.to_owned(),
            text,
        });
    };
    for part in CONTAINER_FIELDS {
        let (before, after) = (old.get(part), new.get(part));
        if before != after {
            let change = format!("{} -> {}", shown(before), shown(after));
            push(part, format!("{part} of container \"{named}\" {change}"));
        }
    }
    for (variable, before, after) in variables(old, new) {
        let secretive = SECRETIVE
            .iter()
            .any(|word| variable.to_uppercase().contains(word));
        let change = match (before, after) {
            (None, _) => "is new".to_owned(),
            (_, None) => "is gone".to_owned(),
            (before, after) if secretive || !is_told(before) || !is_told(after) => {
                "changed".to_owned()
            }
            (before, after) => format!("{} -> {}", shown(before), shown(after)),
        };
        push(
            "env",
            format!("env {variable} of container \"{named}\" {change}"),
        );
    }
}

/// True for a value that is no secret by its form: a reference, or numbers and words with what joins
/// them. A name says nothing sure.
fn is_told(value: Option<&Value>) -> bool {
    let Some(text) = value.and_then(Value::as_str) else {
        return true;
    };
    let joins = |c: char| ":/._-,".contains(c);
    let word = |part: &str| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
        (digits && part.len() <= 9) || (letters && part.len() <= 20)
    };
    text.len() <= 120 && text.split(joins).all(word)
}

type Variable<'v> = (&'v str, Option<&'v Value>, Option<&'v Value>);

/// Environment variables that differ, with the value or reference before and after.
fn variables<'v>(old: &'v Value, new: &'v Value) -> Vec<Variable<'v>> {
    let (before, after) = (items(old, "/env"), items(new, "/env"));
    let mut names: Vec<&str> = before
        .iter()
        .chain(after)
        .map(|v| text(v, "/name"))
        .collect();
    names.sort_unstable();
    names.dedup();
    let value = |list: &'v [Value], named: &str| {
        let found = list.iter().find(|v| text(v, "/name") == named)?;
        found
            .get("value")
            .or_else(|| found.get("valueFrom"))
            .or(Some(&Value::Null))
    };
    names
        .into_iter()
        .map(|named| (named, value(before, named), value(after, named)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "(unset)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    shorten(&text, SHOWN * 2).into_owned()
}

/// The pod template of a workload, ReplicaSet or ControllerRevision.
pub fn template(object: &Value) -> Option<&Value> {
    object
        .pointer("/spec/template")
        .or_else(|| object.pointer("/data/spec/template"))
}

/// Number of a Deployment's revision, by the annotation of its ReplicaSet.
pub fn number_of(replica_set: &Value) -> Option<i64> {
    replica_set
        .pointer("/metadata/annotations")?
        .get("deployment.kubernetes.io/revision")?
        .as_str()?
        .parse()
        .ok()
}

/// `revision N (ReplicaSet name)`.
pub fn spoken(replica_set: &Value) -> String {
    let number = number_of(replica_set).map_or("?".to_owned(), |n| n.to_string());
    format!("revision {number} (ReplicaSet {})", name(replica_set))
}
