//! An object and its events as compact text for people and models.

use serde_json::{Map, Value};

/// Longest text of one field.
const FIELD: usize = 400;
/// Longest description.
const LENGTH: usize = 24 * 1024;
/// Most events, the newest ones.
const EVENTS: usize = 20;

/// Name and metadata, then the fields in the manner of YAML, then the events.
pub(super) fn text(object: &Value, events: &[Value], now_ms: i64) -> String {
    let mut out = String::new();
    if let Some(fields) = object.as_object() {
        let empty = Map::new();
        let metadata = fields
            .get("metadata")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        for key in ["kind", "apiVersion"] {
            line(&mut out, 0, key, fields.get(key));
        }
        for (key, value) in metadata.iter().filter(|(key, _)| !is_noise(key)) {
            write(&mut out, 0, key, value);
        }
        for (key, value) in fields {
            if !matches!(key.as_str(), "kind" | "apiVersion" | "metadata") {
                write(&mut out, 0, key, value);
            }
        }
    }
    cut(&mut out, LENGTH);
    out.push_str("events:");
    if events.is_empty() {
        out.push_str(" none\n");
        return out;
    }
    out.push('\n');
    for event in events.iter().skip(events.len().saturating_sub(EVENTS)) {
        out.push_str(&event_line(event, now_ms));
    }
    out
}

fn is_noise(key: &str) -> bool {
    matches!(
        key,
        "managedFields" | "generateName" | "selfLink" | "resourceVersion"
    )
}

fn cut(text: &mut String, length: usize) {
    if text.len() > length {
        text.truncate(text.floor_char_boundary(length));
        text.push_str("\n[cut]\n");
    }
}

fn event_line(event: &Value, now_ms: i64) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| event.get(key).and_then(Value::as_i64).unwrap_or(0);
    let ago = now_ms.saturating_sub(number("lastSeen")).max(0) / 1000;
    let mut message = text("message").to_owned();
    cut(&mut message, FIELD);
    format!(
        "  {} {} x{} {ago}s ago ({}): {}\n",
        text("type"),
        text("reason"),
        number("count"),
        text("reporter"),
        message.trim_end()
    )
}

fn line(out: &mut String, depth: usize, key: &str, value: Option<&Value>) {
    if let Some(value) = value {
        write(out, depth, key, value);
    }
}

/// One field; what is empty is left out.
fn write(out: &mut String, depth: usize, key: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Null => {}
        Value::Object(fields) if fields.is_empty() => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Object(fields) => {
            out.push_str(&format!("{indent}{key}:\n"));
            for (key, value) in fields {
                write(out, depth + 1, key, value);
            }
        }
        Value::Array(items) => {
            out.push_str(&format!("{indent}{key}:\n"));
            for item in items {
                write_item(out, depth, item);
            }
        }
        scalar => out.push_str(&format!("{indent}{key}: {}\n", plain(scalar))),
    }
}

/// An item begins with a dash; the fields of an object stand below each other.
fn write_item(out: &mut String, depth: usize, item: &Value) {
    let indent = "  ".repeat(depth);
    let Value::Object(fields) = item else {
        out.push_str(&format!("{indent}- {}\n", plain(item)));
        return;
    };
    let mut inner = String::new();
    for (key, value) in fields {
        write(&mut inner, depth + 1, key, value);
    }
    let body = inner.get(indent.len() + 2..).unwrap_or_default();
    out.push_str(&format!("{indent}- {body}"));
}

fn plain(value: &Value) -> String {
    let mut text = match value {
        Value::String(text) => text.replace('\n', "\\n"),
        other => other.to_string(),
    };
    cut(&mut text, FIELD);
    text.trim_end().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_like_yaml_without_what_is_empty() {
        let object = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"},
                         "resourceVersion": "9"},
            "spec": {"containers": [{"image": "a:1", "name": "app", "resources": {}}], "args": ["-x"]},
            "status": {"phase": "Running", "message": null},
        });
        let event = json!({"type": "Warning", "reason": "BackOff", "message": "m", "count": 3,
                           "lastSeen": 1000, "reporter": "kubelet"});
        let expected = "\
kind: Pod
apiVersion: v1
labels:
  app: web
name: web
namespace: shop
spec:
  args:
  - -x
  containers:
  - image: a:1
    name: app
status:
  phase: Running
events:
  Warning BackOff x3 4s ago (kubelet): m
";
        assert_eq!(text(&object, &[event], 5000), expected);
    }

    #[test]
    fn long_texts_are_cut() {
        let object = json!({"kind": "ConfigMap", "data": {"a": "é".repeat(90_000)}});
        let text = text(&object, &[], 0);
        assert!(
            text.len() < 1000 && text.contains("[cut]"),
            "{}",
            text.len()
        );
        assert!(text.ends_with("events: none\n"));
    }
}
