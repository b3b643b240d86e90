//! An object of any kind that always deserialises: a field of an unexpected form cannot stop a
//! watch.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8shawk_core::ObjectRef;
use k8shawk_core::inventory::Projection;
use k8shawk_core::kinds::Kind;
use kube::Resource;
use kube::core::{ApiResource, DynamicResourceScope};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Change;
use crate::services::cluster::strip;

/// The parsed object, stripped at once to save memory, and the metadata that a watcher needs.
#[derive(Debug, Clone)]
pub(super) struct Lean {
    meta: ObjectMeta,
    object: Value,
}

impl<'de> Deserialize<'de> for Lean {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut object = Value::deserialize(from)?;
        strip::value(&mut object);
        prune(&mut object);
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

/// Leave out the bulk of pods and templates that no inventory keeps: most of the memory of a
/// list that is under way.
fn prune(object: &mut Value) {
    const KEPT: [&str; 4] = ["name", "image", "ports", "restartPolicy"];
    if let Some(template) = object
        .pointer_mut("/spec/template")
        .and_then(Value::as_object_mut)
    {
        template.remove("spec");
    }
    for list in ["/spec/containers", "/spec/initContainers"] {
        let containers = object.pointer_mut(list).and_then(Value::as_array_mut);
        for container in containers
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            container.retain(|key, _| KEPT.contains(&key.as_str()));
        }
    }
    if object.pointer("/spec/containers").is_some()
        && let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.retain(|key, _| {
            matches!(
                key.as_str(),
                "nodeName" | "containers" | "initContainers" | "volumes"
            )
        });
    }
}

impl Lean {
    /// The change that an object brings, as small as it can be: it may wait in a queue. Lists leave
    /// out the kind of their objects.
    pub(super) fn into_change(mut self, kind: &'static Kind) -> Change {
        if kind.kind != "Event" {
            return match Projection::of(kind, &self.object) {
                Some(projection) => Change::Applied(projection),
                None => Change::Malformed(self.reference(kind)),
            };
        }
        if let Some(fields) = self.object.as_object_mut() {
            fields.insert("apiVersion".to_owned(), kind.api_version().into());
            fields.insert("kind".to_owned(), kind.kind.into());
        }
        Change::Event(self.object)
    }

    /// Its version; none where it has none.
    pub(super) fn version(&self) -> Option<&str> {
        let version = self.meta.resource_version.as_deref();
        version.filter(|version| !version.is_empty())
    }

    /// Coordinates with the uid.
    pub(super) fn reference(&self, kind: &Kind) -> ObjectRef {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        ObjectRef {
            api_version: kind.api_version(),
            kind: kind.kind.to_owned(),
            namespace: text(&self.meta.namespace),
            name: text(&self.meta.name),
            uid: text(&self.meta.uid),
        }
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
    fn what_no_inventory_keeps_is_left_out() {
        let pod = json!({"metadata": {}, "spec": {"nodeName": "n1", "tolerations": [1], "containers": [
            {"name": "a", "image": "a:1", "env": [1], "resources": {}}]}, "status": {"phase": "Running"}});
        let expected = json!({"metadata": {}, "spec": {"nodeName": "n1", "containers": [
            {"name": "a", "image": "a:1"}]}, "status": {"phase": "Running"}});
        assert_eq!(
            serde_json::from_value::<Lean>(pod).unwrap().object,
            expected
        );
        let set = json!({"metadata": {}, "spec": {"replicas": 2, "template": {
            "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "env": [1]}]}}}});
        let expected = json!({"metadata": {}, "spec": {"replicas": 2, "template": {
            "metadata": {"labels": {"a": "b"}}}}});
        assert_eq!(
            serde_json::from_value::<Lean>(set).unwrap().object,
            expected
        );
    }

    #[test]
    fn managed_fields_are_gone_at_once() {
        let raw = json!({"metadata": {"name": "a", "resourceVersion": "7", "managedFields": [1]}});
        let lean: Lean = serde_json::from_value(raw).unwrap();
        assert_eq!(lean.meta().resource_version.as_deref(), Some("7"));
        assert!(lean.object["metadata"].get("managedFields").is_none());
    }
}
