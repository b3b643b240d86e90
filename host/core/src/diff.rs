//! What a fix changes, as one line for each field, for people to read.
//!
//! Values of environment variables and of data fields are hidden here, and nothing else is: a
//! field whose name sounds like a secret is none. What an approval is bound to is the operation
//! itself, see [`ApprovalKey`](crate::approval::ApprovalKey).

mod hide;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::hide::Within;
use crate::redact::REDACTED;

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

impl Line {
    /// True where it does not say what the value is.
    fn is_hidden(&self) -> bool {
        let mut values = self.before.iter().chain(&self.after);
        values.all(|value| value == REDACTED)
    }
}

/// What a fix changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// Changed fields in the order of their paths, those whose values are hidden behind all others:
    /// where a diff is cut, what tells most stays.
    pub lines: Vec<Line>,
}

impl Diff {
    /// Compare two versions of an object.
    pub fn between(before: &Value, after: &Value) -> Diff {
        let mut lines = Vec::new();
        let place = Place {
            path: String::new(),
            within: Within::Root,
        };
        compare(&place, Some(before), Some(after), &mut lines);
        lines.sort_by_key(Line::is_hidden);
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

/// Where a value stands.
struct Place {
    path: String,
    within: Within,
}

impl Place {
    fn field(&self, key: &str) -> Place {
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Place {
            path,
            within: self.within.field(key),
        }
    }

    fn item(&self, name: &str) -> Place {
        Place {
            path: format!("{}[{name}]", self.path),
            within: self.within.item(),
        }
    }

    fn line(&self, before: Option<&Value>, after: Option<&Value>) -> Line {
        Line {
            path: self.path.clone(),
            before: before.map(|v| self.within.shown(v)),
            after: after.map(|v| self.within.shown(v)),
        }
    }
}

fn compare(place: &Place, before: Option<&Value>, after: Option<&Value>, lines: &mut Vec<Line>) {
    if before == after || NOISE.contains(&place.path.as_str()) {
        return;
    }
    if let (Some(old), Some(new)) = (fields(before, after), fields(after, before)) {
        let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            compare(&place.field(key), old.get(key), new.get(key), lines);
        }
    } else if let (Some(old), Some(new)) = (items(before, after), items(after, before)) {
        compare_items(place, old, new, lines);
    } else {
        lines.push(place.line(before, after));
    }
}

/// Items by their names, and their order where nothing else is different.
fn compare_items(place: &Place, old: &[Value], new: &[Value], lines: &mut Vec<Line>) {
    let mut names: Vec<&str> = old.iter().chain(new).filter_map(name).collect();
    names.sort_unstable();
    names.dedup();
    let known = lines.len();
    for named in names {
        let find = |list: &'_ [Value]| list.iter().position(|v| name(v) == Some(named));
        let (before, after) = (
            find(old).and_then(|i| old.get(i)),
            find(new).and_then(|i| new.get(i)),
        );
        compare(&place.item(named), before, after, lines);
    }
    if lines.len() == known {
        lines.push(Line {
            path: format!("{} (order)", place.path),
            before: Some(order(old)),
            after: Some(order(new)),
        });
    }
}

fn order(items: &[Value]) -> String {
    let names: Vec<&str> = items.iter().filter_map(name).collect();
    names.join(", ")
}

static NO_FIELDS: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// The fields of an object; none of them where it is absent and the other side has some.
fn fields<'v>(value: Option<&'v Value>, other: Option<&Value>) -> Option<&'v Map<String, Value>> {
    match (value, other) {
        (Some(Value::Object(map)), _) => Some(map),
        (None, Some(Value::Object(map))) if !map.is_empty() => Some(&NO_FIELDS),
        _ => None,
    }
}

/// The items of a list where each has a name of its own; none of them where it is absent and the
/// other side has some.
fn items<'v>(value: Option<&'v Value>, other: Option<&Value>) -> Option<&'v [Value]> {
    match (value, other) {
        (Some(Value::Array(items)), _) if named(items) => Some(items),
        (None, Some(Value::Array(items))) if named(items) && !items.is_empty() => Some(&[]),
        _ => None,
    }
}

fn name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

fn named(items: &[Value]) -> bool {
    let mut names: Vec<&str> = items.iter().filter_map(name).collect();
    names.sort_unstable();
    names.dedup();
    names.len() == items.len()
}

#[cfg(test)]
mod tests;
