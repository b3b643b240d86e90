//! Configuration that is missing: a ConfigMap, a Secret, or a key of one.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::facts;
use serde_json::Value;

use super::container::{Container, shared};
use super::reference::{self, Reference};
use super::subject::{Subject, between_marks, cite_event, mentions};
use crate::json::{items, name, number};
use crate::near;

/// What the kubelet writes beside `CreateContainerConfigError` when no reference is missing,
/// in lower case, with the class and what it means.
const REFUSALS: &[(&str, &str, &str)] = &[
    (
        "runasnonroot and image will run as root",
        "run-as-root-refused",
        "its securityContext sets runAsNonRoot, but the image runs as root and no runAsUser is set",
    ),
    (
        "image has non-numeric user",
        "run-as-root-refused",
        "its securityContext sets runAsNonRoot, but the image's user is a name, so the kubelet \
         cannot check that it is not root; set a numeric runAsUser",
    ),
    (
        "container's runasuser breaks non-root policy",
        "run-as-root-refused",
        "its securityContext sets both runAsNonRoot and runAsUser 0",
    ),
    (
        "subpath",
        "volume-mount-failed",
        "the subPath of a volume mount cannot be prepared",
    ),
    (
        "invalid environment variable",
        "invalid-configuration",
        "an environment variable has an invalid name",
    ),
];

/// Why this container's configuration cannot be put together.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let waiting = container
        .stuck()
        .filter(|r| r.starts_with("CreateContainer"))?;
    let told = container.waiting_message();
    if let Some((lack, reference)) = first_lack(subject, Some(container.name())) {
        return Some(missing(subject, Some(container), &reference, lack, None));
    }
    if let Some(reference) = from_text(told) {
        let lack = if reference.key.is_some() {
            Lack::Key
        } else {
            Lack::Object
        };
        return Some(missing(subject, Some(container), &reference, lack, None));
    }
    if waiting != "CreateContainerConfigError" && !mentions(told, &["runasnonroot", "subpath"]) {
        return None;
    }
    let lower = told.to_ascii_lowercase();
    let (class, meaning) = REFUSALS
        .iter()
        .find(|(needle, ..)| lower.contains(needle))
        .map_or(
            (
                "invalid-configuration",
                "the kubelet cannot create its container configuration",
            ),
            |(_, c, m)| (c, m),
        );
    let mut draft = subject.draft(class, Severity::Medium);
    let cited = container.cite_waiting(&mut draft);
    draft
        .title(format!(
            "{} of pod {} cannot be created: {meaning}",
            container.called(),
            subject.object.name
        ))
        .say(format!(
            "The {} of pod {} cannot be created: {meaning} {cited}.",
            container.called(),
            subject.object.name
        ))
        .fact(facts::CONTAINER, container.name())
        .confidence(if class == "invalid-configuration" {
            60
        } else {
            95
        });
    Some(draft.finish())
}

/// Why a volume of the pod has no content: the kubelet's event, or the reference itself.
pub fn diagnose_volumes(subject: &Subject, event: Option<&EventRow>) -> Option<Finding> {
    if let Some((lack, reference)) = first_lack(subject, None) {
        return Some(missing(subject, None, &reference, lack, event));
    }
    let reference = from_text(&event?.message)?;
    let lack = if reference.key.is_some() {
        Lack::Key
    } else {
        Lack::Object
    };
    Some(missing(subject, None, &reference, lack, event))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    Object,
    Key,
}

/// The first reference of a container, or of the volumes, that does not hold.
fn first_lack(subject: &Subject, container: Option<&str>) -> Option<(Lack, Reference)> {
    reference::required(subject.pod)
        .into_iter()
        .filter(|r| r.container.as_deref() == container)
        .find_map(|r| lack(subject, &r).map(|lack| (lack, r)))
}

fn lack(subject: &Subject, reference: &Reference) -> Option<Lack> {
    let (case, namespace) = (subject.case, subject.namespace());
    if case.is_missing(reference.kind, namespace, &reference.name) {
        return Some(Lack::Object);
    }
    let wanted = reference.key.as_deref()?;
    let object = case.get(reference.kind, namespace, &reference.name)?;
    (!keys(&object).contains(&wanted)).then_some(Lack::Key)
}

/// Keys of a ConfigMap, or of a Secret as the host shows it.
fn keys(object: &Value) -> Vec<&str> {
    let maps = ["data", "binaryData"]
        .into_iter()
        .filter_map(|field| object.get(field)?.as_object());
    let listed = items(object, "/keys").iter().filter_map(Value::as_str);
    maps.flat_map(|map| map.keys().map(String::as_str))
        .chain(listed)
        .collect()
}

