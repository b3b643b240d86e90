//! An image that does not arrive.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

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

/// What a pull error says, in lower case, with its class and what it means. The first row that
/// matches wins: the more telling text stands above the more general one.
const ANSWERS: &[(&str, &str, &str)] = &[
    (
        "toomanyrequests",
        LIMITED,
        "the registry refuses further pulls for now (rate limit)",
    ),
    (
        "429 too many",
        LIMITED,
        "the registry refuses further pulls for now (rate limit)",
    ),
    (
        "pull rate limit",
        LIMITED,
        "the registry refuses further pulls for now (rate limit)",
    ),
    (
        "no match for platform",
        PLATFORM,
        "the image exists, but not for the node's architecture",
    ),
    (
        "no matching manifest",
        PLATFORM,
        "the image exists, but not for the node's architecture",
    ),
    (
        "does not match the specified platform",
        PLATFORM,
        "the image exists, but not for the node's architecture",
    ),
    (
        "exec format error",
        PLATFORM,
        "the image is built for another architecture",
    ),
    (
        "no such host",
        UNREACHABLE,
        "the registry's host name does not resolve",
    ),
    (
        "server misbehaving",
        UNREACHABLE,
        "the registry's host name does not resolve",
    ),
    (
        "temporary failure in name resolution",
        UNREACHABLE,
        "the registry's host name does not resolve",
    ),
    (
        "x509:",
        UNREACHABLE,
        "the node does not trust the registry's TLS certificate",
    ),
    (
        "certificate",
        UNREACHABLE,
        "the node does not trust the registry's TLS certificate",
    ),
    (
        "http response to https client",
        UNREACHABLE,
        "the registry speaks plain HTTP where the node expects TLS",
    ),
    (
        "connection refused",
        UNREACHABLE,
        "nothing listens at the registry's address",
    ),
    (
        "no route to host",
        UNREACHABLE,
        "the node has no route to the registry",
    ),
    (
        "network is unreachable",
        UNREACHABLE,
        "the node has no route to the registry",
    ),
    (
        "i/o timeout",
        UNREACHABLE,
        "the registry does not answer in time",
    ),
    (
        "tls handshake timeout",
        UNREACHABLE,
        "the registry does not answer in time",
    ),
    (
        "deadline exceeded",
        UNREACHABLE,
        "the registry does not answer in time",
    ),
    (
        "client.timeout",
        UNREACHABLE,
        "the registry does not answer in time",
    ),
    (
        "connection reset",
        UNREACHABLE,
        "the connection to the registry breaks off",
    ),
    (
        "unexpected eof",
        UNREACHABLE,
        "the connection to the registry breaks off",
    ),
    (
        "503 service unavailable",
        UNREACHABLE,
        "the registry is out of service",
    ),
    (
        "502 bad gateway",
        UNREACHABLE,
        "the registry is out of service",
    ),
    (
        "500 internal server",
        UNREACHABLE,
        "the registry is out of service",
    ),
    (
        "401 unauthorized",
        UNAUTHORISED,
        "the registry does not accept the credentials, or there are none",
    ),
    (
        "403 forbidden",
        UNAUTHORISED,
        "the registry does not let these credentials pull the image",
    ),
    (
        "unauthorized",
        UNAUTHORISED,
        "the registry does not accept the credentials, or there are none",
    ),
    (
        "authentication required",
        UNAUTHORISED,
        "the registry wants credentials",
    ),
    (
        "no basic auth credentials",
        UNAUTHORISED,
        "the registry wants credentials",
    ),
    (
        "pull access denied",
        UNAUTHORISED,
        "the repository is private, or it does not exist: the registry answers both alike",
    ),
    (
        "insufficient_scope",
        UNAUTHORISED,
        "the repository is private, or it does not exist: the registry answers both alike",
    ),
    (
        "access denied",
        UNAUTHORISED,
        "the registry does not let these credentials pull the image",
    ),
    (
        "denied",
        UNAUTHORISED,
        "the registry does not let these credentials pull the image",
    ),
    ("manifest unknown", ABSENT, "the repository has no such tag"),
    (
        "name unknown",
        ABSENT,
        "the registry has no such repository",
    ),
    (
        "repository name not known",
        ABSENT,
        "the registry has no such repository",
    ),
    ("not found", ABSENT, "the registry has no such image or tag"),
    (
        "does not exist",
        ABSENT,
        "the registry has no such image or tag",
    ),
    (
        "no space left",
        DISK,
        "the node has no disk space left for the image",
    ),
];

