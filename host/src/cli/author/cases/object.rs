//! An object that a case names.

use k8shawk_core::ObjectRef;
use serde::{Deserialize, Serialize};

/// Its coordinates, as they stand in a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    namespace: String,
    name: String,
}

impl Object {
    /// What a plugin named, in the form of a case.
    pub(super) fn of(object: &ObjectRef) -> Object {
        Object {
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        }
    }
}

impl From<Object> for ObjectRef {
    fn from(object: Object) -> ObjectRef {
        ObjectRef::of(&object.kind, &object.namespace, &object.name)
    }
}
