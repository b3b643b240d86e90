//! What a fix does to the API, as a value.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
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
    /// Delete the object of this uid, then create it again: two requests.
    Recreate {
        /// The object as it is.
        old: Value,
        /// The object to create.
        new: Value,
    },
}

/// The request of an operation that is about to be sent, or was sent and not acknowledged. Only a
/// [`Operation::Recreate`] has a second one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The only one, or the deletion of the old object.
    #[default]
    First,
    /// The creation of the new object: the old one is gone.
    Second,
}

/// One write that the API server is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Write<'o> {
    /// Replace the object; its `resourceVersion` is the precondition.
    Replace(&'o Value),
    /// Delete the object of this uid.
    Delete(&'o Value),
    /// Evict the pod of this uid.
    Evict(&'o Value),
    /// Create the object.
    Create(&'o Value),
}

/// What the API server keeps about an object by itself.
const SERVERS: &[&str] = &[
    "managedFields",
    "resourceVersion",
    "generation",
    "creationTimestamp",
];

/// An object without what the API server keeps about it: its status and its version.
pub(crate) fn as_written(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !SERVERS.contains(&key.as_str()));
    }
    object
}

/// What names one object for its whole life.
fn identity(object: &Value) -> Value {
    let mut named = Map::new();
    for path in [
        "/apiVersion",
        "/kind",
        "/metadata/namespace",
        "/metadata/name",
        "/metadata/uid",
    ] {
        let value = object.pointer(path).cloned().unwrap_or_default();
        named.insert(path.to_owned(), value);
    }
    Value::Object(named)
}

impl Operation {
    /// What is sent, as a value: where two operations differ in what they do, so do these.
    pub(crate) fn sent(&self) -> Value {
        match self {
            Operation::Replace { object } => json!(["replace", as_written(object)]),
            Operation::Delete { object } => json!(["delete", identity(object)]),
            Operation::Evict { object } => json!(["evict", identity(object)]),
            Operation::Recreate { old, new } => {
                json!(["recreate", identity(old), as_written(new)])
            }
        }
    }

    /// What is sent as this half of it; none where it has no such half.
    pub fn write(&self, half: Half) -> Option<Write<'_>> {
        match (self, half) {
            (Operation::Replace { object }, Half::First) => Some(Write::Replace(object)),
            (Operation::Delete { object }, Half::First) => Some(Write::Delete(object)),
            (Operation::Evict { object }, Half::First) => Some(Write::Evict(object)),
            (Operation::Recreate { old, .. }, Half::First) => Some(Write::Delete(old)),
            (Operation::Recreate { new, .. }, Half::Second) => Some(Write::Create(new)),
            (_, Half::Second) => None,
        }
    }

    /// The object that it is about, as it was when it was planned.
    pub fn planned_on(&self) -> &Value {
        match self {
            Operation::Replace { object }
            | Operation::Delete { object }
            | Operation::Evict { object } => object,
            Operation::Recreate { old, .. } => old,
        }
    }
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
