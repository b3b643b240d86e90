//! Reading Kubernetes objects as JSON.

use k8shawk_sdk::analysis::ObjectRef;
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
