//! Reading Kubernetes objects as JSON.

use k8shawk_sdk::analysis::ObjectRef;
use k8shawk_sdk::selector::Selector;
use k8shawk_sdk::{condition, kinds};
use serde::Deserialize;
use serde_json::Value;

/// Text at a JSON pointer, or empty.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Number at a JSON pointer.
pub fn number(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer).and_then(Value::as_i64)
}

/// Items of an array at a JSON pointer, or none.
pub fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Name of an object.
pub fn name(value: &Value) -> &str {
    text(value, "/metadata/name")
}

/// Coordinates of an object.
pub fn reference(value: &Value) -> ObjectRef {
    ObjectRef {
        api_version: text(value, "/apiVersion").to_owned(),
        kind: text(value, "/kind").to_owned(),
        namespace: text(value, "/metadata/namespace").to_owned(),
        name: name(value).to_owned(),
        uid: text(value, "/metadata/uid").to_owned(),
    }
}

/// The condition of a type.
pub fn condition<'v>(value: &'v Value, kind: &str) -> Option<&'v Value> {
    items(value, "/status/conditions")
        .iter()
        .find(|c| text(c, "/type") == kind)
}

/// Condition of a type whose status is `status`.
pub fn condition_is<'v>(value: &'v Value, kind: &str, status: &str) -> Option<&'v Value> {
    condition(value, kind).filter(|c| text(c, "/status") == status)
}

/// A time at a JSON pointer, in milliseconds since the Unix epoch.
pub fn millis(value: &Value, pointer: &str) -> Option<i64> {
    text(value, pointer)
        .parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

/// Names and texts of an object of strings, such as labels, in the order of their names.
pub fn pairs<'v>(value: &'v Value, pointer: &str) -> Vec<(&'v str, &'v str)> {
    let map = value.pointer(pointer).and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)))
        .collect()
}

/// A label of an object.
pub fn label<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.pointer("/metadata/labels")?.get(key)?.as_str()
}

/// True where an object has all of these labels.
pub fn has_labels(object: &Value, labels: &[(&str, &str)]) -> bool {
    labels
        .iter()
        .all(|(key, value)| label(object, key) == Some(value))
}

/// True where a selector of `matchLabels` and `matchExpressions` fits an object; an absent or empty
/// one fits all.
pub fn selects(selector: Option<&Value>, object: &Value) -> bool {
    let fits = |s: Selector| s.fits(|key| label(object, key));
    selector.is_none_or(|s| Selector::deserialize(s).is_ok_and(fits))
}

/// True where the object's condition Ready holds.
pub fn is_ready(object: &Value) -> bool {
    let conditions = items(object, "/status/conditions").iter();
    condition::is_ready(conditions.map(|c| (text(c, "/type"), text(c, "/status"))))
}

/// `key=value,key=value` as people write labels and selectors.
pub fn written(pairs: &[(&str, &str)]) -> String {
    pairs
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect::<Vec<_>>()
        .join(",")
}

/// True where the object is being deleted.
pub fn deleting(value: &Value) -> bool {
    !text(value, "/metadata/deletionTimestamp").is_empty()
}

/// Coordinates of an object that was not read.
pub fn named(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: kinds::api_version(kind),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: String::new(),
    }
}

/// `Kind namespace/name`, or `Kind name` for a cluster-scoped object.
pub fn spoken(object: &ObjectRef) -> String {
    match object.namespace.as_str() {
        "" => format!("{} {}", object.kind, object.name),
        namespace => format!("{} {namespace}/{}", object.kind, object.name),
    }
}
