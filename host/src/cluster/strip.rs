//! Objects without what nobody reads: managed fields and the copy that `kubectl apply` leaves.
//!
//! Works on the text, so that an object of which one field is asked is not parsed in full.

use std::collections::BTreeMap;

use k8shawk_core::kinds::Kind;
use serde_json::Value;
use serde_json::value::RawValue;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// True for annotations that hold a copy of the object.
pub(super) fn is_copy(annotation: &str) -> bool {
    annotation.ends_with("last-applied-configuration")
}

/// The object's text with `apiVersion` and `kind`, without managed fields and copies. None where
/// it is not an object.
pub(super) fn text(kind: &Kind, raw: &str) -> Option<String> {
    let mut fields: Fields<'_> = serde_json::from_str(raw).ok()?;
    let metadata = metadata(fields.get("metadata")?.get())?;
    let api_version = quoted(&kind.api_version())?;
    let name = quoted(kind.kind)?;
    fields.insert("metadata".to_owned(), &metadata);
    fields.insert("apiVersion".to_owned(), &api_version);
    fields.insert("kind".to_owned(), &name);
    serde_json::to_string(&fields).ok()
}

fn metadata(raw: &str) -> Option<Box<RawValue>> {
    let mut fields: Fields<'_> = serde_json::from_str(raw).ok()?;
    fields.remove("managedFields");
    let annotations = fields
        .get("annotations")
        .and_then(|raw| annotations(raw.get()));
    match &annotations {
        Some(kept) => fields.insert("annotations".to_owned(), kept),
        None => fields.remove("annotations"),
    };
    RawValue::from_string(serde_json::to_string(&fields).ok()?).ok()
}

/// The annotations that are kept; none where nothing is left.
fn annotations(raw: &str) -> Option<Box<RawValue>> {
    let mut fields: Fields<'_> = serde_json::from_str(raw).ok()?;
    fields.retain(|key, _| !is_copy(key));
    if fields.is_empty() {
        return None;
    }
    RawValue::from_string(serde_json::to_string(&fields).ok()?).ok()
}

fn quoted(text: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(serde_json::to_string(text).ok()?).ok()
}

/// The same for a parsed object, in place.
pub(super) fn value(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    metadata.remove("managedFields");
    if let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.retain(|key, _| !is_copy(key));
    }
}

#[cfg(test)]
mod tests {
    use k8shawk_core::kinds;
    use serde_json::{Value, json};

    #[test]
    fn managed_fields_and_copies_go_and_the_kind_comes() {
        let raw = json!({
            "metadata": {"name": "a", "managedFields": [{"x": 1}], "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"}},
            "spec": {"b": [1, 2]},
        });
        let kind = kinds::kind("Deployment").unwrap();
        let text = super::text(kind, &raw.to_string()).unwrap();
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "annotations": {"kept": "yes"}}, "spec": {"b": [1, 2]},
        });
        assert_eq!(parsed, expected);
        let mut in_place = raw;
        super::value(&mut in_place);
        assert_eq!(in_place["metadata"], expected["metadata"]);
    }

    #[test]
    fn what_is_no_object_is_left_out() {
        let kind = kinds::kind("Pod").unwrap();
        for raw in ["", "[]", "{}", "{\"metadata\": 3}"] {
            assert_eq!(super::text(kind, raw), None, "{raw}");
        }
    }
}
