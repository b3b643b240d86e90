//! A volume that cannot be attached or mounted.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::facts;
use k8shawk_sdk::shorten;
use serde_json::Value;

use super::config;
use super::container::shared;
use super::setting;
use super::subject::{Subject, between_marks, cite_event, mentions};
use crate::finding::Draft;
use crate::json::{items, name, text};
use crate::{node, storage};

/// Reasons of events about volumes.
const REASONS: &[&str] = &[
    "FailedMount",
    "FailedAttachVolume",
    "FailedMapVolume",
    "VolumeFailed",
];

/// Seconds that volumes may take without a word before references are looked at.
const PATIENCE: i64 = 60;

/// What the kubelet says of a volume, in lower case, with what it means.
const TEXTS: &[(&str, &str)] = &[
    (
        "hostpath type check failed",
        "the path on the node is not of the type that the hostPath volume requires",
    ),
    (
        "not found in the list of registered csi drivers",
        "the CSI driver does not run on the node",
    ),
    (
        "access denied by server",
        "the NFS server denies access to the node",
    ),
    ("connection timed out", "the storage server times out"),
    ("connection refused", "the storage server does not listen"),
    ("no such device", "the device is not on the node"),
    (
        "wrong fs type",
        "the file system is not of the declared type, or is damaged, or its tools are missing on the node",
    ),
    ("fsck", "the file system is damaged"),
    ("permission denied", "permission denied on the node"),
    ("does not exist", "the path does not exist on the node"),
    ("no such file or directory", "the path does not exist there"),
    (
        "failed to fetch token",
        "the ServiceAccount's token cannot be fetched",
    ),
];

/// What a busy kubelet or API server says, in lower case: the kubelet tries again by itself, and the
/// next try may succeed.
const RETRIED: &[(&str, &str)] = &[
    (
        "bound to a pod scheduled on a different node",
        "the API server does not yet see the pod on this node, and the kubelet retries",
    ),
    ("rate limiter", "the kubelet is rate-limited, and retries"),
    (
        "failed to sync",
        "the kubelet has not read the sources of the volume yet, and retries",
    ),
    (
        "not registered",
        "the kubelet has not read the sources of the volume yet, and retries",
    ),
];

/// Confidence where the kubelet refuses the volume, and where it may only be busy.
const REFUSED: u8 = 88;
const BUSY: u8 = 45;

/// Why the pod's volumes are not there.
pub fn diagnose(subject: &Subject) -> Option<Finding> {
    if subject.phase() != "Pending" || subject.node().is_empty() {
        return None;
    }
    if subject
        .containers()
        .iter()
        .any(|c| c.running() || c.exit().is_some() || c.stuck().is_some())
    {
        return None;
    }
    // "timed out waiting" only repeats that something else failed before.
    let telling = subject.newest(|reason, message| {
        REASONS.contains(&reason)
            && !mentions(
                message,
                &["timed out waiting for the condition", "unmounted volumes="],
            )
    });
    let event = telling.or_else(|| subject.event(REASONS));
    if event.is_none() && subject.age() < PATIENCE {
        return None;
    }
    if let Some(found) = config::diagnose_volumes(subject, event) {
        return Some(found);
    }
    claims(subject).or_else(|| event.map(|event| failed(subject, event)))
}

/// Claims that are gone or not bound, although the pod has a node.
fn claims(subject: &Subject) -> Option<Finding> {
    storage::claims(subject.pod).into_iter().find_map(|claim| {
        let pvc = subject
            .case
            .get("PersistentVolumeClaim", subject.namespace(), claim)?;
        storage::explain(subject.case, &pvc, &subject.object, &subject.owner)
    })
}

