//! Which of the pod's own settings a log line is about.

use k8shawk_sdk::facts;
use serde_json::Value;

use super::container::{Container, shared};
use super::subject::Subject;
use crate::finding::Draft;
use crate::json::{items, name, number, text};
use crate::near;
use k8shawk_sdk::quantity;

/// A sentence on the variable, path or port that a log line names; empty where it names none.
pub fn named(subject: &Subject, container: &Container, line: &str) -> String {
    let said = [
        path(subject, container, line),
        variable(container, line),
        port(container, line),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The volume mount that a path in the line is under: the path, the mount and the volume.
pub fn volume_of<'s>(
    subject: &'s Subject,
    container: &Container<'s>,
    line: &str,
) -> Option<(String, &'s Value, &'s Value)> {
    let path = tokens(line)
        .find(|t| t.starts_with('/') && t.len() > 1)?
        .to_owned();
    let mount = items(container.spec, "/volumeMounts")
        .iter()
        .filter(|m| path.starts_with(text(m, "/mountPath")))
        .max_by_key(|m| text(m, "/mountPath").len())?;
    let volume = items(subject.pod, "/spec/volumes")
        .iter()
        .find(|v| text(v, "/name") == text(mount, "/name"))?;
    Some((path, mount, volume))
}

fn path(subject: &Subject, container: &Container, line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    if let Some((path, mount, volume)) = volume_of(subject, container, line) {
        let read_only = mount.get("readOnly").and_then(Value::as_bool) == Some(true);
        let mode = if read_only { ", mounted read-only" } else { "" };
        let user = identity(subject, container, &lower).unwrap_or_default();
        return Some(format!(
            "The path {path} is under the mount {} of volume \"{}\" ({}{mode}).{user}",
            text(mount, "/mountPath"),
            text(mount, "/name"),
            source(volume)
        ));
    }
    let root = container
        .spec
        .pointer("/securityContext/readOnlyRootFilesystem")
        .and_then(Value::as_bool)
        == Some(true);
    if root && (lower.contains("read-only file system") || lower.contains("erofs")) {
        return Some(
            "Its securityContext sets readOnlyRootFilesystem, and no volume is mounted there."
                .to_owned(),
        );
    }
    identity(subject, container, &lower).map(|s| s.trim_start().to_owned())
}

/// The user that a refused process runs as.
fn identity(subject: &Subject, container: &Container, lower: &str) -> Option<String> {
    if !lower.contains("denied") && !lower.contains("eacces") && !lower.contains("not permitted") {
        return None;
    }
    let user = number(container.spec, "/securityContext/runAsUser")
        .or_else(|| number(subject.pod, "/spec/securityContext/runAsUser"));
    let group = number(subject.pod, "/spec/securityContext/fsGroup");
    match (user, group) {
        (Some(user), Some(group)) => Some(format!(" It runs as user {user} with fsGroup {group}.")),
        (Some(user), None) => Some(format!(
            " It runs as user {user}, and the pod sets no fsGroup."
        )),
        _ => None,
    }
}

/// What a volume is made of, such as `ConfigMap app-config`.
pub fn source(volume: &Value) -> String {
    for (field, kind, at) in [
        ("configMap", "ConfigMap", "/name"),
        ("secret", "Secret", "/secretName"),
        (
            "persistentVolumeClaim",
            "PersistentVolumeClaim",
            "/claimName",
        ),
        ("hostPath", "hostPath", "/path"),
        ("nfs", "NFS", "/server"),
        ("csi", "CSI driver", "/driver"),
    ] {
        if let Some(source) = volume.get(field) {
            return format!("{kind} {}", text(source, at));
        }
    }
    let kind = volume
        .as_object()
        .and_then(|o| o.keys().find(|k| *k != "name"));
    kind.map_or_else(|| "a volume".to_owned(), Clone::clone)
}

/// An environment variable in the line: set, or missing with a near miss.
fn variable(container: &Container, line: &str) -> Option<String> {
    let set: Vec<&str> = items(container.spec, "/env")
        .iter()
        .map(|e| text(e, "/name"))
        .collect();
    let named = tokens(line).find(|t| is_variable(t))?;
    if let Some(env) = items(container.spec, "/env")
        .iter()
        .find(|e| text(e, "/name") == named)
    {
        return Some(match text(env, "/value") {
            "" => format!(
                "The container takes the variable {named} from elsewhere, or sets it to \
                           nothing."
            ),
            // A value may be a credential: its presence is all that is said.
            _ => format!("The container sets the variable {named} in its spec."),
        });
    }
    let from = !items(container.spec, "/envFrom").is_empty();
    let near =
        near::nearest(named, set).map(|n| format!("; the nearest one that it sets is \"{n}\""));
    let near = near.unwrap_or_default();
    (!from || !near.is_empty()).then(|| format!("The container's env does not set {named}{near}."))
}

/// A name as environment variables have it: capitals with an underscore.
fn is_variable(token: &str) -> bool {
    token.len() >= 5
        && token.contains('_')
        && token.starts_with(|c: char| c.is_ascii_uppercase())
        && token
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The port of a taken or forbidden address.
fn port(container: &Container, line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    let taken = lower.contains("address already in use") || lower.contains("eaddrinuse");
    let low =
        lower.contains("permission denied") && (lower.contains("bind") || lower.contains("listen"));
    if !taken && !low {
        return None;
    }
    let port: u16 = tokens(line)
        .filter_map(|t| t.rsplit(':').next()?.parse().ok())
        .find(|p| *p > 0)?;
    let ports = match container.ports() {
        ports if ports.is_empty() => "declares no port".to_owned(),
        ports => format!("declares {ports}"),
    };
    match taken {
        true => Some(format!(
            "The port is {port} and the container {ports}; another process or container of this \
             pod (or of the node, with hostNetwork) is using it."
        )),
        false => Some(format!(
            "The port is {port}: a port below 1024 needs root or NET_BIND_SERVICE."
        )),
    }
}

/// Name the claim that is full and a size for it.
pub fn full(subject: &Subject, container: &Container, line: &str, draft: &mut Draft) {
    let Some((_, _, volume)) = volume_of(subject, container, line) else {
        return;
    };
    let claim = text(volume, "/persistentVolumeClaim/claimName");
    let Some(pvc) = subject
        .case
        .get("PersistentVolumeClaim", subject.namespace(), claim)
    else {
        return;
    };
    let size = match text(&pvc, "/status/capacity/storage") {
        "" => text(&pvc, "/spec/resources/requests/storage"),
        size => size,
    };
    let cited = draft.cite(
        format!("PersistentVolumeClaim {claim} status.capacity"),
        size,
    );
    draft.say(format!(
        "The capacity of claim \"{claim}\" is {size} {cited}."
    ));
    draft.shared(shared("PersistentVolumeClaim", subject.namespace(), claim));
    if let Some(bytes) = quantity::units(size) {
        draft.fact(
            facts::SUGGESTED_SIZE,
            quantity::bytes(bytes.saturating_mul(2)),
        );
    }
}

/// A TLS Secret of the namespace that is past its date: its name and the date.
pub fn expired_secret(subject: &Subject) -> Option<(String, String)> {
    let secrets = subject.case.list("Secret", subject.namespace());
    secrets.iter().find_map(|secret| {
        let date = text(secret, "/tls/notAfter");
        (subject.since(date)? > 0).then(|| (name(secret).to_owned(), date.to_owned()))
    })
}

/// The words of a line, without the marks around them.
pub fn tokens(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '=' | '<' | '>'
            )
    })
    .map(|t| t.trim_matches(|c: char| matches!(c, ':' | '.' | '!')))
    .filter(|t| !t.is_empty())
}
