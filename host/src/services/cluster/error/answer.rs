//! From what the client reports to what follows from it: every status and every fault of the
//! client has its row, so that a new one cannot fall through.

use std::time::Duration;

use hyper_util::client::legacy;
use kube::Error;
use kube::client::AuthError;
use kube::core::Status;
use kube::core::response::reason;

use super::{ClusterError, chain};

impl ClusterError {
    /// The fault that the client reports for what was attempted at an address.
    pub(in crate::services::cluster) fn of(
        attempt: &str,
        address: &str,
        error: Error,
    ) -> ClusterError {
        let (attempt, address) = (attempt.to_owned(), address.to_owned());
        let why = chain(&error);
        match error {
            Error::Api(status) => ClusterError::answered(attempt, address, &status),
            Error::Auth(_) => ClusterError::Unauthorized { address, why },
            Error::Service(cause) if cause.is::<AuthError>() => {
                ClusterError::Unauthorized { address, why }
            }
            Error::Service(cause) if is_before_sending(cause.as_ref()) => {
                ClusterError::Unreachable { address, why }
            }
            Error::Service(_) | Error::HyperError(_) | Error::ReadEvents(_) => {
                ClusterError::Unanswered { address, why }
            }
            Error::SerdeError(_) | Error::FromUtf8(_) | Error::LinesCodecMaxLineLengthExceeded => {
                ClusterError::Answer { attempt, why }
            }
            Error::HttpError(_) | Error::BuildRequest(_) | Error::Discovery(_) => {
                ClusterError::Refused { attempt, why }
            }
            Error::ProxyProtocolUnsupported { .. }
            | Error::ProxyProtocolDisabled { .. }
            | Error::InferConfig(_)
            | Error::RustlsTls(_)
            | Error::TlsRequired
            | Error::InferKubeconfig(_) => ClusterError::Config {
                source_name: format!("the settings of {address}"),
                why,
            },
        }
    }

    /// What a `Status` says.
    pub(in crate::services::cluster) fn answered(
        attempt: String,
        address: String,
        status: &Status,
    ) -> ClusterError {
        let (why, after) = (message(status), after(status));
        match meaning(status) {
            Meaning::Unauthorized => ClusterError::Unauthorized { address, why },
            Meaning::Denied => ClusterError::Denied { attempt, why },
            Meaning::NotFound => ClusterError::NotFound { attempt },
            Meaning::Conflict => ClusterError::Conflict { attempt },
            Meaning::Expired => ClusterError::Expired { attempt, why },
            Meaning::Throttled => ClusterError::Throttled {
                attempt,
                why,
                after,
            },
            Meaning::Busy => ClusterError::Busy {
                attempt,
                why,
                after,
            },
            Meaning::Refused => ClusterError::Refused { attempt, why },
            Meaning::Unknown => ClusterError::Answer { attempt, why },
        }
    }
}

/// What the server means by a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Unauthorized,
    Denied,
    NotFound,
    Conflict,
    Expired,
    Throttled,
    Busy,
    Refused,
    /// No error of an API server.
    Unknown,
}

fn meaning(status: &Status) -> Meaning {
    match status.code {
        0 => by_reason(&status.reason),
        1..=399 => Meaning::Unknown,
        400 => Meaning::Refused,
        401 => Meaning::Unauthorized,
        402 => Meaning::Refused,
        403 => Meaning::Denied,
        404 => Meaning::NotFound,
        405..=407 => Meaning::Refused,
        // A timeout, by a proxy in between.
        408 => Meaning::Busy,
        409 => Meaning::Conflict,
        410 => Meaning::Expired,
        411..=424 => Meaning::Refused,
        // Too early.
        425 => Meaning::Busy,
        426..=428 => Meaning::Refused,
        429 if is_budget(status) => Meaning::Refused,
        429 => Meaning::Throttled,
        430..=499 => Meaning::Refused,
        500 => Meaning::Busy,
        // Not implemented.
        501 => Meaning::Refused,
        502..=599 => Meaning::Busy,
        600.. => Meaning::Unknown,
    }
}

/// A status without a code, as within a watch.
fn by_reason(word: &str) -> Meaning {
    match word {
        reason::UNAUTHORIZED => Meaning::Unauthorized,
        reason::FORBIDDEN => Meaning::Denied,
        reason::NOT_FOUND => Meaning::NotFound,
        reason::ALREADY_EXISTS | reason::CONFLICT => Meaning::Conflict,
        reason::GONE | reason::EXPIRED => Meaning::Expired,
        reason::TOO_MANY_REQUESTS => Meaning::Throttled,
        reason::INVALID
        | reason::BAD_REQUEST
        | reason::METHOD_NOT_ALLOWED
        | reason::NOT_ACCEPTABLE
        | reason::REQUEST_ENTITY_TOO_LARGE
        | reason::UNSUPPORTED_MEDIA_TYPE => Meaning::Refused,
        reason::SERVER_TIMEOUT
        | reason::STORAGE_READ_ERROR
        | reason::TIMEOUT
        | reason::INTERNAL_ERROR
        | reason::SERVICE_UNAVAILABLE => Meaning::Busy,
        _ => Meaning::Unknown,
    }
}

/// A disruption budget refuses an eviction by 429 too. It names a time where it is only not
/// computed yet.
fn is_budget(status: &Status) -> bool {
    status.details.as_ref().is_some_and(|details| {
        let budget = details
            .causes
            .iter()
            .any(|c| c.reason == "DisruptionBudget");
        budget && details.retry_after_seconds == 0
    })
}

/// `Retry-After`, which is in the details wherever it was in the header: see
/// [`retry_after`](super::super::retry_after).
fn after(status: &Status) -> Option<Duration> {
    let seconds = status.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

fn message(status: &Status) -> String {
    match status.message.trim() {
        "" => format!("{} {}", status.code, status.reason)
            .trim()
            .to_owned(),
        message => message.to_owned(),
    }
}

/// True where no connection came up.
fn is_before_sending(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<legacy::Error>() {
            return error.is_connect();
        }
        next = error.source();
    }
    false
}