/// The reference that a message of the kubelet is about.
fn from_text(told: &str) -> Option<Reference> {
    let lower = told.to_ascii_lowercase();
    let made = |kind, name: &str, key: Option<&str>| Reference {
        kind,
        name: name.to_owned(),
        key: key.map(str::to_owned),
        path: String::new(),
        container: None,
    };
    for (word, kind) in [("configmap", "ConfigMap"), ("secret", "Secret")] {
        let named = between_marks(&lower, &format!("{word} \""), "\" not found");
        if let Some(name) = named.filter(|n| !n.contains('"')) {
            return Some(made(kind, name, None));
        }
        if let Some((_, rest)) = told.split_once(&format!(" in {kind} "))
            && let Some(key) = between_marks(told, "couldn't find key ", " in ")
        {
            let object = rest.split_whitespace().next().unwrap_or_default();
            let name = object.rsplit('/').next().unwrap_or_default();
            return Some(made(kind, name, Some(key)));
        }
    }
    None
}

fn missing(
    subject: &Subject,
    container: Option<&Container>,
    wanted: &Reference,
    lack: Lack,
    event: Option<&EventRow>,
) -> Finding {
    let (kind, namespace) = (wanted.kind, subject.namespace());
    let key = wanted.key.as_deref().unwrap_or_default();
    let class = match (lack, kind) {
        (Lack::Key, _) => "missing-config-key",
        (Lack::Object, "Secret") => "missing-secret",
        (Lack::Object, _) => "missing-configmap",
    };
    let mut draft = subject.draft(class, Severity::Medium);
    let user = match container {
        Some(c) => c.called(),
        None => "a volume".to_owned(),
    };
    let mut cited = String::new();
    if !wanted.path.is_empty() {
        let asked = if key.is_empty() {
            wanted.name.clone()
        } else {
            format!("{} key {key}", wanted.name)
        };
        cited = draft.cite(&wanted.path, asked);
    }
    if let Some(c) = container {
        cited.push_str(&c.cite_waiting(&mut draft));
    }
    if let Some(event) = event {
        cited.push_str(&cite_event(&mut draft, event));
    }
    let near = near_miss(subject, wanted, lack);
    match lack {
        Lack::Object => {
            draft.title(format!("{kind} \"{}\" does not exist{near}", wanted.name));
            if !has_ready_pods(subject) {
                let existing = subject.case.list(kind, namespace);
                draft.slip(kind, &wanted.name, existing.iter().map(name));
            }
            draft.say(format!("Pod {} cannot start: {user} needs the {kind} \"{}\", which does not exist in namespace {namespace} {cited}{near}.", subject.object.name, wanted.name));
        }
        Lack::Key => {
            draft.title(format!(
                "{kind} \"{}\" has no key \"{key}\"{near}",
                wanted.name
            ));
            draft.say(format!("Pod {} cannot start: {user} needs the key \"{key}\" of the {kind} \"{}\" in namespace {namespace}, which has no such key {cited}{near}.", subject.object.name, wanted.name));
        }
    }
    draft.say(place(&wanted.path));
    if let Some(c) = container {
        draft.fact(facts::CONTAINER, c.name());
    }
    draft
        .confidence(95)
        .shared(shared(kind, namespace, &wanted.name));
    draft.finish()
}

/// Where its workload has ready pods, the name was right once: the object went, and the name stays.
fn has_ready_pods(subject: &Subject) -> bool {
    let owner = &subject.owner;
    let workload = subject.case.get(&owner.kind, &owner.namespace, &owner.name);
    let ready = |field| workload.as_deref().and_then(|w| number(w, field));
    ["/status/readyReplicas", "/status/numberReady"]
        .into_iter()
        .filter_map(ready)
        .any(|pods| pods > 0)
}

fn place(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("The reference is at {path}.")
    }
}

fn near_miss(subject: &Subject, wanted: &Reference, lack: Lack) -> String {
    let (case, namespace) = (subject.case, subject.namespace());
    if lack == Lack::Object {
        return near::clause(
            &wanted.name,
            case.list(wanted.kind, namespace).iter().map(name),
        );
    }
    let Some(object) = case.get(wanted.kind, namespace, &wanted.name) else {
        return String::new();
    };
    let (key, keys) = (wanted.key.as_deref().unwrap_or_default(), keys(&object));
    match near::nearest(key, keys.iter().copied()) {
        Some(near) => format!("; the nearest existing key is \"{near}\""),
        None if keys.is_empty() => "; it is empty".to_owned(),
        None => format!(
            "; its keys are {}",
            keys.into_iter().take(12).collect::<Vec<_>>().join(", ")
        ),
    }
}
