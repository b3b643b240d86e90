//! The fields of a manager (`fieldsV1`) as paths.

use serde_json::{Map, Value};

/// Paths of the outermost ends of the tree, at most so many, in the order of the alphabet.
pub(super) fn paths(fields: Option<&Value>, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(fields) = fields.and_then(Value::as_object) {
        walk("", fields, most, &mut found);
    }
    found
}

fn walk(path: &str, fields: &Map<String, Value>, most: usize, found: &mut Vec<String>) {
    for (key, below) in fields {
        if found.len() >= most {
            return;
        }
        // The item or the map itself, beside what is in it.
        if key == "." {
            continue;
        }
        let path = step(path, key);
        match below
            .as_object()
            .filter(|below| below.keys().any(|k| k != "."))
        {
            Some(below) => walk(&path, below, most, found),
            None => found.push(path),
        }
    }
}

/// `f:` is a field, `k:` an item by its keys, `v:` an item by its value, `i:` by its index.
fn step(path: &str, key: &str) -> String {
    match key.split_once(':') {
        Some(("f", name)) if path.is_empty() => name.to_owned(),
        Some(("f", name)) => format!("{path}.{name}"),
        Some(("k", keys)) => format!("{path}[{}]", item(keys)),
        Some(("v", value)) => format!("{path}[{}]", value.trim_matches('"')),
        Some((_, rest)) => format!("{path}[{rest}]"),
        None => format!("{path}.{key}"),
    }
}

/// An item by its name where it has one, as a diff does, else by the values of its keys.
fn item(keys: &str) -> String {
    let Ok(keys) = serde_json::from_str::<Map<String, Value>>(keys) else {
        return keys.to_owned();
    };
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match keys.get("name") {
        Some(name) => plain(name),
        None => keys.values().map(plain).collect::<Vec<_>>().join(","),
    }
}
