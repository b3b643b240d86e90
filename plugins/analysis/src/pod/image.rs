//! An image that does not arrive.

mod answers;

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::facts;
use serde_json::Value;

use crate::json::{items, text};

use self::answers::{ABSENT, LIMITED, PLATFORM, UNAUTHORISED, UNREACHABLE, class, confidence};

use super::container::{Container, shared};
use super::revision;
use super::secret;
use super::subject::{Subject, cite_event, mentions};

/// Waiting reasons that are about the image.
const REASONS: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// Why this container's image is not there.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let waiting = container
        .stuck()
        .filter(|reason| REASONS.contains(reason))?;
    let image = container.image();
    let event = pull_event(subject, image);
    let told = told(container, event);
    let (class, plain) = class(waiting, &told);
    let (class, secrets) = match class {
        UNAUTHORISED => secret::pull_secrets(subject),
        _ => (class, String::new()),
    };
    let host = registry(image);

    let mut draft = subject.draft(class, Severity::Medium);
    let cited = container.cite_waiting(&mut draft);
    let quoted = match event.filter(|e| !container.waiting_message().contains(&e.message)) {
        Some(event) => format!("{cited}{}", cite_event(&mut draft, event)),
        None => cited,
    };
    let meaning = match answers::own_words(&told) {
        Some(words) => format!("{plain} (\"{words}\")"),
        None => plain.to_owned(),
    };
    draft
        .title(format!("Image {image} cannot be pulled: {plain}"))
        .say(format!(
            "The image \"{image}\" of {} in pod {} cannot be pulled: {meaning} {quoted}.",
            container.called(),
            subject.object.name
        ));
    if !matches!(class, "invalid-image-name" | "image-never-pull") {
        draft.say(format!("The registry is {host}."));
    }
    if !secrets.is_empty() {
        let named: Vec<&str> = items(subject.pod, "/spec/imagePullSecrets")
            .iter()
            .map(|s| text(s, "/name"))
            .collect();
        let cited = draft.cite("spec.imagePullSecrets", format!("[{}]", named.join(", ")));
        draft.say(format!("{} {cited}.", secrets.trim_end_matches('.')));
    }
    let policy = match container
        .spec
        .pointer("/imagePullPolicy")
        .and_then(Value::as_str)
    {
        Some(policy) if class == "image-never-pull" => format!(
            "imagePullPolicy is {policy}, so the kubelet uses only images already on node {}.",
            subject.node()
        ),
        _ => String::new(),
    };
    draft.say(policy).confidence(confidence(class, &told));
    draft
        .fact(facts::CONTAINER, container.name())
        .fact(facts::IMAGE, image);
    if let Some(earlier) = revision::earlier_image(subject, container) {
        let cited = draft.cite(
            format!("ReplicaSet {} spec.template", earlier.replica_set),
            &earlier.image,
        );
        if matches!(
            class,
            ABSENT | PLATFORM | "invalid-image-name" | "image-never-pull"
        ) {
            draft.fact(facts::SUGGESTED_IMAGE, earlier.image.clone());
        }
        draft.say(format!(
            "Revision {} ran \"{}\" {cited}.",
            earlier.revision, earlier.image
        ));
    }
    if told.is_empty() {
        draft.unknown(
            "The registry's answer: its event has expired; pull the image by hand to see it.",
        );
    }
    if class == UNREACHABLE || class == LIMITED {
        draft.shared(shared("Registry", "", host));
    }
    Some(draft.finish())
}

/// What Kubernetes passed on of the registry's answer.
fn told(container: &Container, event: Option<&EventRow>) -> String {
    format!(
        "{} {}",
        container.waiting_message(),
        event.map_or("", |event| &event.message)
    )
    .trim()
    .to_owned()
}

fn pull_event<'s>(subject: &'s Subject, image: &str) -> Option<&'s EventRow> {
    subject
        .newest(|reason, text| {
            reason == "Failed"
                && text.contains(image)
                && mentions(text, &["failed to pull", "not present", "rpc error"])
        })
        .or_else(|| {
            subject.newest(|reason, text| {
                matches!(reason, "InspectFailed" | "ErrImageNeverPull") && text.contains(image)
            })
        })
}

/// Other names of the public registry.
const PUBLIC: &[&str] = &["index.docker.io", "registry-1.docker.io"];

/// Host of the registry that an image comes from.
pub fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if PUBLIC.contains(&host) => "docker.io",
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}
