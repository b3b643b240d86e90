//! What a fix changes, as one line for each field.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::redact::{REDACTED, is_secret_name, redact};

/// Fields that the API server changes by itself and that say nothing to people.
const NOISE: &[&str] = &[
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.uid",
    "metadata.creationTimestamp",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "status",
];

/// One changed field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Path, such as `spec.template.spec.containers[app].image`.
    pub path: String,
    /// Value before, none where the field is new.
    pub before: Option<String>,
    /// Value after, none where the field goes away.
    pub after: Option<String>,
}

/// What a fix changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// Changed fields in the order of their paths.
    pub lines: Vec<Line>,
}

impl Diff {
    /// Compare two versions of an object.
    pub fn between(before: &Value, after: &Value) -> Diff {
        let mut lines = Vec::new();
        compare("", Some(before), Some(after), &mut lines);
        Diff { lines }
    }

    /// A diff that says in words what happens to the whole object.
    pub fn whole(path: &str, before: Option<&str>, after: Option<&str>) -> Diff {
        let line = Line {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        Diff { lines: vec![line] }
    }

    /// SHA-256 of the lines: what an approval is bound to.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for line in &self.lines {
            for part in [Some(&line.path), line.before.as_ref(), line.after.as_ref()] {
                hash.update(part.map_or("-", String::as_str).as_bytes());
                hash.update([0, u8::from(part.is_some())]);
            }
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl std::fmt::Display for Diff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, line) in self.lines.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            match (&line.before, &line.after) {
                (Some(b), Some(a)) => write!(f, "{end}~ {}: {b} -> {a}", line.path)?,
                (None, Some(a)) => write!(f, "{end}+ {}: {a}", line.path)?,
                (Some(b), None) => write!(f, "{end}- {}: {b}", line.path)?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, lines: &mut Vec<Line>) {
    if before == after || NOISE.contains(&path) {
        return;
    }
    match (before, after) {
        (Some(Value::Object(b)), Some(Value::Object(a))) => {
            let mut keys: Vec<&String> = b.keys().chain(a.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let at = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                compare(&at, b.get(key), a.get(key), lines);
            }
        }
        (Some(Value::Array(b)), Some(Value::Array(a))) if named(b) && named(a) => {
            let mut names: Vec<&str> = b.iter().chain(a).filter_map(name).collect();
            names.sort_unstable();
            names.dedup();
            for key in names {
                let find = |list: &'_ [Value]| list.iter().position(|v| name(v) == Some(key));
                let (old, new) = (
                    find(b).and_then(|i| b.get(i)),
                    find(a).and_then(|i| a.get(i)),
                );
                compare(&format!("{path}[{key}]"), old, new, lines);
            }
        }
        _ => lines.push(Line {
            path: path.to_owned(),
            before: before.map(|v| hidden(path, v)),
            after: after.map(|v| hidden(path, v)),
        }),
    }
}

fn name(value: &Value) -> Option<&str> {
    value.get("name").and_then(Value::as_str)
}

fn named(list: &[Value]) -> bool {
    !list.is_empty() && list.iter().all(|v| name(v).is_some())
}

/// A value for people to read, without secrets.
fn hidden(path: &str, value: &Value) -> String {
    if is_secret_name(path) {
        REDACTED.to_owned()
    } else {
        redact(&shown(value))
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_the_container_that_changes() {
        let before = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b"}]},
            "status": 1});
        let after = json!({"spec": {"containers": [{"name": "a", "image": "x:2"}, {"name": "b"}]},
            "status": 2});
        let diff = Diff::between(&before, &after);
        assert_eq!(diff.to_string(), "~ spec.containers[a].image: x:1 -> x:2");
    }

    #[test]
    fn another_change_has_another_digest() {
        let one = Diff::whole("x", Some("1"), None);
        let two = Diff::whole("x", None, Some("1"));
        assert_ne!(one.digest(), two.digest());
    }
}
