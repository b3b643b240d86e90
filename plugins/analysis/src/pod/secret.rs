//! The Secrets that a pull uses.

use serde_json::Value;

use super::subject::Subject;
use crate::json::{items, name, text};
use crate::near;

/// Types of Secret that a pull can use, with the key that each must hold.
const TYPES: &[(&str, &str)] = &[
    ("kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
    ("kubernetes.io/dockercfg", ".dockercfg"),
];

/// Class of a refused pull and what is known of the pod's pull secrets.
pub fn pull_secrets(subject: &Subject) -> (&'static str, String) {
    let (case, namespace) = (subject.case, subject.namespace());
    let named: Vec<&str> = items(subject.pod, "/spec/imagePullSecrets")
        .iter()
        .map(|s| text(s, "/name"))
        .collect();
    if named.is_empty() {
        return (
            "registry-unauthorised",
            "The pod names no imagePullSecrets.".to_owned(),
        );
    }
    for wanted in &named {
        if case.is_missing("Secret", namespace, wanted) {
            let near = near::clause(wanted, case.list("Secret", namespace).iter().map(name));
            return (
                "pull-secret-missing",
                format!(
                    "The pod's imagePullSecrets name the Secret \"{wanted}\", which does not exist in namespace {namespace}{near}."
                ),
            );
        }
        if let Some(fault) = case
            .get("Secret", namespace, wanted)
            .and_then(|s| malformed(&s))
        {
            return (
                "registry-unauthorised",
                format!("The pull secret \"{wanted}\" cannot be used: {fault}."),
            );
        }
    }
    (
        "registry-unauthorised",
        format!(
            "The pod uses the pull secret \"{}\", whose credentials the registry refuses for this image.",
            named.join("\", \"")
        ),
    )
}

fn malformed(secret: &Value) -> Option<String> {
    let kind = text(secret, "/type");
    let Some((_, key)) = TYPES.iter().find(|(name, _)| *name == kind) else {
        return Some(format!(
            "its type is \"{kind}\", not \"kubernetes.io/dockerconfigjson\""
        ));
    };
    let keys = items(secret, "/keys");
    let has = keys.iter().any(|k| k.as_str() == Some(key));
    (!keys.is_empty() && !has).then(|| format!("it has no key \"{key}\""))
}
