//! An object of any kind that always deserialises: a field of an unexpected form cannot stop a
//! watch.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::{ApiResource, DynamicResourceScope};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::cluster::strip;

/// The parsed object, stripped at once to save memory, and the metadata that a watcher needs.
#[derive(Debug, Clone)]
pub(super) struct Lean {
    meta: ObjectMeta,
    pub(super) object: Value,
}

impl<'de> Deserialize<'de> for Lean {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut object = Value::deserialize(from)?;
        strip::value(&mut object);
        let text = |key: &str| {
            object
                .pointer(&format!("/metadata/{key}"))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let meta = ObjectMeta {
            name: text("name"),
            namespace: text("namespace"),
            uid: text("uid"),
            resource_version: text("resourceVersion"),
            ..ObjectMeta::default()
        };
        Ok(Lean { meta, object })
    }
}

impl Resource for Lean {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(of: &ApiResource) -> Cow<'_, str> {
        (&of.kind).into()
    }
    fn group(of: &ApiResource) -> Cow<'_, str> {
        (&of.group).into()
    }
    fn version(of: &ApiResource) -> Cow<'_, str> {
        (&of.version).into()
    }
    fn api_version(of: &ApiResource) -> Cow<'_, str> {
        (&of.api_version).into()
    }
    fn plural(of: &ApiResource) -> Cow<'_, str> {
        (&of.plural).into()
    }
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_of_any_form_deserialises() {
        for odd in [
            json!({"metadata": {"name": 3, "labels": [1], "creationTimestamp": "yesterday"}}),
            json!({"metadata": null, "spec": 9}),
            json!("text"),
        ] {
            assert_eq!(
                serde_json::from_value::<Lean>(odd.clone()).unwrap().object,
                odd
            );
        }
    }

    #[test]
    fn managed_fields_are_gone_at_once() {
        let raw = json!({"metadata": {"name": "a", "resourceVersion": "7", "managedFields": [1]}});
        let lean: Lean = serde_json::from_value(raw).unwrap();
        assert_eq!(lean.meta().resource_version.as_deref(), Some("7"));
        assert!(lean.object["metadata"].get("managedFields").is_none());
    }
}
