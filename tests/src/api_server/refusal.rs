//! Answers that say no, in the form of the API server.

use axum::body::Body;
use hyper::Response;
use serde_json::{Value, json};

use super::serve::json_answer;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    reason: &'static str,
    message: String,
    /// Seconds of a `Retry-After`.
    pub(super) after: Option<u64>,
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            code,
            reason,
            message: message.into(),
            after: None,
        }
    }

    pub(super) fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "BadRequest", message)
    }

    pub(super) fn missing(kind: &str, name: &str) -> Refusal {
        Refusal::new(404, "NotFound", format!("{kind} {name:?} not found"))
    }

    pub(super) fn no_such_path() -> Refusal {
        Refusal::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
    }

    pub(super) fn exists(kind: &str, name: &str) -> Refusal {
        Refusal::new(
            409,
            "AlreadyExists",
            format!("{kind} {name:?} already exists"),
        )
    }

    pub(super) fn conflict(name: &str, why: &str) -> Refusal {
        let message = format!("Operation cannot be fulfilled on {name:?}: {why}");
        Refusal::new(409, "Conflict", message)
    }

    pub(super) fn expired() -> Refusal {
        Refusal::new(410, "Expired", "too old resource version")
    }

    pub(super) fn media_type(found: &str) -> Refusal {
        let message = format!("the body of the request was in an unknown format: {found}");
        Refusal::new(415, "UnsupportedMediaType", message)
    }

    pub(super) fn method() -> Refusal {
        Refusal::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method",
        )
    }

    pub(super) fn busy(seconds: u64) -> Refusal {
        let message = "Too many requests, please try again later.";
        Refusal {
            after: Some(seconds),
            ..Refusal::new(429, "TooManyRequests", message)
        }
    }

    pub(super) fn budget() -> Refusal {
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        Refusal::new(429, "TooManyRequests", message)
    }

    pub(super) fn broken() -> Refusal {
        Refusal::new(
            500,
            "InternalError",
            "an error on the server: etcdserver: request timed out",
        )
    }

    /// The `Status` object.
    pub(super) fn status(&self) -> Value {
        let details = self
            .after
            .map(|seconds| json!({"retryAfterSeconds": seconds}));
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
            "details": details.unwrap_or(json!({}))})
    }

    pub(super) fn answer(&self) -> Response<Body> {
        let mut answer = json_answer(self.code, &self.status());
        if let Some(seconds) = self.after {
            answer.headers_mut().insert("retry-after", seconds.into());
        }
        answer
    }
}
