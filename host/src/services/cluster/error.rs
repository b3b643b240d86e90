//! What can go wrong between the host and the API server, and what follows from it: the one
//! classification of its answers, for reads, writes and watches.

use std::time::Duration;

use k8shawk_core::guard::ReadError;
use thiserror::Error;

mod answer;

/// What a fault means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The answer is no, and stays no: do without, and say why.
    Permanent,
    /// No answer yet: nothing follows from it. Ask again, and not before `after` where the server
    /// says so.
    Transient {
        /// `Retry-After`.
        after: Option<Duration>,
    },
    /// Somebody else changed the object in between: look at it as it is now.
    Conflict,
    /// There is no such object or kind.
    Gone,
}

/// A fault on the way to the API server, or its refusal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClusterError {
    /// The kubeconfig or the pod's service account cannot be used: tell the operator, and stop.
    #[error("cannot use {source_name}: {why}")]
    Config {
        /// The file, or what stood for one.
        source_name: String,
        /// What is wrong with it.
        why: String,
    },
    /// No connection: nothing was sent, and nothing is known of the cluster. Try again later.
    #[error("no answer from the API server at {address}: {why}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What happened.
        why: String,
    },
    /// It was sent, and no answer came: a write may have happened. Look, then try again.
    #[error("no answer from the API server at {address}: {why}")]
    Unanswered {
        /// The server.
        address: String,
        /// What happened.
        why: String,
    },
    /// The credentials are not accepted (401), as while they are rotated: they are loaded again
    /// before the next try.
    #[error("the API server at {address} rejects the credentials: {why}")]
    Unauthorized {
        /// The server.
        address: String,
        /// Its answer.
        why: String,
    },
    /// RBAC or an admission rule refuses it (403): do without, and say so.
    #[error("the cluster refuses to {attempt}: {why}")]
    Denied {
        /// What was attempted.
        attempt: String,
        /// The server's answer.
        why: String,
    },
    /// The server refuses the request as it is (validation, a disruption budget): do without, and
    /// say so.
    #[error("cannot {attempt}: {why}")]
    Refused {
        /// What was attempted.
        attempt: String,
        /// The server's answer.
        why: String,
    },
    /// There is no such object or kind (404): do without.
    #[error("{attempt}: not found")]
    NotFound {
        /// What was attempted.
        attempt: String,
    },
    /// Somebody changed the object in between, or made one of this name (409): plan again.
    #[error("{attempt}: the object changed meanwhile")]
    Conflict {
        /// What was attempted.
        attempt: String,
    },
    /// The version or the list that was asked on from is too old (410): begin again.
    #[error("{attempt}: the resource version is too old: {why}")]
    Expired {
        /// What was attempted.
        attempt: String,
        /// The server's answer.
        why: String,
    },
    /// Too many requests (429): nothing was done. Ask again later.
    #[error("{attempt}: the API server is overloaded: {why}")]
    Throttled {
        /// What was attempted.
        attempt: String,
        /// The server's answer.
        why: String,
        /// How long it wants to be left alone.
        after: Option<Duration>,
    },
    /// The server or a backend of it fails (5xx): a write may have happened. Look, then try again.
    #[error("{attempt}: temporarily unavailable: {why}")]
    Busy {
        /// What was attempted.
        attempt: String,
        /// The server's answer.
        why: String,
        /// How long it wants to be left alone.
        after: Option<Duration>,
    },
    /// A backend of the API server fails (the kubelet of a log, the metrics
    /// server): do without, and say so. Reads alone have it.
    #[error("{attempt}: temporarily unavailable: {why}")]
    Backend {
        /// What was attempted.
        attempt: String,
        /// The API server's answer.
        why: String,
    },
    /// The answer is larger than is taken: ask for less.
    #[error("{attempt}: the answer is larger than {} MiB: ask for one namespace, or with a selector", most >> 20)]
    TooLarge {
        /// What was attempted.
        attempt: String,
        /// Bytes that are taken.
        most: u64,
    },
    /// The answer cannot be understood, as that of a proxy: a write may have happened.
    #[error("{attempt}: {why}")]
    Answer {
        /// What was attempted.
        attempt: String,
        /// What came back.
        why: String,
    },
}

impl ClusterError {
    /// What follows from it.
    pub fn class(&self) -> Class {
        match self {
            ClusterError::Config { .. }
            | ClusterError::Denied { .. }
            | ClusterError::Refused { .. }
            | ClusterError::Backend { .. }
            | ClusterError::TooLarge { .. } => Class::Permanent,
            ClusterError::Unreachable { .. }
            | ClusterError::Unanswered { .. }
            | ClusterError::Unauthorized { .. }
            | ClusterError::Expired { .. }
            | ClusterError::Answer { .. } => Class::Transient { after: None },
            ClusterError::Throttled { after, .. } | ClusterError::Busy { after, .. } => {
                Class::Transient { after: *after }
            }
            ClusterError::Conflict { .. } => Class::Conflict,
            ClusterError::NotFound { .. } => Class::Gone,
        }
    }

    /// True where the same request may succeed later, so that nothing may be concluded.
    pub fn may_pass(&self) -> bool {
        matches!(self.class(), Class::Transient { .. })
    }

    /// How long the server wants to be left alone; none where it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.class() {
            Class::Transient { after } => after,
            Class::Permanent | Class::Conflict | Class::Gone => None,
        }
    }

    /// True where a write may have happened anyway: only the object itself can tell.
    pub fn may_have_happened(&self) -> bool {
        match self {
            ClusterError::Unanswered { .. }
            | ClusterError::Busy { .. }
            | ClusterError::Answer { .. } => true,
            ClusterError::Config { .. }
            | ClusterError::Unreachable { .. }
            | ClusterError::Unauthorized { .. }
            | ClusterError::Denied { .. }
            | ClusterError::Refused { .. }
            | ClusterError::NotFound { .. }
            | ClusterError::Conflict { .. }
            | ClusterError::Expired { .. }
            | ClusterError::Throttled { .. }
            | ClusterError::Backend { .. }
            | ClusterError::TooLarge { .. } => false,
        }
    }

    /// The same fault of a request that the API server passes on. Of itself it says when to come
    /// back: what it says nothing of is the fault of whom it asks.
    pub(super) fn of_backend(self) -> ClusterError {
        match self {
            ClusterError::Busy {
                attempt,
                why,
                after: None,
            } => ClusterError::Backend { attempt, why },
            other => other,
        }
    }

    /// True where credentials or certificates that are loaded again may be accepted.
    pub(super) fn wants_credentials(&self) -> bool {
        match self {
            ClusterError::Unauthorized { .. } => true,
            ClusterError::Unreachable { why, .. } => why.contains("certificate"),
            _ => false,
        }
    }
}

/// Words of the client's layers, which tell nobody anything.
const LAYERS: [&str; 5] = [
    "ServiceError: ",
    "HyperError: ",
    "client error (Connect): ",
    "client error (SendRequest): ",
    "tcp connect error: ",
];

/// An error with its causes, each once.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    for layer in LAYERS {
        text = text.replace(layer, "");
    }
    text
}

impl From<ClusterError> for ReadError {
    fn from(error: ClusterError) -> Self {
        match error.class() {
            Class::Transient { .. } => ReadError::Later(error.to_string()),
            Class::Gone => ReadError::NotFound,
            Class::Permanent | Class::Conflict => match error {
                ClusterError::Denied { .. } => ReadError::Denied,
                other => ReadError::Unavailable(other.to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests;
