//! An object that a case names.

use k8shawk_core::ObjectRef;
use serde::Deserialize;

/// Its coordinates, as they stand in a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    kind: String,
    #[serde(default)]
    namespace: String,
    name: String,
    #[serde(default)]
    uid: String,
}

impl From<Object> for ObjectRef {
    fn from(object: Object) -> ObjectRef {
        ObjectRef {
            uid: object.uid,
            ..ObjectRef::of(&object.kind, &object.namespace, &object.name)
        }
    }
}
