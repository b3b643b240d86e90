//! What can go wrong between the host and the API server.

use k8shawk_core::guard::ReadError;
use thiserror::Error;

/// A fault on the way to the API server, or its refusal.
#[derive(Debug, Clone, Error)]
pub enum ClusterError {
    /// The kubeconfig or the pod's service account cannot be used: tell the operator, and stop.
    #[error("cannot use {source_name}: {why}")]
    Config {
        /// The file, or what stood for one.
        source_name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The API server does not answer: try again later; nothing is known of the cluster.
    #[error("no answer from the API server at {address}: {why}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What happened.
        why: String,
    },
    /// The credentials are not accepted (401): tell the operator; trying again does not help.
    #[error("the API server at {address} does not accept the credentials: {why}")]
    Unauthorized {
        /// The server.
        address: String,
        /// Its answer.
        why: String,
    },
    /// RBAC refuses it (403): do without, and say so.
    #[error("the cluster refuses to {attempt}: {why}")]
    Denied {
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
    /// The server is overloaded or a backend of it is down (429, 503, 504), after several
    /// tries: do without for now.
    #[error("{attempt}: not served now: {why}")]
    Busy {
        /// What was attempted.
        attempt: String,
        /// The server's answer.
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
    /// The answer is an error or cannot be understood: report it, perhaps try again.
    #[error("{attempt}: {why}")]
    Answer {
        /// What was attempted.
        attempt: String,
        /// What came back.
        why: String,
    },
}

impl ClusterError {
    /// True where the same read may succeed a moment later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            ClusterError::Busy { .. } | ClusterError::Unreachable { .. }
        )
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
        match error {
            ClusterError::Denied { .. } | ClusterError::Unauthorized { .. } => ReadError::Denied,
            ClusterError::NotFound { .. } => ReadError::NotFound,
            other => ReadError::Unavailable(other.to_string()),
        }
    }
}
