//! What a server's refusal means.

use k8shawk_core::llm::{Failure, Received, reset_ms};
use serde_json::Value;

use super::brief;

/// Codes and types of models that are no longer served.
const RETIRED: &[&str] = &[
    "model_not_found",
    "model_decommissioned",
    "model_not_active",
    "not_found_error",
];
/// Codes of requests that no waiting makes smaller.
const LARGE: &[&str] = &[
    "context_length_exceeded",
    "request_too_large",
    "string_above_max_length",
];

/// The class of a refusal.
pub fn refusal(received: &Received) -> Failure {
    let error = serde_json::from_str::<Value>(&received.body).unwrap_or_default();
    let field = |key: &str| {
        let found = error.pointer(&format!("/error/{key}"));
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let flat = error
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let message = match field("message") {
        text if text.is_empty() && flat.is_empty() => received.body.clone(),
        text if text.is_empty() => flat.to_owned(),
        text => text,
    };
    let (code, kind) = (field("code"), field("type"));
    let is = |words: &[&str]| words.iter().any(|w| *w == code || *w == kind);
    let what = if message.trim().is_empty() {
        "no message".to_owned()
    } else {
        brief(&message)
    };
    let status = received.status;
    let decommissioned = message.contains("decommissioned") || message.contains("does not exist");
    match status {
        429 if beyond_limit(&message) => Failure::TooLarge { what },
        429 => Failure::RateLimited {
            retry_after_ms: retry_after(received, &message),
            what,
        },
        413 => Failure::TooLarge { what },
        400 | 422 if is(LARGE) || too_long(&message) => Failure::TooLarge { what },
        400 if is(&["tool_use_failed"]) => Failure::ToolUse {
            what: hint(&what, &field("failed_generation")),
        },
        400 | 404 if is(RETIRED) || decommissioned => Failure::Retired { what },
        401 | 403 => Failure::Refused { status, what },
        408 | 498 | 500..=599 => overloaded(received, what),
        200 if is(&["overloaded_error", "api_error", "server_error"]) => overloaded(received, what),
        200 => Failure::Malformed { what },
        _ => Failure::Rejected { status, what },
    }
}

fn overloaded(received: &Received, what: String) -> Failure {
    Failure::Overloaded {
        status: received.status,
        retry_after_ms: asked(received),
        what,
    }
}

fn too_long(message: &str) -> bool {
    [
        "context length",
        "context window",
        "prompt is too long",
        "maximum context",
        "too many tokens",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn hint(what: &str, failed: &str) -> String {
    if failed.is_empty() {
        what.to_owned()
    } else {
        format!("{what} It was: {}", brief(failed))
    }
}

/// `Limit 6000, Used 0, Requested 7000`: such a request never fits.
fn beyond_limit(message: &str) -> bool {
    let number = |word: &str| -> Option<u64> {
        let behind = message.split(word).nth(1)?;
        let digits = behind
            .trim_start_matches([' ', ':'])
            .split(|c: char| !c.is_ascii_digit());
        digits.into_iter().next()?.parse().ok()
    };
    matches!((number("Limit"), number("Requested")), (Some(limit), Some(wanted)) if wanted > limit)
}

/// How long to wait: the header, else the limit that is used up, else what the message says.
fn retry_after(received: &Received, message: &str) -> Option<u64> {
    asked(received).or_else(|| used_up(received)).or_else(|| {
        let behind = message.split("try again in ").nth(1)?;
        reset_ms(behind.split_whitespace().next()?.trim_end_matches('.'))
    })
}

/// What the server asks for in so many words.
fn asked(received: &Received) -> Option<u64> {
    let ms = received.header("retry-after-ms");
    ms.and_then(|text| text.trim().parse().ok())
        .or_else(|| time(received, received.header("retry-after")?))
}

/// When the exhausted limits are reset. The two families of names differ in their order.
fn used_up(received: &Received) -> Option<u64> {
    let names = |limit: &str, what: &str| {
        [
            format!("x-ratelimit-{what}-{limit}"),
            format!("anthropic-ratelimit-{limit}-{what}"),
        ]
    };
    let header = |limit: &str, what: &str| {
        let names = names(limit, what);
        names.iter().find_map(|name| received.header(name))
    };
    ["tokens", "requests", "input-tokens", "output-tokens"]
        .into_iter()
        .filter(|limit| header(limit, "remaining").is_none_or(|left| left.trim() == "0"))
        .filter_map(|limit| time(received, header(limit, "reset")?))
        .min()
}

/// A length of time, or a moment beside the time of the answer: never beside our own clock, so
/// that a replay reads the same.
fn time(received: &Received, text: &str) -> Option<u64> {
    let text = text.trim();
    reset_ms(text).or_else(|| {
        let wait = moment(text)? - moment(received.header("date")?)?;
        u64::try_from(wait.max(0)).ok()
    })
}

/// Milliseconds since the Unix epoch of an HTTP date, or of RFC 3339.
fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    let http = jiff::fmt::rfc2822::parse(text).map(|at| at.timestamp());
    let at = http.or_else(|_| text.parse::<jiff::Timestamp>()).ok()?;
    Some(at.as_millisecond())
}