const LIMITED: &str = "registry-rate-limited";
const PLATFORM: &str = "image-wrong-architecture";
const UNREACHABLE: &str = "registry-unreachable";
const UNAUTHORISED: &str = "registry-unauthorised";
const ABSENT: &str = "image-not-found";
const DISK: &str = "node-pressure";

/// Why this container's image is not there.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let waiting = container
        .stuck()
        .filter(|reason| REASONS.contains(reason))?;
    let image = container.image();
    let event = pull_event(subject, image);
    let told = told(container, event);
    let (class, meaning) = class(waiting, &told);
    let (class, secrets) = match class {
        UNAUTHORISED => secret::pull_secrets(subject),
        _ => (class, String::new()),
    };
    let host = registry(image);

    let mut draft = subject.draft(class, Severity::Medium);
    let cited = container.cite_waiting(&mut draft);
    let quoted = match event.filter(|e| !container.waiting_message().contains(message(e))) {
        Some(event) => format!("{cited}{}", cite_event(&mut draft, event)),
        None => cited,
    };
    draft
        .title(format!("Image {image} cannot be pulled: {meaning}"))
        .say(format!(
            "The image \"{image}\" of {} in pod {} does not arrive: {meaning} {quoted}.",
            container.called(),
            subject.object.name
        ));
    if !matches!(class, "invalid-image-name" | "image-never-pull") {
        draft.say(format!("The registry is {host}."));
    }
    draft.say(secrets);
    let policy = match container
        .spec
        .pointer("/imagePullPolicy")
        .and_then(Value::as_str)
    {
        Some(policy) if class == "image-never-pull" => format!(
            "imagePullPolicy is {policy}, so that the kubelet uses only what node {} already holds.",
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
            "The registry's own answer is no longer on record; pull the image by hand to see it.",
        );
    }
    if class == UNREACHABLE || class == LIMITED {
        let mut registry = shared("Registry", "", host);
        registry.api_version.clear();
        draft.shared(registry);
    }
    Some(draft.finish())
}

/// What Kubernetes passed on of the registry's answer.
fn told(container: &Container, event: Option<&Value>) -> String {
    format!(
        "{} {}",
        container.waiting_message(),
        event.map_or("", message)
    )
    .trim()
    .to_owned()
}

fn message(event: &Value) -> &str {
    crate::json::text(event, "/message")
}

fn pull_event<'s>(subject: &'s Subject, image: &str) -> Option<&'s Value> {
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

fn class(waiting: &str, told: &str) -> (&'static str, &'static str) {
    match waiting {
        "InvalidImageName" => return ("invalid-image-name", "this is not a valid image reference"),
        "ErrImageNeverPull" => {
            return (
                "image-never-pull",
                "the node does not hold it and the policy forbids a pull",
            );
        }
        "SignatureValidationFailed" => {
            return ("image-signature-refused", "its signature is not accepted");
        }
        _ => {}
    }
    let told = answer(told);
    match ANSWERS.iter().find(|(needle, ..)| told.contains(needle)) {
        Some((_, class, meaning)) => (class, meaning),
        None if waiting == "RegistryUnavailable" => (UNREACHABLE, "the registry does not answer"),
        None => (ABSENT, "the pull fails"),
    }
}

/// The answer in lower case, without the image references that could hold a needle.
fn answer(told: &str) -> String {
    told.split('"')
        .enumerate()
        .filter(|(i, part)| i % 2 == 0 || part.contains(' '))
        .map(|(_, part)| part)
        .collect::<String>()
        .to_ascii_lowercase()
}

fn confidence(class: &str, told: &str) -> u8 {
    match class {
        _ if told.is_empty() => 55,
        ABSENT if !mentions(told, &["not found", "unknown", "does not exist"]) => 55,
        UNAUTHORISED if mentions(told, &["repository does not exist or may require"]) => 80,
        _ => 95,
    }
}

/// Host of the registry that an image comes from.
pub fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}
