//! What a fix does to the API, as a value.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// One change of the cluster, bound to the version of the object that it was planned on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case")]
pub enum Operation {
    /// Replace the object; its `resourceVersion` is the precondition.
    Replace {
        /// The object as it shall be.
        object: Value,
    },
    /// Delete the object of this uid.
    Delete {
        /// The object as it is.
        object: Value,
    },
    /// Evict the pod of this uid.
    Evict {
        /// The pod as it is.
        object: Value,
    },
    /// Delete the object of this uid, then create it anew.
    Recreate {
        /// The object as it is.
        old: Value,
        /// The object to create.
        new: Value,
    },
}

/// Why a fix cannot be planned on the object as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Precondition {
    /// What the fix would do is done already.
    #[error("{0}")]
    Done(String),
    /// Something else stands against it.
    #[error("{0}")]
    Fails(String),
}
