//! The object behind a fault that other owners may share, as a message names it.
//!
//! Messages are data: a name is believed only where it stands in the words that Kubernetes
//! itself uses, and only if it could be a name.

use k8shawk_sdk::kinds;
use k8shawk_sdk::triage::{ObjectRef, ObjectSummary, Signal};

/// Words around a name, and what the name is of.
struct Phrase {
    /// Text right before the quoted name.
    before: &'static str,
    /// Text that must follow the name; empty where anything may.
    after: &'static str,
    kind: &'static str,
}

const fn phrase(before: &'static str, after: &'static str, kind: &'static str) -> Phrase {
    Phrase {
        before,
        after,
        kind,
    }
}

/// Webhooks come first: what follows their names is text of somebody's own.
const PHRASES: &[Phrase] = &[
    phrase("failed calling webhook ", "", "Webhook"),
    phrase("admission webhook ", " denied", "Webhook"),
    phrase("configmap ", " not found", "ConfigMap"),
    phrase("secret ", " not found", "Secret"),
    phrase("serviceaccount ", " not found", "ServiceAccount"),
    phrase(
        "persistentvolumeclaim ",
        " not found",
        "PersistentVolumeClaim",
    ),
    phrase("storageclass.storage.k8s.io ", " not found", "StorageClass"),
    phrase("runtimeclass.node.k8s.io ", " not found", "RuntimeClass"),
    phrase("RuntimeClass ", " not found", "RuntimeClass"),
];

/// Kubernetes quotes no name in these.
const QUOTA: &str = "exceeded quota: ";
const DRIVER: &str = "driver name ";
const DRIVER_AFTER: &str = " not found in the list of registered CSI drivers";
const KEY: &str = "couldn't find key ";

/// Reasons whose message may name a node that is to blame.
const OF_NODES: &[&str] = &["NodeNotReady", "NodeLost", "Evicted", "StuckTerminating"];

/// What a registry that does not serve answers; "not found" and "unauthorized" are not among it.
const UNSERVED: &[&str] = &[
    "no such host",
    "server misbehaving",
    "i/o timeout",
    "connection refused",
    "connection reset",
    "no route to host",
    "network is unreachable",
    "deadline exceeded",
    "Client.Timeout",
    "x509:",
    "tls:",
    "TLS handshake",
    "HTTP response to HTTPS client",
    "toomanyrequests",
    "429 Too Many Requests",
    "500 Internal Server Error",
    "502 Bad Gateway",
    "503 Service Unavailable",
    "504 Gateway",
    "RegistryUnavailable",
];

/// The shared object that a signal names, if any. `pull` says that it is about an image pull.
pub fn of(signal: &Signal, summary: &ObjectSummary, pull: bool) -> Option<ObjectRef> {
    if signal.object.kind == "Node" {
        return Some(signal.object.clone());
    }
    let message = signal.message.as_str();
    if pull || signal.reason == "RegistryUnavailable" {
        return registry(signal, summary);
    }
    let namespace = signal.object.namespace.as_str();
    if let Some(name) = bare(message, QUOTA, "") {
        return Some(object("ResourceQuota", namespace, name));
    }
    if OF_NODES.contains(&signal.reason.as_str())
        && let Some(name) = quoted(message, "node ", "")
    {
        return Some(object("Node", namespace, name));
    }
    // Every other phrase quotes the name, but for two.
    if message.contains('"') {
        let named = PHRASES
            .iter()
            .find_map(|p| Some((p, quoted(message, p.before, p.after)?)));
        if let Some((phrase, name)) = named {
            return Some(object(phrase.kind, namespace, name));
        }
    }
    if let Some(name) = bare(message, DRIVER, DRIVER_AFTER) {
        return Some(object("CSIDriver", namespace, name));
    }
    missing_key(message)
}

/// `couldn't find key K in ConfigMap NAMESPACE/NAME`.
fn missing_key(message: &str) -> Option<ObjectRef> {
    let rest = after(after(message, KEY)?, " in ")?;
    let (kind, rest) = rest.split_once(' ')?;
    let (namespace, rest) = rest.split_once('/')?;
    let name = leading_name(rest)?;
    let named =
        matches!(kind, "ConfigMap" | "Secret") && leading_name(namespace) == Some(namespace);
    named.then(|| object(kind, namespace, name))
}

/// The registry that does not serve, by the image that was pulled.
fn registry(signal: &Signal, summary: &ObjectSummary) -> Option<ObjectRef> {
    let message = signal.message.as_str();
    let unserved = UNSERVED.iter().any(|sign| after(message, sign).is_some());
    if !unserved && signal.reason != "RegistryUnavailable" {
        return None;
    }
    let image = quoted_image(message).or_else(|| {
        let waiting = summary.containers.iter().find(|c| is_pulling(&c.reason));
        waiting.map(|c| c.image.as_str())
    })?;
    Some(object("Registry", "", registry_host(image)?))
}

fn is_pulling(reason: &str) -> bool {
    matches!(
        reason,
        "ImagePullBackOff" | "ErrImagePull" | "RegistryUnavailable"
    )
}

fn quoted_image(message: &str) -> Option<&str> {
    let rest = after(message, "image ")?;
    let rest = rest.strip_prefix('\\').unwrap_or(rest).strip_prefix('"')?;
    rest.split(['"', '\\']).next()
}

/// The registry of an image reference: the first path component if it looks like a host.
pub fn registry_host(image: &str) -> Option<&str> {
    let host = match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    };
    let host = if matches!(host, "index.docker.io" | "registry-1.docker.io") {
        "docker.io"
    } else {
        host
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    (host.len() <= 253 && host.bytes().all(plain)).then_some(host)
}

/// A quoted name between two texts; the quote may be escaped.
fn quoted<'a>(message: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let rest = after(message, before)?;
    let rest = rest.strip_prefix('\\').unwrap_or(rest).strip_prefix('"')?;
    let name = leading_name(rest)?;
    let rest = rest.get(name.len()..)?;
    let rest = rest.strip_prefix('\\').unwrap_or(rest).strip_prefix('"')?;
    rest.starts_with(behind).then_some(name)
}

/// A name without quotes between two texts.
fn bare<'a>(message: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let rest = after(message, before)?;
    let name = leading_name(rest)?;
    rest.get(name.len()..)?.starts_with(behind).then_some(name)
}

/// The text behind the first occurrence of some words.
#[inline(never)]
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.split_once(words).map(|(_, rest)| rest)
}

/// The longest prefix that is a Kubernetes name.
fn leading_name(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let end = text.find(|c: char| !plain(c)).unwrap_or(text.len());
    let name = text.get(..end)?.trim_end_matches(['.', '-']);
    (!name.is_empty() && name.len() <= 253).then_some(name)
}

/// An object of a kind; the namespace counts only where its objects have one.
fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    let namespaced = kinds::known(kind).is_none_or(|known| known.namespaced);
    ObjectRef {
        api_version: kinds::api_version(kind),
        kind: kind.to_owned(),
        namespace: if namespaced { namespace } else { "" }.to_owned(),
        name: name.to_owned(),
        uid: String::new(),
    }
}