fn failed(subject: &Subject, event: &EventRow) -> Finding {
    let message = event.message.as_str();
    let attach = event.reason == "FailedAttachVolume" || message.contains("Multi-Attach");
    let volume = between_marks(message, "volume \"", "\"").unwrap_or_default();
    let spec = items(subject.pod, "/spec/volumes")
        .iter()
        .find(|v| text(v, "/name") == volume || claimed(subject, v, volume));
    let mut draft = subject.draft(
        if attach {
            "volume-attach-failed"
        } else {
            "volume-mount-failed"
        },
        Severity::Medium,
    );
    let cited = cite_event(&mut draft, event);
    let made = spec.map_or(String::new(), |v| format!(" ({})", setting::source(v)));
    let lower = message.to_ascii_lowercase();
    let (meaning, confidence) = meaning(message, &lower);
    let verb = if attach { "attached" } else { "mounted" };
    let told = match own_words(message) {
        Some(words) => format!("{meaning} (\"{words}\")"),
        None => meaning.to_owned(),
    };
    draft
        .title(format!("Volume \"{volume}\" of pod {} cannot be {verb}: {meaning}", subject.object.name))
        .say(format!("Pod {} waits on node {} because its volume \"{volume}\"{made} cannot be {verb}: {told} {cited}.", subject.object.name, subject.node()))
        .confidence(confidence);
    if let Some(path) = spec.and_then(|v| v.get("hostPath")) {
        let cited = draft.cite(
            format!("spec.volumes[{volume}].hostPath"),
            format!("path={} type={}", text(path, "/path"), text(path, "/type")),
        );
        draft.say(format!(
            "The hostPath is {} of type \"{}\" {cited}.",
            text(path, "/path"),
            text(path, "/type")
        ));
    }
    if attach {
        holder(subject, volume, message, &mut draft);
    }
    draft.finish()
}

/// What a message means, and how sure that is.
fn meaning(message: &str, lower: &str) -> (&'static str, u8) {
    let of = |texts: &[(&str, &'static str)]| {
        let found = texts.iter().find(|(needle, _)| lower.contains(needle));
        found.map(|(_, meaning)| *meaning)
    };
    if message.contains("Multi-Attach") {
        let meaning = "it is attached to another node, and it can be attached to only one";
        return (meaning, REFUSED);
    }
    match (of(RETRIED), of(TEXTS)) {
        (Some(meaning), _) => (meaning, BUSY),
        (None, Some(meaning)) => (meaning, REFUSED),
        (None, None) => ("the kubelet or the storage driver refuses it", REFUSED),
    }
}

/// Longest part of a message that is quoted, in characters.
const WORDS: usize = 200;

/// What the kubelet or the driver says, behind the name of the volume.
fn own_words(message: &str) -> Option<String> {
    let (_, words) = message.split_once("\" : ")?;
    let line = words.trim().lines().next()?.replace('"', "'");
    let short = shorten(&line, WORDS).into_owned();
    (!short.is_empty()).then_some(short)
}

/// True where the volume is the claim that the PersistentVolume `pv` is bound to.
fn claimed(subject: &Subject, volume: &Value, pv: &str) -> bool {
    let claim = text(volume, "/persistentVolumeClaim/claimName");
    !claim.is_empty()
        && subject
            .case
            .get("PersistentVolumeClaim", subject.namespace(), claim)
            .is_some_and(|pvc| text(&pvc, "/spec/volumeName") == pv)
}

/// Who holds a volume that cannot be attached.
fn holder(subject: &Subject, volume: &str, message: &str, draft: &mut Draft) {
    let own = storage::claims(subject.pod);
    let pods = subject.case.list("Pod", subject.namespace());
    let holds = |p: &&Value| {
        name(p) != subject.object.name
            && !text(p, "/spec/nodeName").is_empty()
            && text(p, "/spec/nodeName") != subject.node()
            && (storage::claims(p).iter().any(|c| own.contains(c)) || message.contains(name(p)))
            && !matches!(text(p, "/status/phase"), "Succeeded" | "Failed")
    };
    let Some(other) = pods.iter().find(holds) else {
        draft.unknown(format!(
            "Which node still holds volume {volume}: check the VolumeAttachments."
        ));
        return;
    };
    let held_on = text(other, "/spec/nodeName");
    let cited = draft.cite(format!("Pod {} spec.nodeName", name(other)), held_on);
    draft.say(format!(
        "Pod {} on node {held_on} holds it {cited}.",
        name(other)
    ));
    for claim in own.iter().filter(|c| storage::claims(other).contains(c)) {
        draft.shared(shared("PersistentVolumeClaim", subject.namespace(), claim));
    }
    let gone = subject.case.is_missing("Node", "", held_on);
    let down = subject
        .case
        .get("Node", "", held_on)
        .is_some_and(|n| node::fault(&n).is_some_and(|f| f.class == "node-unreachable"));
    if gone || down {
        let state = if gone {
            "no longer exists"
        } else {
            "is unreachable"
        };
        draft.say(format!(
            "Node {held_on} {state}, so that pod cannot release it."
        ));
        draft
            .fact(facts::STALE_POD, name(other))
            .fact(facts::NODE, held_on);
    }
}
