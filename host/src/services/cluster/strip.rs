//! Objects without what nobody reads: managed fields and the copy that `kubectl apply` leaves.
//!
//! The keys of what is served stand in the order of the alphabet: an object that was recorded and
//! one that the API server sent just now are the same text.

use k8shawk_core::kinds::Kind;
use serde_json::Value;

/// True for annotations that hold a copy of the object.
pub(super) fn is_copy(annotation: &str) -> bool {
    annotation.ends_with("last-applied-configuration")
}

/// The object's text with `apiVersion` and `kind`, without managed fields and copies. None where
/// it is not an object.
pub(super) fn text(kind: &Kind, raw: &str) -> Option<String> {
    let mut object: Value = serde_json::from_str(raw).ok()?;
    object.get("metadata")?.as_object()?;
    value(&mut object);
    let fields = object.as_object_mut()?;
    fields.insert("apiVersion".to_owned(), kind.api_version().into());
    fields.insert("kind".to_owned(), kind.kind.into());
    serde_json::to_string(&object).ok()
}

/// Take managed fields and copies out of a parsed object, and annotations where none is left.
pub(super) fn value(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    metadata.remove("managedFields");
    let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    annotations.retain(|key, _| !is_copy(key));
    if annotations.is_empty() {
        metadata.remove("annotations");
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
    fn a_text_does_not_depend_on_the_order_of_its_keys() {
        let kind = kinds::kind("Pod").unwrap();
        let one = r#"{"kind":"Pod","metadata":{"name":"a","labels":{"b":"1","a":"2"}},"spec":{"x":1,"c":[{"q":1,"b":2}]}}"#;
        let other = r#"{"spec":{"c":[{"b":2,"q":1}],"x":1},"metadata":{"annotations":{},"labels":{"a":"2","b":"1"},"name":"a"}}"#;
        let text = super::text(kind, one).unwrap();
        assert_eq!(super::text(kind, other).unwrap(), text);
        assert_eq!(super::text(kind, &text).unwrap(), text);
    }

    #[test]
    fn what_is_no_object_is_left_out() {
        let kind = kinds::kind("Pod").unwrap();
        for raw in ["", "[]", "{}", "{\"metadata\": 3}"] {
            assert_eq!(super::text(kind, raw), None, "{raw}");
        }
    }
}
