//! Coordinates of Kubernetes objects.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kinds;

/// One Kubernetes object, by coordinates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// `apiVersion`, such as `apps/v1`; empty for a cause outside the cluster.
    #[serde(default)]
    pub api_version: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Namespace; empty for a cluster-scoped object.
    #[serde(default)]
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

impl ObjectRef {
    /// An object without a known uid.
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        ObjectRef {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: String::new(),
        }
    }

    /// An object of a kind whose API version is known; without a uid.
    pub fn of(kind: &str, namespace: &str, name: &str) -> Self {
        ObjectRef::new(&kinds::api_version(kind), kind, namespace, name)
    }

    /// The namespace in which it counts ([`kinds::home`]).
    pub fn home(&self) -> &str {
        kinds::home(&self.kind, &self.namespace, &self.name)
    }

    /// True where both name the same object; a uid counts only where both have one.
    pub fn same_object(&self, other: &ObjectRef) -> bool {
        self.kind == other.kind
            && self.namespace == other.namespace
            && self.name == other.name
            && (self.uid.is_empty() || other.uid.is_empty() || self.uid == other.uid)
    }
}

/// `Kind namespace/name`, or `Kind name` where there is no namespace.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

/// RBAC names may hold colons; no name holds a slash, a percent sign or two consecutive dots, and none
/// is a dot, which is no segment of a path.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 253
        && text != "."
        && !text.contains("..")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._:".contains(c))
}
