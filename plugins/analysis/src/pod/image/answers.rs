//! What registries answer.

use super::super::subject::mentions;
use k8shawk_sdk::shorten;

/// What a pull error says, in lower case, with its class and what it means. The first row that
/// matches wins: the more telling text stands above the more general one.
const ANSWERS: &[(&str, &str, &str)] = &[
    (
        "toomanyrequests",
        LIMITED,
        "the registry is rate-limiting pulls",
    ),
    (
        "429 too many",
        LIMITED,
        "the registry is rate-limiting pulls",
    ),
    (
        "pull rate limit",
        LIMITED,
        "the registry is rate-limiting pulls",
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
    ("i/o timeout", UNREACHABLE, "the registry timed out"),
    (
        "tls handshake timeout",
        UNREACHABLE,
        "the registry timed out",
    ),
    ("deadline exceeded", UNREACHABLE, "the registry timed out"),
    ("client.timeout", UNREACHABLE, "the registry timed out"),
    (
        "connection reset",
        UNREACHABLE,
        "the connection to the registry was dropped",
    ),
    (
        "unexpected eof",
        UNREACHABLE,
        "the connection to the registry was dropped",
    ),
    (
        "503 service unavailable",
        UNREACHABLE,
        "the registry is unavailable",
    ),
    (
        "502 bad gateway",
        UNREACHABLE,
        "the registry is unavailable",
    ),
    (
        "500 internal server",
        UNREACHABLE,
        "the registry is unavailable",
    ),
    (
        "401 unauthorized",
        UNAUTHORISED,
        "the registry rejects the credentials, or none were sent",
    ),
    (
        "403 forbidden",
        UNAUTHORISED,
        "these credentials are not allowed to pull the image",
    ),
    (
        "unauthorized",
        UNAUTHORISED,
        "the registry rejects the credentials, or none were sent",
    ),
    (
        "authentication required",
        UNAUTHORISED,
        "the registry requires credentials",
    ),
    (
        "no basic auth credentials",
        UNAUTHORISED,
        "the registry requires credentials",
    ),
    (
        "pull access denied",
        UNAUTHORISED,
        "the repository is private, or it does not exist: the registry gives the same answer for \
         both",
    ),
    (
        "insufficient_scope",
        UNAUTHORISED,
        "the repository is private, or it does not exist: the registry gives the same answer for \
         both",
    ),
    (
        "access denied",
        UNAUTHORISED,
        "these credentials are not allowed to pull the image",
    ),
    (
        "denied",
        UNAUTHORISED,
        "these credentials are not allowed to pull the image",
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
        "the node has no disk space for the image",
    ),
];

pub const LIMITED: &str = "registry-rate-limited";

pub const PLATFORM: &str = "image-wrong-architecture";

pub const UNREACHABLE: &str = "registry-unreachable";

pub const UNAUTHORISED: &str = "registry-unauthorised";

pub const ABSENT: &str = "image-not-found";

const DISK: &str = "node-pressure";

pub fn class(waiting: &str, told: &str) -> (&'static str, &'static str) {
    match waiting {
        "InvalidImageName" => return ("invalid-image-name", "this is not a valid image reference"),
        "ErrImageNeverPull" => {
            return (
                "image-never-pull",
                "it is not on the node, and imagePullPolicy forbids pulling it",
            );
        }
        "SignatureValidationFailed" => {
            return ("image-signature-refused", "its signature is rejected");
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

/// Longest answer that is quoted, in characters.
const WORDS: usize = 200;

/// The innermost words of a pull error: what follows the last reference or address in quotes.
pub fn own_words(told: &str) -> Option<String> {
    let (_, words) = told.rsplit_once("\": ")?;
    let words = words.trim().trim_end_matches(['.', '"']);
    let short = shorten(&words.replace('"', "'"), WORDS).into_owned();
    (!short.is_empty()).then_some(short)
}

pub fn confidence(class: &str, told: &str) -> u8 {
    match class {
        _ if told.is_empty() => 55,
        ABSENT if !mentions(told, &["not found", "unknown", "does not exist"]) => 55,
        UNAUTHORISED if mentions(told, &["repository does not exist or may require"]) => 80,
        _ => 95,
    }
}
